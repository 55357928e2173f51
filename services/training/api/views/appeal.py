"""An appeal as it is answered."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.api.views.words import are_erased, words
from services.training.domain.appeal import Appeal, Outcome
from shared.contracts.envelope import Moment
from shared.contracts.training import AppealedDecision


class AppealView(BaseModel):
    """An appeal. What the two wrote is only read, never repeated in a command's answer, which is kept."""

    model_config = examples.example(examples.APPEAL)
    appeal: str
    person: str
    site: str
    programme: str
    enrolment: str
    certificate: str | None
    against: AppealedDecision
    decision_by: str
    decision_at: Moment
    made: Moment
    decide_by: Moment
    outcome: Outcome | None
    decided: Moment | None
    decided_by: str | None
    words: str | None = None
    reason: str | None = None
    erased: bool
    version: int

    @classmethod
    def of(cls, appeal: Appeal, *, with_text: bool = False) -> Self:
        """With what was written where that is asked for."""
        text, why = appeal.text, appeal.why
        return cls(
            appeal=appeal.id,
            **appeal.model_dump(include=cls.model_fields.keys() - {"against", "words"}),
            words=words(text, lambda it: it.words) if with_text else None,
            reason=words(why, lambda it: it.reason) if with_text and why else None,
            erased=are_erased(text, why),
            against=appeal.against.decision,
            decision_by=appeal.against.by,
            decision_at=appeal.against.at,
        )
