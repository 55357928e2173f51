"""A cohort's dates: what has to fit, what may change, and who is told."""

from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from services.training.domain.convened import Cancellation, CancellationText, Convened
from services.training.domain.programme import Programme
from services.training.domain.session import Session, SessionPlan
from services.training.domain.wording import listed
from shared.contracts.training import (
    CancellationReason,
    CohortCalledOff,
    CohortChange,
    CohortChanged,
    CohortSessionChanged,
    CohortSessionsAssigned,
    CohortSessionsReleased,
)
from shared.domain.errors import Conflict, Invalid


class Scheduling(Convened):
    """The rules of `Cohort` about its dates. Every change raises the calendar sequence."""

    def change_session(
        self,
        code: str,
        plan: SessionPlan,
        *,
        programme: Programme,
        certified: Collection[str],
        by: str,
        now: datetime,
    ) -> None:
        """Another time, trainer or place; what stays as it was is told to nobody.

        `certified` are those of the site with a valid certificate, among whom a mentor to be shadowed is.

        Raises:
            NotFound: `session_unknown`.
            Conflict: `cohort_cancelled`, `session_begun`.
            Invalid: `session_module`, and what `must_fit` raises.
        """
        before = self._changeable(code, now)
        if plan.module != before.module:
            raise Invalid(
                "session_module", f"{before.title} teaches {before.module}; schedule another cohort."
            )
        after = Session.of(plan, code=code)
        changes = before.changes_to(after)
        others = tuple(session for session in self.sessions if session.code != code)
        must_fit((*others, after), self.modules, programme=programme)
        must_come(() if after.starts == before.starts else (after,), now)
        must_be_certified((after,), certified)
        self.sessions = (*others, after)
        self._settle()
        if changes:
            self._announce(changes, by=by, session=code)
            self._tell_session(before, after, changes, by=by)

    def change_capacity(self, capacity: int, *, by: str, now: datetime) -> None:
        """More places are given to those who wait; nobody ever loses theirs.

        Raises Conflict `cohort_cancelled`, `cohort_over` or `capacity_taken`.
        """
        self.must_go_on(now)
        if capacity < len(self.seats):
            raise Conflict(
                "capacity_taken",
                f"{len(self.seats)} people have a place, and nobody loses theirs. Give {len(self.seats)} or more.",
                minimum=len(self.seats),
            )
        if capacity != self.capacity:
            self.capacity = capacity
            self._announce((CohortChange.CAPACITY,), by=by)
            self._fill(now)

    def call_off(self, reason: CancellationReason, message: str, *, by: str, now: datetime) -> None:
        """Cancelled: the sessions ahead fall away; what was learnt in those before stays.

        Raises Conflict `cohort_cancelled` or `cohort_over`.
        """
        self.must_go_on(now)
        ahead = self.sessions_ahead(now)
        text = CancellationText(message=message.strip())
        self.cancelled = Cancellation(reason=reason, text=text, by=by, at=now)
        self._announce((CohortChange.CANCELLED,), by=by, reason=reason)
        for seat in (*self.seats, *self.waiting):
            self._tell(CohortCalledOff, seat, reason=reason, starts=ahead[0].starts)
        self._release(ahead, _holders(ahead), by=by)

    def tell_who_holds(self, *, by: str) -> None:
        """Everybody who is to hold a session hears of it, but for whoever scheduled it."""
        self._assign(self.sessions, _holders(self.sessions), by=by)

    def _changeable(self, code: str, now: datetime) -> Session:
        session = self.session(code)
        if self.cancelled:
            raise Conflict("cohort_cancelled", "This cohort was cancelled; schedule another one instead.")
        if session.starts <= now:
            raise Conflict("session_begun", f"{session.title} has begun, so it stays as it was held.")
        return session

    def _announce(self, changes: tuple[CohortChange, ...], *, by: str, **more: Any) -> None:
        self.calendar_sequence += 1
        self.record(
            CohortChanged(
                **self._about(),
                changes=changes,
                calendar_sequence=self.calendar_sequence,
                starts=self.starts,
                ends=self.ends,
                capacity=self.capacity,
                changed_by=by,
                **more,
            )
        )

    def _tell_session(
        self, before: Session, after: Session, changes: tuple[CohortChange, ...], *, by: str
    ) -> None:
        for seat in self.seats:
            when = {"starts": after.starts, "minutes": after.minutes}
            self._tell(CohortSessionChanged, seat, session=after.code, changes=changes, **when)
        self._release((before,), before.held_by - after.held_by, by=by)
        new = after.held_by - before.held_by
        self._assign((after,), new if changes == (CohortChange.TRAINER_CHANGED,) else after.held_by, by=by)

    def _assign(self, sessions: Sequence[Session], people: Collection[str], *, by: str) -> None:
        for person, held in _held(sessions, people, spared=by):
            self.record(CohortSessionsAssigned(**self._about(), person=person, **held))

    def _release(self, sessions: Sequence[Session], people: Collection[str], *, by: str) -> None:
        for person, held in _held(sessions, people, spared=by):
            self.record(CohortSessionsReleased(**self._about(), person=person, **held))


