"""An appeal against a decline: the person's own words, and the ruling of somebody else."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.contracts.recruitment import AppealOutcome
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid
from shared.domain.sealed import Sealed

CLOSE = timedelta(days=7)
"""How long before the end of its time people are reminded of an appeal: a house rule."""


class AppealText(Value):
    """The person's own words; for the person and those who may decide the appeal."""

    words: str = Field(min_length=1, max_length=4000)


class RulingText(Value):
    """Why an appeal was decided so; for the same people."""

    reason: str = Field(min_length=1, max_length=2000)


class Ruling(Value):
    """What somebody else decided about an appeal."""

    outcome: AppealOutcome
    by: Id
    at: Moment
    text: Sealed[RulingText]

    @classmethod
    def make(cls, outcome: AppealOutcome, *, by: str, now: datetime, reason: str) -> Self:
        """A ruling that has a reason. Raises Invalid `reason_missing`."""
        if not reason.strip():
            raise Invalid("reason_missing", "A decision about an appeal has a reason; write it down.")
        return cls(outcome=outcome, by=by, at=now, text=Sealed.of(RulingText(reason=reason)))


class Appeal(Value):
    """One appeal. `decision` is the number of the decision it is against, from 1."""

    decision: int = Field(ge=1)
    at: Moment
    decide_by: Moment
    text: Sealed[AppealText]
    close_told: bool = False
    overdue_told: bool = False
    ruling: Ruling | None = None

    @classmethod
    def make(cls, *, decision: int, days: int, words: str, now: datetime) -> Self:
        """An appeal to be decided within so many days. Raises Invalid `appeal_without_words`."""
        if not words.strip():
            raise Invalid(
                "appeal_without_words", "Say in your own words how you see it; a sentence is enough."
            )
        decide_by = now + timedelta(days=days)
        return cls(decision=decision, at=now, decide_by=decide_by, text=Sealed.of(AppealText(words=words)))
