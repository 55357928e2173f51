"""An enrolment as it is answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.api.views.assessment import AssessmentView
from services.training.api.views.words import words
from services.training.domain.enrolment import Enrolment
from services.training.domain.module import Delivery, Module
from services.training.domain.plan import Plan
from services.training.domain.programme import Programme
from services.training.domain.readiness import Standing
from services.training.domain.requirements import Requirement
from shared.contracts.envelope import Moment


class EnrolmentSummary(BaseModel):
    """One enrolment in a list; `erased` since when it rests for good, and nobody reads what was written."""

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
    standing: Standing | None = None
    certificate: str | None
    erased: Moment | None = None
    version: int

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        return cls(enrolment=row["_id"], **{name: row[name] for name in cls.model_fields if name in row})


class ModuleView(BaseModel):
    """How far one module is; `resume_at` is the part to go on with, `recognition` how it was completed if not signed.

    `shadowing_hours` and `practice_hours` are those confirmed by whoever was there.
    """

    code: str
    title: str
    percent: int
    minutes: int
    hours: float
    completed: Moment | None
    completed_by: str | None
    recognition: str | None
    recognised_hours: float
    shadowing_hours: float
    practice_hours: float
    resume_at: str
    content_notes: tuple[str, ...]


class MoveView(BaseModel):
    """One move to another version of the programme; its reason is only read."""

    from_version: int
    to_version: int
    at: Moment
    by: str
    reason: str | None


class EnrolmentView(EnrolmentSummary):
    """One enrolment with everything learnt and shown.

    Reasons are only read, by the person and staff of the site, and an assessor's notes only by the person and that
    assessor; neither is repeated in a command's answer, which is kept. Who paused the training for somebody is shown
    while it pauses, and who resumed it to the person and to them: a pause that is over leaves nothing for others to
    see.
    """

    model_config = examples.example(examples.ENROLMENT)
    paused_by: str | None
    resumed_by: str | None
    supervisor: str | None
    modules: tuple[ModuleView, ...]
    assessments: tuple[AssessmentView, ...]
    attestations: tuple[str, ...]
    moves: tuple[MoveView, ...] = ()

    @classmethod
    def of(
        cls, enrolment: Enrolment, programme: Programme, *, reader: str | None = None, reasons: bool = False
    ) -> Self:
        """With the titles of its programme, as this person reads it; None for a command's answer.

        `reasons`: with those of moves and of further attempts.
        """
        resumed_by = enrolment.resumed_by
        return cls(
            enrolment=enrolment.id,
            **enrolment.model_dump(include={*EnrolmentSummary.model_fields, "supervisor"}),
            paused_by=enrolment.paused_by if enrolment.paused_since else None,
            resumed_by=resumed_by if reader in (enrolment.person, resumed_by) else None,
            modules=tuple(_module(enrolment, module) for module in programme.modules),
            assessments=tuple(
                AssessmentView.of(enrolment, rule, reader=reader, reasons=reasons)
                for rule in programme.assessments
            ),
            attestations=tuple(f"{a.code}/{a.version}" for a in enrolment.evidence.attestations),
            moves=tuple(
                MoveView(
                    **move.model_dump(exclude={"text"}),
                    reason=words(move.text, lambda it: it.reason) if reasons else None,
                )
                for move in enrolment.moves
            ),
        )


def _module(enrolment: Enrolment, module: Module) -> ModuleView:
    progress = enrolment.learning.module(module.code)
    return ModuleView(
        **progress.model_dump(),
        title=module.title,
        resume_at=progress.resume_at(module).code,
        content_notes=module.content_notes,
        shadowing_hours=enrolment.learning.logged(module.code, Delivery.SHADOWING),
        practice_hours=enrolment.learning.logged(module.code, Delivery.SUPERVISED_PRACTICE),
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
    def of(cls, enrolment: Enrolment, programme: Programme, *, name: str | None, now: datetime) -> Self:
        """Every requirement of its programme."""
        readiness = enrolment.readiness(programme, now=now)
        return cls(
            enrolment=enrolment.id,
            name=name,
            complete=readiness.complete,
            ready_since=enrolment.ready_since,
            requirements=readiness.requirements,
        )
