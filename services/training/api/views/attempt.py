"""An attempt as it is answered: its questions at the start, its result at the end."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempt import AnyAssessment, AttemptState
from services.training.domain.enrolment import Enrolment
from services.training.domain.question import QuestionKind
from shared.contracts.envelope import Moment


class QuestionView(BaseModel):
    """One question, without its answer; an open one has no options."""

    id: str
    kind: QuestionKind
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
            questions=tuple(
                QuestionView(id=q.code, kind=q.kind, text=q.text, options=q.options) for q in drawn
            ),
            version=enrolment.version,
        )


class ResultView(BaseModel):
    """What became of an attempt. Which answers were right stays closed: the bank is in use.

    `passed` is null while people have still to look at it; `right` are the questions with options that were
    answered rightly. `points` of `out_of_points` and the modules to `look_at_again` follow with the decision; of an
    attempt from before a move these two may be unknown.
    """

    model_config = examples.example(examples.RESULT)
    enrolment: str
    assessment: str
    attempt: int
    state: AttemptState
    passed: bool | None
    right: int | None
    out_of: int | None
    points: int | None
    out_of_points: int | None
    look_at_again: tuple[str, ...]
    out_of_time: bool
    attempts_left: int
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, rule: AnyAssessment, number: int | None = None) -> Self:
        """Of one attempt, the latest by default. Raises NotFound `attempt_unknown`."""
        record = enrolment.learning.assessment(rule.code)
        attempt = record.attempts[-1] if number is None else record.find(number)
        # An attempt from before a move may have had questions that the present version lacks.
        written = rule if isinstance(rule, WrittenAssessment) and rule.has(attempt.questions) else None
        return cls(
            enrolment=enrolment.id,
            assessment=rule.code,
            attempt=attempt.number,
            state=attempt.state,
            passed=attempt == record.passed if attempt.is_decided else None,
            right=attempt.right,
            out_of=len(attempt.questions) or None,
            points=attempt.points,
            out_of_points=written.points_of(attempt.questions) if written else None,
            look_at_again=attempt.to_look_at_again(written) if written and attempt.is_decided else (),
            out_of_time=attempt.out_of_time,
            attempts_left=record.attempts_left(rule),
            version=enrolment.version,
        )
