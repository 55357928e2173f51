"""A programme as it is answered."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempt import AnyAssessment
from services.training.domain.certification import CertificationRule
from services.training.domain.module import Module
from services.training.domain.programme import Programme
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
    anchors: dict[str, tuple[str, ...]] = {}
    pass_score: int | None = None
    assessors: int | None = None
    assessor_may_supervise: bool | None = None
    wait_hours: float = 0


class ProgrammeView(BaseModel):
    """A programme's rules, every number with its source."""

    model_config = examples.example(examples.PROGRAMME)
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


def _rule(assessment: AnyAssessment) -> AssessmentRuleView:
    common = assessment.model_dump(include={"code", "kind", "title", "requires"})
    common["attempts"] = assessment.attempts.value
    common["wait_hours"] = assessment.wait.value if assessment.wait else 0
    if isinstance(assessment, WrittenAssessment):
        return AssessmentRuleView(
            **common,
            questions_drawn=assessment.draw_size.value,
            cut_score=assessment.cut_score.value,
            time_limit_minutes=assessment.time_limit_minutes.value,
        )
    rubric = assessment.model_dump(include={"criteria", "anchors", "assessors", "assessor_may_supervise"})
    return AssessmentRuleView(**common, **rubric, pass_score=assessment.pass_score.value)
