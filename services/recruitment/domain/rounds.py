"""A candidate's interview rounds: set, moved, called off, missed, and said again the day before."""

from datetime import datetime
from typing import Any

from services.recruitment.domain.appointment import (
    NOTICE,
    SMALLEST_PANEL,
    State,
    StepKind,
    Where,
    must_be_possible,
)
from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.criteria import Criteria
from services.recruitment.domain.interview import Interview
from services.recruitment.domain.person import KnownActor
from shared.contracts.recruitment import (
    Absent,
    CalledOff,
    CandidateInterviewCancelled,
    CandidateInterviewMissed,
    CandidateInterviewNear,
    CandidateInterviewScheduled,
    InterviewReminder,
)
from shared.domain.errors import Conflict, Invalid
from shared.domain.people import Actor

_REMINDER = "interview-reminder"


class Rounds(Candidacy):
    """The rules of `Candidate` about the appointment. A round that moves stays the same one in every calendar."""

    def schedule_interview(
        self,
        *,
        starts: datetime,
        minutes: int,
        panel: tuple[KnownActor, ...],
        criteria: Criteria,
        by: KnownActor,
        now: datetime,
        where: Where = Where(),
    ) -> None:
        """Begin a round: the interview is set, or set anew, and earlier rounds no longer count.

        Raises:
            Conflict: `interview_ahead`; that one is moved or called off, so that no calendar shows both.
            Invalid: `panel_has_candidate`, `interviewer_stepped_back`, and what `Interview.set` raises.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="set the interview of")
        if self.interview is not None and self.interview.is_ahead(now):
            raise Conflict(
                "interview_ahead",
                f"An interview is set for {self.interview.starts:%Y-%m-%d %H:%M} UTC; move that one, or call it off "
                "before you set another.",
            )
        people = self._who_may_sit(panel)
        begun = Interview.set(
            starts=starts, minutes=minutes, panel=people, criteria=criteria, where=where, now=now
        )
        self._begin(begun, now=now)

    def move_interview(
        self, *, starts: datetime, minutes: int, where: Where | None, by: KnownActor, now: datetime
    ) -> None:
        """The same round at another time; without `where` the place stays.

        Raises:
            Conflict: `no_interview_ahead`, unless it is still to begin; `panel_short`.
            Invalid: what `must_be_possible` raises.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="move the interview of")
        must_be_possible(starts, minutes, earliest=now, now=now)
        ahead = self._must_be_ahead(now)
        if len(ahead.panel) < SMALLEST_PANEL:
            raise Conflict(
                "panel_short", "The panel is one person short; name another interviewer before you move it."
            )
        to = {"starts": starts, "minutes": minutes, "where": where or ahead.where, "slot": None}
        self._change(
            ahead.changed(StepKind.MOVED, by=by.person, now=now, **to), now=now, left_slot=ahead.slot
        )

    def cancel_interview(self, *, by: KnownActor, now: datetime) -> None:
        """Call it off: a coordinator at any time before it, the person up to `NOTICE` before. No reason is asked.

        Raises:
            Conflict: `no_interview_ahead`, `interview_too_near`.
        """
        self._must_be_open()
        self._must_be_arranged_by(by)
        ahead = self._must_be_ahead(now)
        self._must_be_in_time(ahead, by=by, now=now)
        self._call_off(CalledOff.ASKED, by=by, now=now)
        self._follow_interview(now)

    def miss_interview(self, absent: Absent, *, by: KnownActor, now: datetime) -> None:
        """Note that it did not take place, as one side could not come. Nobody is judged by it; another is set.

        Raises:
            Conflict: `no_interview`, `interview_not_begun` or `interview_was_held`.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="note a missed interview of")
        missed = self._must_be_set()
        if now < missed.starts:
            raise Conflict(
                "interview_not_begun",
                f"The interview starts at {missed.starts:%Y-%m-%d %H:%M} UTC; until then it can be moved or "
                "called off.",
            )
        if missed.cards:
            raise Conflict(
                "interview_was_held",
                "A scorecard is in, so this interview was held; where it has to be done again, set another.",
            )
        after = missed.changed(StepKind.MISSED, by=by.person, now=now, state=State.MISSED, absent=absent)
        facts = self._replace(after)
        self._follow_interview(now)
        self.record(CandidateInterviewMissed(**facts, panel=after.panel, absent=absent, noted_by=by.person))

    def remind_of_interview(self, timer: InterviewReminder, *, now: datetime) -> None:
        """It begins within a day: say so, unless it has changed since the timer was set, or has begun."""
        ahead = self.interview
        if not self.stage.open or ahead is None or not ahead.is_ahead(now):
            return
        if (timer.round, timer.sequence) == (self.round, ahead.sequence):
            self.record(CandidateInterviewNear(**self._facts(ahead), panel=ahead.panel))

    def _drop_interview(self, because: CalledOff, *, by: Actor, now: datetime) -> None:
        # The application ends: an interview that lies ahead goes with it, out of everybody's calendar.
        if self.interview is not None and self.interview.is_ahead(now):
            self._call_off(because, by=by, now=now)

    def _call_off(self, because: CalledOff, *, by: Actor, now: datetime) -> None:
        ahead = self._must_be_ahead(now)
        after = ahead.changed(StepKind.CANCELLED, by=by.person, now=now, state=State.CANCELLED, slot=None)
        facts = self._replace(after)
        self.cancel(_REMINDER)
        self.record(
            CandidateInterviewCancelled(
                **facts, panel=after.panel, by=by.person, because=because, left_slot=ahead.slot
            )
        )

    def _begin(self, begun: Interview, *, now: datetime) -> None:
        self.interviews = (*self.interviews, begun)
        self._announce(begun, self._facts(begun), now=now)
        self._follow_interview(now)

    def _change(self, after: Interview, *, now: datetime, **more: Any) -> None:
        self._announce(after, self._replace(after), now=now, **more)

    def _replace(self, after: Interview) -> dict[str, Any]:
        """Put the round that counts as it is after a change; returns what every event says of it."""
        facts = self._facts(after)
        at = self.round - 1
        self.interviews = (*self.interviews[:at], after, *self.interviews[at + 1 :])
        return facts

    def _announce(self, interview: Interview, facts: dict[str, Any], *, now: datetime, **more: Any) -> None:
        self.record(CandidateInterviewScheduled(**facts, panel=interview.panel, **more))
        self._set_reminder(interview, facts, now=now)

    def _set_reminder(self, interview: Interview, facts: dict[str, Any], *, now: datetime) -> None:
        due = interview.starts - NOTICE
        if due > now:
            self.schedule(_REMINDER, due, InterviewReminder(**facts))
        else:
            self.cancel(_REMINDER)  # They have just been told.

    def _facts(self, interview: Interview) -> dict[str, Any]:
        return {
            "site": self.site,
            "person": self.person,
            "candidate": self.id,
            "programme": self.programme,
            "round": self.round,
            "sequence": interview.sequence,
            "starts": interview.starts,
            "minutes": interview.minutes,
        }

    def _who_may_sit(self, panel: tuple[KnownActor, ...]) -> tuple[str, ...]:
        if any(self.is_about(one) for one in panel):
            raise Invalid("panel_has_candidate", "Nobody interviews themself; name somebody else.")
        people = tuple(one.person for one in panel)
        close = sorted({*people} & {*self.stepped_back})
        if close:
            raise Invalid(
                "interviewer_stepped_back",
                f"{', '.join(close)} stepped back from this candidate's interviews; name somebody else.",
            )
        return people

    def _must_be_set(self) -> Interview:
        if self.interview is None:
            raise Conflict("no_interview", "There is no interview yet; schedule one first.")
        return self.interview

    def _must_be_ahead(self, now: datetime) -> Interview:
        if self.interview is None or not self.interview.is_ahead(now):
            raise Conflict("no_interview_ahead", "No interview lies ahead; set or book a time first.")
        return self.interview

    def _must_be_in_time(self, ahead: Interview, *, by: Actor, now: datetime) -> None:
        if by.person == self.person and ahead.starts - now < NOTICE:
            hours = int(NOTICE.total_seconds() // 3600)
            raise Conflict(
                "interview_too_near",
                f"It begins in less than {hours} hours. Please write to or ring your site: a coordinator can still "
                "move it or call it off, and it will not count against you.",
            )

    def _must_be_arranged_by(self, by: KnownActor) -> None:
        # The person arranges their own interview, as nobody else does for themself.
        if by.person != self.person:
            self._must_not_be_about(by, doing="arrange the interview of")

    def _follow_interview(self, now: datetime) -> None:
        self._progress_to(self.progress, now)
