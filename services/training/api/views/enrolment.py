"""An enrolment as it is answered."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.attempts import AnyAssessment, Attempt
from services.training.domain.enrolment import Enrolment
from services.training.domain.module import Module
from services.training.domain.plan import Plan
from services.training.domain.programme import Programme
from services.training.domain.readiness import Requirement
from shared.contracts.envelope import Moment
from shared.contracts.training import AssessmentKind


class EnrolmentSummary(BaseModel):
    """One enrolment in a list."""

    model_config = examples.example(examples.SUMMARY)
    enrolment: str
    person: str
    site: str
    programme: str
    programme_version: int
    opened: Moment
    paused_since: Moment | None
    training_completed: Moment | None
    ready_since: Moment | None
    certificate: str | None
    version: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        return cls(enrolment=row["_id"], **{name: row[name] for name in cls.model_fields if name in row})


class ModuleView(BaseModel):
    """How far one module is; `resume_at` is the part to go on with."""

    code: str
    title: str
    percent: int
    minutes: int
    hours: float
    completed: Moment | None
    completed_by: str | None
    resume_at: str
    content_notes: tuple[str, ...]


class AttemptView(BaseModel):
    """One attempt, without questions and answers."""

    attempt: int
    state: str
    started: Moment
    ends: Moment | None
    decided: Moment | None
    right: int | None
    out_of_time: bool
    scores: dict[str, int]
    assessed_by: str | None
    notes: str | None

    @classmethod
    def of(cls, attempt: Attempt, *, with_notes: bool) -> Self:
        """As it stands."""
        facts = attempt.model_dump(include=set(cls.model_fields) - {"notes"})
        return cls(attempt=attempt.number, **facts, notes=attempt.notes if with_notes else None)


class AllowanceView(BaseModel):
    """One more attempt that a trainer opened."""

    by: str
    at: Moment
    reason: str | None


class AssessmentView(BaseModel):
    """Where a person stands with one assessment."""

    code: str
    kind: AssessmentKind
    title: str
    passed: bool
    attempts_left: int
    attempts: tuple[AttemptView, ...]
    allowances: tuple[AllowanceView, ...]


class EnrolmentView(EnrolmentSummary):
    """One enrolment with everything learnt and shown.

    Reasons are only read, and an assessor's notes only by the person and that assessor; neither is repeated in a
    command's answer, which is kept.
    """

    model_config = examples.example(examples.ENROLMENT)
    paused_by: str | None
    resumed_by: str | None
    supervisor: str | None
    modules: tuple[ModuleView, ...]
    assessments: tuple[AssessmentView, ...]
    attestations: tuple[str, ...]

    @classmethod
    def of(cls, enrolment: Enrolment, programme: Programme, *, reader: str | None = None) -> Self:
        """With the titles of its programme, as this person reads it; None for a command's answer."""
        own = {"paused_by", "resumed_by", "supervisor"}
        return cls(
            enrolment=enrolment.id,
            **enrolment.model_dump(include={*EnrolmentSummary.model_fields, *own}),
            modules=tuple(_module(enrolment, module) for module in programme.modules),
            assessments=tuple(_assessment(enrolment, rule, reader) for rule in programme.assessments),
            attestations=tuple(f"{a.code}/{a.version}" for a in enrolment.evidence.attestations),
        )


def _module(enrolment: Enrolment, module: Module) -> ModuleView:
    progress = enrolment.learning.module(module.code)
    return ModuleView(
        **progress.model_dump(),
        title=module.title,
        resume_at=module.part_at(progress.percent).code,
        content_notes=module.content_notes,
    )


def _assessment(enrolment: Enrolment, rule: AnyAssessment, reader: str | None) -> AssessmentView:
    record = enrolment.learning.assessment(rule.code)
    return AssessmentView(
        code=rule.code,
        kind=rule.kind,
        title=rule.title,
        passed=record.passed is not None,
        attempts_left=record.attempts_left(rule),
        attempts=tuple(
            AttemptView.of(
                attempt,
                with_notes=reader is not None and reader in (enrolment.person, attempt.assessed_by),
            )
            for attempt in record.attempts
        ),
        allowances=tuple(
            AllowanceView(by=given.by, at=given.at, reason=given.reason if reader else None)
            for given in record.allowances
        ),
    )


class PlanView(BaseModel):
    """The learning plan in sentences."""

    model_config = examples.example(examples.PLAN)
    enrolment: str
    plan: Plan


class ReadinessView(BaseModel):
    """Is everything there for a certifier to decide? Nothing is decided here.

    `name` is the one a certificate would be granted to, or null where it is not known yet.
    """

    model_config = examples.example(examples.READINESS)
    enrolment: str
    name: str | None
    complete: bool
    ready_since: Moment | None
    requirements: tuple[Requirement, ...]

    @classmethod
    def of(cls, enrolment: Enrolment, programme: Programme, *, name: str | None) -> Self:
        """Every requirement of its programme."""
        readiness = enrolment.readiness(programme)
        return cls(
            enrolment=enrolment.id,
            name=name,
            complete=readiness.complete,
            ready_since=enrolment.ready_since,
            requirements=readiness.requirements,
        )
