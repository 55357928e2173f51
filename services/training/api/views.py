"""What training answers with."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempts import Attempt
from services.training.domain.certificate import Certificate, CertificateStatus, PeriodKind
from services.training.domain.enrolment import Enrolment
from services.training.domain.module import Module
from services.training.domain.plan import Plan
from services.training.domain.programme import CertificationRule, Programme
from services.training.domain.readiness import Requirement
from shared.contracts.envelope import Moment
from shared.contracts.training import AssessmentKind


class AssessmentRuleView(BaseModel):
    """An assessment without its questions; `criteria` only where it is practical."""

    code: str
    kind: AssessmentKind
    title: str
    requires: tuple[str, ...]
    attempts: int
    questions_drawn: int | None = None
    cut_score: float | None = None
    time_limit_minutes: int | None = None
    criteria: dict[str, str] = {}
    pass_score: int | None = None


class ProgrammeView(BaseModel):
    """A programme's rules, every number with its source."""

    code: str
    version: int
    title: str
    effective_from: Moment
    modules: tuple[Module, ...]
    assessments: tuple[AssessmentRuleView, ...]
    certification: CertificationRule

    @classmethod
    def of(cls, programme: Programme) -> Self:
        """Without questions and answers."""
        facts = programme.model_dump(include={"code", "version", "title", "effective_from"})
        return cls(
            **facts,
            modules=programme.modules,
            assessments=tuple(_rule(assessment) for assessment in programme.assessments),
            certification=programme.certification,
        )


def _rule(assessment: Any) -> AssessmentRuleView:
    common = assessment.model_dump(include={"code", "kind", "title", "requires"})
    common["attempts"] = assessment.attempts.value
    if isinstance(assessment, WrittenAssessment):
        return AssessmentRuleView(
            **common,
            questions_drawn=assessment.draw_size.value,
            cut_score=assessment.cut_score.value,
            time_limit_minutes=assessment.time_limit_minutes.value,
        )
    return AssessmentRuleView(**common, criteria=assessment.criteria, pass_score=assessment.pass_score.value)


class EnrolmentSummary(BaseModel):
    """One enrolment in a list."""

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
    def of(cls, enrolment: Enrolment) -> Self:
        """Its main dates."""
        return cls(enrolment=enrolment.id, **enrolment.model_dump(include=set(cls.model_fields)))

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        return cls.of(Enrolment.rebuild(row))


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

    @classmethod
    def of(cls, attempt: Attempt) -> Self:
        """As it stands."""
        return cls(attempt=attempt.number, **attempt.model_dump(include=set(cls.model_fields)))


class AssessmentView(BaseModel):
    """Where a person stands with one assessment."""

    code: str
    kind: AssessmentKind
    title: str
    passed: bool
    attempts_left: int
    attempts: tuple[AttemptView, ...]


