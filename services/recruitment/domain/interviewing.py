"""A candidate's interview as a whole: booked by themself, and scored by its panel."""

from datetime import datetime

from services.recruitment.domain.appointment import NOTICE, StepKind, Where
from services.recruitment.domain.criteria import MET_AT, Criteria
from services.recruitment.domain.interview import Interview, Scorecard, ScorecardText
from services.recruitment.domain.paneling import Paneling
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.wish import TimesText, TimesWish
from shared.contracts.recruitment import CandidateTimesAsked
from shared.domain.errors import Conflict, Invalid
from shared.domain.sealed import Sealed


class Interviewing(Paneling):
    """The rules of `Candidate` about interviews."""

    def book_interview(
        self,
        *,
        slot: str,
        starts: datetime,
        minutes: int,
        panel: tuple[KnownActor, ...],
        where: Where,
        criteria: Criteria,
        by: KnownActor,
        now: datetime,
    ) -> None:
        """Take an offered time: a round begins, or the one that lies ahead moves there.

        Raises:
            Conflict: `slot_too_near`, `slot_not_for_candidate`, `interview_too_near`.
        """
        self._must_be_open()
        self._must_be_arranged_by(by)
        if starts - now < NOTICE:
            raise Conflict("slot_too_near", "This time is too near to be booked; choose a later one.")
        people = self._who_may_meet(panel)
        ahead = self.interview
        if ahead is not None and ahead.is_ahead(now):
            self._must_be_in_time(ahead, by=by, now=now)
            to = {"starts": starts, "minutes": minutes, "panel": people, "where": where, "slot": slot}
            after = ahead.changed(StepKind.MOVED, by=by.person, now=now, **to)
            self._change(after, now=now, left_slot=ahead.slot)
        else:
            self._must_not_be_over(ahead, by=by)
            begun = Interview.set(
                starts=starts,
                minutes=minutes,
                panel=people,
                criteria=criteria,
                now=now,
                where=where,
                slot=slot,
            )
            self._begin(begun, now=now)
        self.times_wish = None

    def ask_for_times(self, wish: str, *, by: KnownActor, now: datetime) -> None:
        """None of the offered times suits them: the coordinators are told, and read which would.

        Raises:
            Invalid: `times_missing`.
        """
        self._must_be_open()
        self._must_be_arranged_by(by)
        if not wish.strip():
            raise Invalid(
                "times_missing", "Say which times would suit, in any words; mornings, say, or weekends."
            )
        self.times_wish = TimesWish(at=now, text=Sealed.of(TimesText(times=wish)))
        about = {"site": self.site, "person": self.person, "candidate": self.id, "programme": self.programme}
        self.record(CandidateTimesAsked(**about))

    def submit_scorecard(
        self, *, by: KnownActor, scores: dict[str, int], notes: str | None, now: datetime
    ) -> None:
        """A panel member hands in their card, once; with the last one the candidate is scored.

        Raises:
            Conflict: `no_interview`.
            Forbidden, Conflict, Invalid: see `Interview.with_card`.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="score")
        text = Sealed.of(ScorecardText(notes=notes))
        card = Scorecard(interviewer=by.person, scores=scores, text=text, submitted=now)
        self._replace(self._must_be_set().with_card(card))
        self._follow_interview(now)

    def criteria_met(self) -> tuple[str, ...]:
        """Codes of the criteria where the panel's mean reaches the middle anchor."""
        means = self.interview.means() if self.interview else {}
        return tuple(code for code, mean in means.items() if mean >= MET_AT)

    def _who_may_meet(self, panel: tuple[KnownActor, ...]) -> tuple[str, ...]:
        # To the candidate one sentence for either reason: who stepped back has not told them.
        try:
            return self._who_may_sit(panel)
        except Invalid:
            raise Conflict(
                "slot_not_for_candidate", "This time is not one for this conversation; choose another."
            ) from None

    def _must_not_be_over(self, interview: Interview | None, *, by: KnownActor) -> None:
        if interview is not None and by.person == self.person:
            raise Conflict(
                "interview_begun",
                "Your conversation with us has begun or is over; if it didn't take place, ask your site for another.",
            )
