"""Who was there: a sheet per session, corrections, what was made up, and the hours it comes to."""

from collections.abc import Mapping
from datetime import datetime

from services.training.domain.attendance import LEARNT, Entry, Mark, ModuleHours, Presence
from services.training.domain.convened import Convened, Seat
from services.training.domain.session import Session
from services.training.domain.wording import listed
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound


class Attending(Convened):
    """The rules of `Cohort` about attendance."""

    def fill_in(self, code: str, sheet: Mapping[str, Entry], *, by: str, now: datetime) -> None:
        """What a trainer says of everybody in one session. What differs from before is added as a correction.

        Raises:
            NotFound: `session_unknown`.
            Conflict: `session_not_begun`, `session_cancelled`.
            Forbidden: `attendance_own`.
            Invalid: `not_in_session`, `attendance_minutes`, `made_up_apart`.
        """
        session = self._begun(code, now)
        expected = {seat.person for seat in self.expected_in(session)}
        if strangers := sorted(sheet.keys() - expected):
            raise Invalid(
                "not_in_session",
                f"{listed(strangers)} had no place in this session. Leave them out; for whoever joined later, note "
                "what was made up.",
                people=strangers,
            )
        for person, entry in sheet.items():
            _must_be_possible(entry, session)
            self._mark(code, person, entry, by=by, now=now)

    def note_made_up(self, code: str, person: str, *, minutes: int, by: str, now: datetime) -> None:
        """What the person missed of a session was gone through with them at another time.

        Raises as `fill_in`, and NotFound `not_in_cohort`.
        """
        self._begun(code, now)
        if all(seat.person != person for seat in self.learners):
            raise NotFound("not_in_cohort", f"{person} has no place in this cohort.")
        self._mark(code, person, Entry(presence=Presence.MADE_UP, minutes=minutes), by=by, now=now)

    @property
    def learners(self) -> tuple[Seat, ...]:
        """Everybody who has a place, or left after having been in a session."""
        return (*self.seats, *self.gone)

    def expected_in(self, session: Session) -> tuple[Seat, ...]:
        """Those who had their place before it was over, and whoever was in it, left and came back."""
        return tuple(
            seat
            for seat in self.learners
            if seat.taken < session.ends or self.mark(session.code, seat.person) is not None
        )

    def mark(self, code: str, person: str) -> Mark | None:
        """What counts: the latest that was said."""
        said = (mark for mark in reversed(self.marks) if (mark.session, mark.person) == (code, person))
        return next(said, None)

    def hours_of(self, seat: Seat, module: str) -> ModuleHours:
        """What this person's attendance comes to for one of the modules."""
        sessions = [session for session in self.sessions if session.module == module]
        marks = {session.code: self.mark(session.code, seat.person) for session in sessions}
        learnt = {code: mark.minutes for code, mark in marks.items() if mark and mark.presence in LEARNT}
        return ModuleHours(
            person=seat.person,
            enrolment=seat.enrolment,
            module=module,
            hours=round(sum(learnt.values()) / 60, 2),
            left=tuple(code for code in marks if code not in learnt),
        )

    def _begun(self, code: str, now: datetime) -> Session:
        session = self.session(code)
        if self.cancelled and session.starts > self.cancelled.at:
            raise Conflict("session_cancelled", f"{session.title} was cancelled: nobody was there.")
        if session.starts > now:
            raise Conflict(
                "session_not_begun",
                f"{session.title} has not begun. Attendance is noted from its beginning on.",
            )
        return session

    def _mark(self, code: str, person: str, entry: Entry, *, by: str, now: datetime) -> None:
        if by == person:
            raise Forbidden("attendance_own", "Nobody notes their own attendance. Another trainer does.")
        before = self.mark(code, person)
        if before is None or not before.says(entry):
            facts = entry.model_dump(include=set(Entry.model_fields))
            self.marks = (*self.marks, Mark(**facts, session=code, person=person, by=by, at=now))


def _must_be_possible(entry: Entry, session: Session) -> None:
    if entry.presence is Presence.MADE_UP:
        raise Invalid("made_up_apart", "What was made up is noted by itself, as it may take another time.")
    there = entry.presence is Presence.PRESENT
    if there is not (entry.minutes > 0) or entry.minutes > session.minutes:
        raise Invalid(
            "attendance_minutes",
            f"{session.title} takes {session.minutes} minutes: give 1 to {session.minutes} for whoever was there, "
            "and none for whoever was not.",
        )