class EnrolmentView(EnrolmentSummary):
    """One enrolment with everything learnt and shown."""

    supervisor: str | None
    modules: tuple[ModuleView, ...]
    assessments: tuple[AssessmentView, ...]
    attestations: tuple[str, ...]

    @classmethod
    def under(cls, programme: Programme, enrolment: Enrolment) -> Self:
        """With the titles of its programme."""
        return cls(
            enrolment=enrolment.id,
            **enrolment.model_dump(include=set(EnrolmentSummary.model_fields)),
            supervisor=enrolment.supervisor,
            modules=tuple(_module(enrolment, module) for module in programme.modules),
            assessments=tuple(_assessment(enrolment, rule) for rule in programme.assessments),
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


def _assessment(enrolment: Enrolment, rule: Any) -> AssessmentView:
    record = enrolment.learning.assessment(rule.code)
    return AssessmentView(
        code=rule.code,
        kind=rule.kind,
        title=rule.title,
        passed=record.passed is not None,
        attempts_left=record.attempts_left(rule),
        attempts=tuple(AttemptView.of(attempt) for attempt in record.attempts),
    )


class QuestionView(BaseModel):
    """One question, without its answer."""

    id: str
    text: str
    options: dict[str, str]


class StartedView(BaseModel):
    """A written attempt under way."""

    enrolment: str
    assessment: str
    attempt: int
    ends: Moment | None
    questions: tuple[QuestionView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, rule: WrittenAssessment) -> Self:
        """The latest attempt."""
        attempt = enrolment.learning.assessment(rule.code).attempts[-1]
        drawn = [rule.question(code) for code in attempt.questions]
        return cls(
            enrolment=enrolment.id,
            assessment=rule.code,
            attempt=attempt.number,
            ends=attempt.ends,
            questions=tuple(QuestionView(id=q.code, text=q.text, options=q.options) for q in drawn),
            version=enrolment.version,
        )


class ResultView(BaseModel):
    """What became of an attempt. Which questions were right stays closed while the bank is in use."""

    enrolment: str
    assessment: str
    attempt: int
    passed: bool
    right: int | None
    out_of: int | None
    out_of_time: bool
    attempts_left: int
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, rule: Any, number: int | None = None) -> Self:
        """Of one attempt, the latest by default."""
        record = enrolment.learning.assessment(rule.code)
        attempt = record.attempts[-1 if number is None else number - 1]
        return cls(
            enrolment=enrolment.id,
            assessment=rule.code,
            attempt=attempt.number,
            passed=attempt == record.passed,
            right=attempt.right,
            out_of=len(attempt.questions) or None,
            out_of_time=attempt.out_of_time,
            attempts_left=record.attempts_left(rule),
            version=enrolment.version,
        )


class PlanView(BaseModel):
    """The learning plan in sentences."""

    enrolment: str
    plan: Plan


class ReadinessView(BaseModel):
    """Is everything there for a certifier to decide? Nothing is decided here."""

    enrolment: str
    complete: bool
    ready_since: Moment | None
    requirements: tuple[Requirement, ...]

    @classmethod
    def under(cls, programme: Programme, enrolment: Enrolment) -> Self:
        """Every requirement of its programme."""
        readiness = enrolment.readiness(programme)
        return cls(
            enrolment=enrolment.id,
            complete=readiness.complete,
            ready_since=enrolment.ready_since,
            requirements=readiness.requirements,
        )


class PeriodView(BaseModel):
    """One span of validity. The reason is only read, never repeated in a command's answer, which is kept."""

    kind: PeriodKind
    valid_from: Moment
    valid_until: Moment
    decided: Moment
    decided_by: str
    reason: str | None = None


class CertificateView(BaseModel):
    """A certificate for those who may see it; `verification_url` is the public address."""

    certificate: str
    enrolment: str
    person: str
    site: str
    programme: str
    programme_title: str
    status: CertificateStatus
    valid_from: Moment
    valid_until: Moment
    show_name: bool
    verification_url: str
    periods: tuple[PeriodView, ...]
    version: int

    @classmethod
    def of(
        cls, certificate: Certificate, *, now: Moment, public_url: str, with_reasons: bool = False
    ) -> Self:
        """As it stands now."""
        facts = {"enrolment", "person", "site", "programme", "programme_title", "show_name", "version"}
        return cls(
            certificate=certificate.id,
            **certificate.model_dump(include=facts),
            status=certificate.status(now),
            valid_from=certificate.period.valid_from,
            valid_until=certificate.period.valid_until,
            verification_url=f"{public_url}/verify/{certificate.token}",
            periods=tuple(
                PeriodView(**period.model_dump(exclude=None if with_reasons else {"reason"}))
                for period in certificate.periods
            ),
        )


class PublicCertificate(BaseModel):
    """All that anybody who was given the address may see; the name only if the person agreed."""

    status: CertificateStatus
    programme: str
    site: str
    valid_from: str
    valid_until: str
    name: str | None = None

    @classmethod
    def of(cls, certificate: Certificate, *, name: str | None, now: Moment) -> Self:
        """Days are in UTC; `valid_until` is the first day no longer covered."""
        return cls(
            status=certificate.status(now),
            programme=certificate.programme_title,
            site=certificate.site,
            valid_from=certificate.period.valid_from.date().isoformat(),
            valid_until=certificate.period.valid_until.date().isoformat(),
            name=name if certificate.show_name else None,
        )
