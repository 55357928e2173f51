"""The standing obligation to meet: when the next session is due, and which date is being watched."""

from datetime import datetime
from typing import Self

from pydantic import Field

from services.supervision.domain.practice import Cadence
from shared.contracts.envelope import Moment
from shared.domain.aggregate import Value


class Obligation(Value):
    """Owed once somebody supervises, except in a pause and after the end.

    A missed date stays `next_due` until a session is held; `watched_due` moves on, so it is told of again.
    """

    counted_from: Moment | None = Field(
        default=None, description="The assignment, or the end of the latest pause; None: nothing is owed yet."
    )
    paused: bool = False
    next_due: Moment | None = Field(default=None, description="When the next session is due.")
    watched_due: Moment | None = Field(default=None, description="The date its timer is set for.")

    @property
    def is_overdue(self) -> bool:
        """Was the date announced as missed?"""
        return self.watched_due != self.next_due

    def expecting(self, *, last_held: datetime | None, cadence: Cadence) -> Self:
        """Due a cadence after the latest session; unchanged where that is the date already."""
        if self.counted_from is None or self.paused:
            return self
        due = cadence.due_after(max(self.counted_from, last_held or self.counted_from))
        return self if due == self.next_due else self._with(next_due=due, watched_due=due)

    def missing(self, due: datetime, *, cadence: Cadence, now: datetime) -> Self:
        """`due` was announced: watched again one cadence later, or as many as lie behind `now`."""
        later = cadence.due_after(due)
        while cadence.overdue_after(later) <= now:
            later = cadence.due_after(later)
        return self._with(watched_due=later)

    def taken_over(self, *, now: datetime) -> Self:
        """With somebody new in charge: what is overdue is told to them, too, after a grace time of theirs."""
        return self._with(watched_due=now) if self.is_overdue else self

    def counted_anew(self, *, now: datetime) -> Self:
        """From now on."""
        return self._with(counted_from=now)

    def pausing(self) -> Self:
        """Nothing is due until the pause is over."""
        return self._with(paused=True, next_due=None, watched_due=None)

    def resumed(self, *, now: datetime) -> Self:
        """The pause is over; what is owed counts from now on."""
        return self._with(paused=False, counted_from=now if self.counted_from else None)

    def ended(self) -> Self:
        """Nothing is due any more."""
        return self._with(counted_from=None, next_due=None, watched_due=None)

    def _with(self, **changes: object) -> Self:
        return self.model_copy(update=changes)
