"""Hours: reported by the mentor, decided once by the supervisor, corrected by a further entry."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Invalid, NotFound
from shared.domain.sealed import Sealed

HOURS_IN_A_DAY = 24
LONGEST_NOTE = 1_000
_EARLIEST_ZONE, _LATEST_ZONE = timedelta(hours=14), timedelta(hours=-12)
"""Where a day begins first (UTC+14) and last (UTC-12): any date there is somewhere is a date."""


class HoursState(StrEnum):
    """What became of an entry."""

    REPORTED = "reported"
    APPROVED = "approved"
    RETURNED = "returned"


class HoursText(Value):
    """What the mentor wrote. Sensitive: it is in no event."""

    note: str = Field(default="", max_length=LONGEST_NOTE)


class ReturnText(Value):
    """What the supervisor wrote when they gave hours back. Sensitive: it is in no event."""

    reason: str = Field(default="", max_length=LONGEST_NOTE)


class HoursDraft(Value):
    """What a mentor reports: a kind of work, its length in hours and the day.

    A correction names in `corrects` an approved entry of the same kind and day; its hours are the difference.
    """

    bucket: Code
    hours: float
    worked_on: date
    corrects: Id | None = None
    note: str = Field(default="", max_length=LONGEST_NOTE)

    @property
    def day(self) -> str:
        """The day in ISO 8601, as entries keep it."""
        return self.worked_on.isoformat()

    def must_be_possible(self, *, since: datetime, now: datetime) -> None:
        """A real length of time, on a day since supervision began that has begun itself.

        Raises:
            Invalid: `hours_out_of_range`, `hours_not_in_quarters`, `hours_in_future` or
                `hours_before_supervision`.
        """
        if not 0 < abs(self.hours) <= HOURS_IN_A_DAY or (self.hours < 0 and self.corrects is None):
            raise Invalid(
                "hours_out_of_range",
                f"Please report more than 0 and at most {HOURS_IN_A_DAY} hours at a time. Only the correction "
                "of an approved entry can be less than 0.",
            )
        if not (self.hours * 4).is_integer():
            raise Invalid(
                "hours_not_in_quarters", "Please round to a quarter of an hour, such as 1.25, 1.5 or 1.75."
            )
        if self.worked_on > (now + _EARLIEST_ZONE).date():
            raise Invalid(
                "hours_in_future", f"{self.day} is still to come. Please report hours once they are worked."
            )
        first = (since + _LATEST_ZONE).date()
        if self.worked_on < first:
            raise Invalid(
                "hours_before_supervision",
                f"Supervision of this work began on {first.isoformat()}, and {self.day} is before that. "
                "Please check the date.",
            )


class HoursEntry(Aggregate):
    """One line. `worked_on` is an ISO 8601 date; a decided entry never changes, a correction is a new one."""

    collection: ClassVar[str] = "hours"

    placement: Id
    person: Id
    bucket: Code
    hours: float
    worked_on: str
    corrects: Id | None
    text: Sealed[HoursText]
    returned: Sealed[ReturnText] | None = None
    reported: Moment
    state: HoursState = HoursState.REPORTED
    decided_by: Id | None = None
    decided: Moment | None = None

    @classmethod
    def of(
        cls, draft: HoursDraft, *, id: str, site: str, placement: str, person: str, reported: datetime
    ) -> Self:
        """A draft as it goes into the ledger. `person` is the mentor, by whose key it is sealed."""
        return cls(
            id=id,
            site=site,
            placement=placement,
            person=person,
            bucket=draft.bucket,
            hours=draft.hours,
            worked_on=draft.day,
            corrects=draft.corrects,
            text=Sealed.of(HoursText(note=draft.note)),
            reported=reported,
        )

    def approve(self, *, by: str, now: datetime) -> None:
        """Sign it off. Raises Conflict `hours_already_decided`."""
        self._decide(HoursState.APPROVED, by=by, now=now)

    def give_back(self, *, by: str, reason: str, now: datetime) -> None:
        """Return it. Raises Conflict `hours_already_decided`, Invalid `hours_reason_missing`."""
        if not reason.strip():
            raise Invalid("hours_reason_missing", "Please say why, so that the mentor knows what to correct.")
        self._decide(HoursState.RETURNED, by=by, now=now)
        self.returned = Sealed.of(ReturnText(reason=reason.strip()))

    def _decide(self, state: HoursState, *, by: str, now: datetime) -> None:
        if self.state is not HoursState.REPORTED:
            remedy = (
                "a correction that names this entry, with the difference"
                if self.state is HoursState.APPROVED
                else "a new entry"
            )
            raise Conflict(
                "hours_already_decided",
                f"These hours were {self.state} before. To correct them, the mentor reports {remedy}.",
                state=self.state.value,
            )
        self.state, self.decided_by, self.decided = state, by, now


def entry_here(found: HoursEntry | None, *, placement: str) -> HoursEntry:
    """The entry that was looked up. Raises NotFound `hours_entry_unknown` unless it is this placement's."""
    if found is None or found.placement != placement:
        raise NotFound(
            "hours_entry_unknown", "This placement has no such entry of hours. Look at its list of hours."
        )
    return found


