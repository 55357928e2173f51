"""The ledger of a placement's hours: reported by the mentor, decided once by the supervisor."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, Invalid, NotFound

HOURS_IN_A_DAY = 24
_EARLIEST_ZONE = timedelta(hours=14)
"""Where the day begins first (UTC+14): a date that has begun nowhere yet is in the future."""


class HoursState(StrEnum):
    """What became of an entry."""

    REPORTED = "reported"
    APPROVED = "approved"
    RETURNED = "returned"


class HoursText(Value):
    """What mentor and supervisor wrote. Sensitive: it is in no event, and kept apart to be sealed."""

    note: str = Field(default="", max_length=1_000)
    return_reason: str = Field(default="", max_length=1_000)


class HoursDraft(Value):
    """What a mentor reports: a kind of work, its length in hours and the day."""

    bucket: Code
    hours: float
    worked_on: date
    note: str = Field(default="", max_length=1_000)

    def must_be_possible(self, *, now: datetime) -> None:
        """A real length of time, on a day that has begun.

        Raises:
            Invalid: `hours_out_of_range`, `hours_not_in_quarters` or `hours_in_future`.
        """
        if not 0 < self.hours <= HOURS_IN_A_DAY:
            raise Invalid("hours_out_of_range", "Please report more than 0 and at most 24 hours at a time.")
        if not (self.hours * 4).is_integer():
            raise Invalid(
                "hours_not_in_quarters", "Please round to a quarter of an hour, such as 1.25, 1.5 or 1.75."
            )
        if self.worked_on > (now + _EARLIEST_ZONE).date():
            raise Invalid(
                "hours_in_future",
                f"{self.worked_on.isoformat()} is still to come. Please report hours once they are worked.",
            )


class HoursEntry(Value):
    """One line. `worked_on` is an ISO 8601 date; a decided entry never changes, a correction is a new one."""

    id: Id
    bucket: Code
    hours: float
    worked_on: str
    text: HoursText = HoursText()
    reported: Moment
    state: HoursState = HoursState.REPORTED
    decided_by: Id | None = None
    decided: Moment | None = None

    @classmethod
    def of(cls, draft: HoursDraft, *, id: str, reported: datetime) -> Self:
        """A draft as it goes into the ledger."""
        return cls(
            id=id,
            bucket=draft.bucket,
            hours=draft.hours,
            worked_on=draft.worked_on.isoformat(),
            text=HoursText(note=draft.note),
            reported=reported,
        )

    def decide(self, state: HoursState, *, by: str, now: datetime, return_reason: str = "") -> Self:
        """The entry as decided. Raises Conflict `hours_already_decided`."""
        if self.state is not HoursState.REPORTED:
            raise Conflict(
                "hours_already_decided",
                f"These hours were {self.state} before. To correct them, the mentor reports a new entry.",
                state=self.state.value,
            )
        text = self.text.model_copy(update={"return_reason": return_reason})
        return self.model_copy(update={"state": state, "decided_by": by, "decided": now, "text": text})


class HoursLedger(Value):
    """Every entry, oldest first."""

    entries: tuple[HoursEntry, ...] = ()

    @property
    def approved(self) -> float:
        """Hours signed off, exact because entries are in quarters."""
        return sum(entry.hours for entry in self.entries if entry.state is HoursState.APPROVED)

    @property
    def waiting(self) -> float:
        """Hours reported and not decided yet."""
        return sum(entry.hours for entry in self.entries if entry.state is HoursState.REPORTED)

    def worked_on(self, day: str) -> float:
        """Hours of one day that were not returned."""
        return sum(
            entry.hours
            for entry in self.entries
            if entry.worked_on == day and entry.state is not HoursState.RETURNED
        )

    def find(self, entry: str) -> HoursEntry:
        """Raises NotFound `hours_entry_unknown`."""
        for found in self.entries:
            if found.id == entry:
                return found
        raise NotFound(
            "hours_entry_unknown", "This placement has no such entry of hours. Look at its list of hours."
        )

    def adding(self, entry: HoursEntry) -> Self:
        """The ledger with one more entry. Raises Conflict `hours_day_full`."""
        there = self.worked_on(entry.worked_on)
        if there + entry.hours > HOURS_IN_A_DAY:
            raise Conflict(
                "hours_day_full",
                f"{there:g} hours are reported for {entry.worked_on}, and a day has {HOURS_IN_A_DAY}. "
                "Check the date, or ask your supervisor to return the entry that is wrong.",
            )
        return self.model_copy(update={"entries": (*self.entries, entry)})

    def replacing(self, entry: HoursEntry) -> Self:
        """The ledger with `entry` in the place of the one with its id."""
        entries = tuple(entry if old.id == entry.id else old for old in self.entries)
        return self.model_copy(update={"entries": entries})
