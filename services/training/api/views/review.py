"""What waits for an assessor."""

from collections.abc import Mapping
from typing import Any, Self

from pydantic import BaseModel

from services.training.api.views import examples_learning as examples
from services.training.api.views.examples import example
from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempt import Attempt, AttemptState
from services.training.domain.enrolment import Enrolment
from services.training.domain.question import RubricLine
from shared.contracts.envelope import Moment
from shared.contracts.training import AssessmentKind


class AwaitedAttemptView(BaseModel):
    """One attempt to look at: open answers to read, or a practical assessment to see for oneself."""

    assessment: str
    kind: AssessmentKind
    attempt: int
    handed_in: Moment | None


class AwaitedReviewView(BaseModel):
    """What waits for an assessor at one enrolment."""

    model_config = example(examples.AWAITED_REVIEW)
    enrolment: str
    person: str
    site: str
    since: Moment
    attempts: tuple[AwaitedAttemptView, ...]

    @classmethod
    def of_row(cls, row: Mapping[str, Any]) -> Self:
        """From storage."""
        return cls(
            enrolment=row["_id"],
            person=row["person"],
            site=row["site"],
            since=row["review_awaited_since"],
            attempts=tuple(
                AwaitedAttemptView(
                    assessment=record["code"],
                    # Only a written attempt has questions.
                    kind=AssessmentKind.WRITTEN if attempt["questions"] else AssessmentKind.PRACTICAL,
                    attempt=attempt["number"],
                    handed_in=attempt["handed_in"],
                )
                for record in row["learning"]["assessments"]
                for attempt in record["attempts"]
                if attempt["state"] == AttemptState.AWAITING_REVIEW
            ),
        )


class OpenAnswerView(BaseModel):
    """An answer in the person's own words, with what it is reviewed by; null where it was erased."""

    question: str
    text: str
    answer: str | None
    rubric: tuple[RubricLine, ...]


class ReviewView(BaseModel):
    """The open answers of one attempt, for the assessor who reads them."""

    model_config = example(examples.REVIEW)
    enrolment: str
    assessment: str
    attempt: int
    handed_in: Moment | None
    answers: tuple[OpenAnswerView, ...]
    version: int

    @classmethod
    def of(cls, enrolment: Enrolment, rule: WrittenAssessment, attempt: Attempt) -> Self:
        """In the order in which they were asked."""
        text = attempt.text.read() if attempt.text else None
        written = text.answers if text else {}
        asked = [rule.question(code) for code in attempt.questions if code in attempt.written]
        return cls(
            enrolment=enrolment.id,
            assessment=rule.code,
            attempt=attempt.number,
            handed_in=attempt.handed_in,
            answers=tuple(
                OpenAnswerView(question=q.code, text=q.text, answer=written.get(q.code), rubric=q.rubric)
                for q in asked
            ),
            version=enrolment.version,
        )
