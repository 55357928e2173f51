"""An attempt as it is answered: its questions at the start, its result at the end."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempts import AnyAssessment
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Moment


class QuestionView(BaseModel):
    """One question, without its answer."""

    id: str
    text: str
    options: dict[str, str]


class StartedView(BaseModel):
    """A written attempt under way."""

    model_config = examples.example(examples.STARTED)
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

    model_config = examples.example(examples.RESULT)
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
    def of(cls, enrolment: Enrolment, rule: AnyAssessment, number: int | None = None) -> Self:
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
