"""A time offered for an interview: an hour of a panel's, at one site, for one programme."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from services.recruitment.domain.appointment import (
    LARGEST_PANEL,
    NOTICE,
    SMALLEST_PANEL,
    Where,
    must_be_possible,
)
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Role


class SlotState(StrEnum):
    """`forming` until two people sit on it; only a `free` one is shown to candidates."""

    FORMING = "forming"
    FREE = "free"
    BOOKED = "booked"
    WITHDRAWN = "withdrawn"


class Slot(Aggregate):
    """Booked by one candidate at a time. It announces nothing: the interview does."""

    collection: ClassVar[str] = "slots"

    programme: Code
    starts: Moment
    minutes: int
    panel: tuple[Id, ...]
    where: Where
    offered_by: Id
    state: SlotState
    candidate: Id | None = None

    @classmethod
    def offer(
        cls,
        *,
        id: str,
        site: str,
        programme: str,
        starts: datetime,
        minutes: int,
        panel: tuple[str, ...],
        where: Where,
        by: Actor,
        now: datetime,
    ) -> Self:
        """A coordinator offers a panel's time, an interviewer their own; others can join them.

        Raises:
            Forbidden: `slot_names_others`.
            Invalid: `panel_missing`, `slot_too_near`, and what `must_be_possible` raises.
        """
        people = tuple(dict.fromkeys(panel))
        if not people:
            raise Invalid(
                "panel_missing", "A time is offered by somebody; name who would hold the interview."
            )
        if not by.holds(site, Role.COORDINATOR) and people != (by.person,):
            raise Forbidden(
                "slot_names_others",
                "As an interviewer you offer your own time; name yourself alone, and others can join.",
            )
        must_be_possible(starts, minutes, earliest=now, now=now)
        if starts - now < NOTICE:
            raise Invalid(
                "slot_too_near", "Nobody could book a time that begins within a day; offer a later one."
            )
        return cls(
            id=id,
            site=site,
            programme=programme,
            starts=starts,
            minutes=minutes,
            panel=people,
            where=where,
            offered_by=by.person,
            state=_state_of(people),
        )

    def join(self, *, by: Actor) -> None:
        """Another interviewer of the site joins the panel while nobody has booked. Who sits there stays.

        Raises:
            Conflict: `slot_booked`, `slot_withdrawn`, `slot_panel_full`.
        """
        self._must_be_on_offer()
        if by.person in self.panel:
            return
        if len(self.panel) >= LARGEST_PANEL:
            raise Conflict("slot_panel_full", f"A panel is at most {LARGEST_PANEL} people; no seat is left.")
        self.panel = (*self.panel, by.person)
        self.state = _state_of(self.panel)

    def withdraw(self, *, by: Actor) -> None:
        """No longer on offer: by a coordinator, or by whoever offered it.

        Raises:
            Forbidden: `slot_of_somebody_else`.
            Conflict: `slot_booked`, `slot_withdrawn`.
        """
        if by.person != self.offered_by and not by.holds(self.site, Role.COORDINATOR):
            raise Forbidden(
                "slot_of_somebody_else",
                "Somebody else offers this time; ask them or a coordinator of the site.",
            )
        self._must_be_on_offer()
        self.state = SlotState.WITHDRAWN

    def book_for(self, candidate: str) -> None:
        """It is this candidate's. Raises Conflict `slot_taken`."""
        if self.state is not SlotState.FREE:
            raise Conflict(
                "slot_taken", "This time is no longer free; choose another, or ask for other times."
            )
        self.state, self.candidate = SlotState.BOOKED, candidate

    def leave(self, candidate: str) -> None:
        """The candidate no longer takes it up, so it is free again; heard twice, or late, it changes nothing."""
        if self.state is SlotState.BOOKED and self.candidate == candidate:
            self.state, self.candidate = _state_of(self.panel), None

    def lose(self, person: str) -> None:
        """Somebody is erased and holds no interview any more; with one person left it is not shown to candidates.

        Booked, it stays so: whose interview it is decides who comes instead.
        """
        self.panel = tuple(one for one in self.panel if one != person)
        if self.state is SlotState.FREE:
            self.state = _state_of(self.panel)

    def _must_be_on_offer(self) -> None:
        if self.state is SlotState.BOOKED:
            raise Conflict(
                "slot_booked", "A candidate has booked this time; move or call off the interview instead."
            )
        if self.state is SlotState.WITHDRAWN:
            raise Conflict("slot_withdrawn", "This time is no longer offered; offer another.")


def _state_of(panel: tuple[str, ...]) -> SlotState:
    return SlotState.FREE if len(panel) >= SMALLEST_PANEL else SlotState.FORMING