def _holders(sessions: Iterable[Session]) -> frozenset[str]:
    return frozenset().union(*(session.held_by for session in sessions))


def _held(
    sessions: Sequence[Session], people: Collection[str], *, spared: str
) -> Iterator[tuple[str, dict[str, Any]]]:
    for person in sorted(set(people) - {spared}):
        own = [session for session in sessions if person in session.held_by]
        if own:
            yield person, {"sessions": tuple(one.code for one in own), "starts": own[0].starts}


def must_fit(sessions: Sequence[Session], modules: Sequence[str], *, programme: Programme) -> None:
    """Do these sessions teach these modules, one after another?

    Raises:
        NotFound: `module_unknown`.
        Invalid: `sessions_and_modules`, `sessions_overlap`, `modules_out_of_order`, and what `must_suit` raises.
    """
    rules = {code: programme.module(code) for code in modules}
    taught = {session.module for session in sessions}
    if taught != rules.keys() or len(rules) != len(modules):
        raise Invalid(
            "sessions_and_modules",
            f"The sessions teach {listed(sorted(taught))}, and the cohort is to teach {listed(modules)}. Name every "
            "module once, with a session or more for each.",
        )
    for session in sessions:
        session.must_suit(rules[session.module])
    in_order = sorted(sessions, key=lambda session: session.starts)
    for before, after in pairwise(in_order):
        if after.starts < before.ends:
            raise Invalid(
                "sessions_overlap", f"{after.title} begins before {before.title} is over. Move one of them."
            )
    for rule in rules.values():
        begins = min(session.starts for session in sessions if session.module == rule.code)
        late = [s for s in sessions if s.module in rule.requires and s.starts > begins]
        if late:
            raise Invalid(
                "modules_out_of_order",
                f"{rule.title} builds on {programme.titles(sorted({s.module for s in late}))}, which comes later "
                "here. Put that first.",
            )


def must_come(sessions: Iterable[SessionPlan], now: datetime) -> None:
    """Raises Invalid `session_in_the_past`."""
    for session in sessions:
        if session.starts <= now:
            raise Invalid(
                "session_in_the_past", f"{session.title} would have begun already. Choose a later time."
            )


def must_be_certified(sessions: Iterable[SessionPlan], certified: Collection[str]) -> None:
    """Raises Invalid `mentor_not_certified`: whoever is shadowed has a certificate of the site."""
    for session in sessions:
        if session.mentor and session.mentor not in certified:
            raise Invalid(
                "mentor_not_certified",
                f"{session.mentor} has no valid certificate of this programme at this site. Name a mentor who has.",
            )


def must_be_a_zone(name: str) -> None:
    """Raises Invalid `time_zone_unknown`."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise Invalid(
            "time_zone_unknown", "There is no such time zone. Give an IANA name, such as America/New_York."
        ) from None