@dataclass(frozen=True)
class Workday:
    """All entries of one placement for one day."""

    entries: Sequence[HoursEntry]

    def must_have_room_for(self, draft: HoursDraft) -> None:
        """A day has 24 hours, and a correction takes back no more than there is, whatever is decided later.

        Raises:
            NotFound: `hours_correction_unknown`.
            Conflict: `hours_day_full` or `hours_correction_too_large`.
        """
        if draft.corrects is not None:
            self._must_be_correctable(draft)
        if draft.hours > 0 and self._at_most() + draft.hours > HOURS_IN_A_DAY:
            raise Conflict(
                "hours_day_full",
                f"{self._at_most():g} hours are reported for {draft.day}, and a day has {HOURS_IN_A_DAY}. "
                "Check the date. An entry that is wrong can be returned by your supervisor while it waits, and "
                "corrected by you once it is approved.",
            )

    def _must_be_correctable(self, draft: HoursDraft) -> None:
        entry = next((found for found in self.entries if found.id == draft.corrects), None)
        if entry is None or entry.bucket != draft.bucket or not _can_be_corrected(entry):
            raise NotFound(
                "hours_correction_unknown",
                f"There are no approved hours {draft.corrects} of {draft.bucket} on {draft.day}. A correction "
                "names an approved entry that is no correction itself, with its kind of work and its day.",
            )
        left = self._at_least(entry)
        if left + draft.hours < 0:
            raise Conflict(
                "hours_correction_too_large",
                f"{left:g} hours are left of this entry; a correction can take back that much at most.",
            )

    def _at_most(self) -> float:
        """What the day comes to if all that waits and adds is approved, and nothing that takes back."""
        return sum(
            entry.hours
            for entry in self.entries
            if entry.state is HoursState.APPROVED or (entry.state is HoursState.REPORTED and entry.hours > 0)
        )

    def _at_least(self, corrected: HoursEntry) -> float:
        """What is left of one entry if all that waits and takes back is approved, and nothing that adds."""
        return sum(
            entry.hours
            for entry in self.entries
            if corrected.id in (entry.id, entry.corrects)
            and (
                entry.state is HoursState.APPROVED or (entry.state is HoursState.REPORTED and entry.hours < 0)
            )
        )


def _can_be_corrected(entry: HoursEntry) -> bool:
    return entry.state is HoursState.APPROVED and entry.corrects is None


class HoursTotals(Value):
    """The sums of a placement, exact because entries are in quarters.

    `approved` is never below 0; `waiting` is what the entries that wait would add, `entries_waiting` their number.
    """

    approved: float = 0
    waiting: float = 0
    entries_waiting: int = 0

    def with_reported(self, hours: float) -> Self:
        """One more entry waits."""
        return self.model_copy(
            update={"waiting": self.waiting + hours, "entries_waiting": self.entries_waiting + 1}
        )

    def with_decided(self, entry: HoursEntry) -> Self:
        """One entry less waits, and counts if it was approved."""
        counts = entry.hours if entry.state is HoursState.APPROVED else 0
        return self.model_copy(
            update={
                "approved": self.approved + counts,
                "waiting": self.waiting - entry.hours,
                "entries_waiting": self.entries_waiting - 1,
            }
        )
