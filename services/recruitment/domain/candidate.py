"""A person's way from application to a coordinator's decision."""

from datetime import datetime
from typing import ClassVar, NoReturn, Self

from services.recruitment.domain.application import Application
from services.recruitment.domain.checks import Check, CheckKind, CheckResult, missing_checks
from services.recruitment.domain.criteria import MET_AT, Criteria
from services.recruitment.domain.decision import Decision, Withdrawal, WithdrawalText
from services.recruitment.domain.interview import Interview, Scorecard, ScorecardText
from services.recruitment.domain.person import KnownActor, Person
from services.recruitment.domain.stage import CLOSED, Stage
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
    ScreeningOutcome,
)
from shared.domain.aggregate import Aggregate
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from shared.domain.people import Actor, Role

READERS = (Role.COORDINATOR, Role.SITE_ADMIN, Role.AUDITOR)
"""Who sees the candidates of a site, in codes and times."""


class Candidate(Aggregate):
    """One person's application to one programme at one site.

    `holds_place`, `anonymous` and `email_key` carry the unique indexes against duplicates, whatever arrives at
    the same moment: a person has one place in a programme, since training knows one enrolment of theirs, and
    an address that was given without signing in has one per site and programme.
    """

    collection: ClassVar[str] = "candidates"

    person: Id
    programme: Code
    application: Application
    applied: Moment
    anonymous: bool
    email_key: str
    holds_place: bool = True
    stage: Stage = Stage.APPLIED
    checks: tuple[Check, ...] = ()
    interviews: tuple[Interview, ...] = ()
    decisions: tuple[Decision, ...] = ()
    withdrawal: Withdrawal | None = None

    @classmethod
    def apply(
        cls,
        *,
        id: str,
        person: Person,
        site: str,
        programme: str,
        application: Application,
        anonymous: bool,
        now: datetime,
    ) -> Self:
        """A person applies. Raises what `Application.must_be_complete` raises."""
        application.must_be_complete(person.contact.email_key)
        candidate = cls(
            id=id,
            site=site,
            person=person.id,
            programme=programme,
            application=application,
            applied=now,
            anonymous=anonymous,
            email_key=person.contact.email_key,
        )
        candidate.record(CandidateApplied(site=site, person=person.id, candidate=id, programme=programme))
        return candidate

    @property
    def interview(self) -> Interview | None:
        """The interview that counts: the last round. Earlier ones are kept for the record."""
        return self.interviews[-1] if self.interviews else None

    def note_check(
        self,
        check: CheckKind,
        result: CheckResult,
        *,
        by: KnownActor,
        now: datetime,
        expires: datetime | None = None,
    ) -> None:
        """A coordinator notes how a check stands; the last word on each check counts."""
        self._must_be_open()
        self._must_not_be_about(by, doing="note checks on")
        others = tuple(one for one in self.checks if one.check != check)
        noted = Check(check=check, result=result, expires=expires, recorded_by=by.person, recorded=now)
        self.checks = (*others, noted)

    def schedule_interview(
        self,
        *,
        starts: datetime,
        minutes: int,
        panel: tuple[KnownActor, ...],
        criteria: Criteria,
        by: KnownActor,
        now: datetime,
    ) -> None:
        """Begin a round: the interview is set, or set anew, and earlier rounds no longer count.

        Raises:
            Invalid: `panel_has_candidate`, and what `Interview.set` raises.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="set the interview of")
        if any(self.is_about(one) for one in panel):
            raise Invalid("panel_has_candidate", "Nobody interviews themself; name somebody else.")
        people = tuple(one.person for one in panel)
        interview = Interview.set(starts=starts, minutes=minutes, panel=people, criteria=criteria, now=now)
        self.interviews = (*self.interviews, interview)
        self._progress_to(Stage.INTERVIEWING)
        self.record(
            CandidateInterviewScheduled(
                site=self.site,
                person=self.person,
                candidate=self.id,
                programme=self.programme,
                starts=interview.starts,
                minutes=interview.minutes,
                panel=interview.panel,
            )
        )

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
        if self.interview is None:
            raise Conflict("no_interview", "There is no interview yet; schedule one first.")
        text = ScorecardText(notes=notes)
        card = Scorecard(interviewer=by.person, scores=scores, text=text, submitted=now)
        scored = self.interview.with_card(card)
        self.interviews = (*self.interviews[:-1], scored)
        if scored.complete:
            self._progress_to(Stage.SCORED)

    def missing_for_acceptance(self, now: datetime) -> tuple[str, ...]:
        """What still has to come in before this candidate can be accepted, in sentences."""
        missing = missing_checks(self.checks, now)
        if self.interview is None:
            missing.append("There was no interview; schedule one with a panel of two.")
        elif not self.interview.complete:
            submitted, panel = len(self.interview.cards), len(self.interview.panel)
            missing.append(
                f"{submitted} of {panel} scorecards are in; wait for the rest, or set the interview anew."
            )
        return tuple(missing)

    def decide(
        self,
        outcome: ScreeningOutcome,
        *,
        by: KnownActor,
        reason: str,
        now: datetime,
        deferred_until: datetime | None = None,
        support_contacts: tuple[str, ...] = (),
    ) -> None:
        """A named coordinator decides, with a reason. Nothing here ever decides by itself.

        Raises:
            Conflict: `not_ready_to_accept`, with what is missing.
            Invalid: see `Decision.make`.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="decide about")
        if outcome is ScreeningOutcome.ACCEPTED and (missing := self.missing_for_acceptance(now)):
            raise Conflict("not_ready_to_accept", " ".join(missing), missing=missing)
        decision = Decision.make(
            outcome,
            by=by.person,
            now=now,
            reason=reason,
            deferred_until=deferred_until,
            support_contacts=support_contacts,
        )
        self.decisions = (*self.decisions, decision)
        self._now_in(Stage(outcome.value))
        self.record(
            CandidateScreened(
                site=self.site,
                person=self.person,
                candidate=self.id,
                programme=self.programme,
                outcome=outcome,
                decided_by=by.person,
                criteria_met=self.criteria_met(),
                checks_cleared=self.checks_cleared(now),
                deferred_until=deferred_until,
            )
        )

    def withdraw(self, *, by: Actor, reason: str | None, now: datetime) -> None:
        """The person takes the application back, or a coordinator notes on their behalf why.

        The person never has to give a reason. Raises Invalid `withdrawal_needs_reason`.
        """
        self._must_be_open()
        if by.person != self.person and not (reason or "").strip():
            raise Invalid(
                "withdrawal_needs_reason",
                "Say how you know that the person takes it back; only they themself need no reason.",
            )
        self.withdrawal = Withdrawal(by=by.person, at=now, text=WithdrawalText(reason=reason))
        self._now_in(Stage.WITHDRAWN)
        self.record(
            CandidateWithdrawn(
                site=self.site,
                person=self.person,
                candidate=self.id,
                programme=self.programme,
                by=by.person,
            )
        )

    def checks_cleared(self, now: datetime) -> tuple[str, ...]:
        """Codes of the checks that are cleared and still count."""
        return tuple(sorted(one.check.value for one in self.checks if one.is_cleared(now)))

    def criteria_met(self) -> tuple[str, ...]:
        """Codes of the criteria where the panel's mean reaches the middle anchor."""
        means = self.interview.means() if self.interview else {}
        return tuple(code for code, mean in means.items() if mean >= MET_AT)

    def leave_no_room(self) -> NoReturn:
        """Refuse another application of the same person to the programme; the message says why."""
        if self.stage is Stage.ACCEPTED:
            raise Conflict(
                "candidate_already_accepted", "You are accepted to this programme; ask the site what is next."
            )
        raise Conflict(
            "candidate_already_applied",
            "You have an open application to this programme; take it back first, or write to the site.",
        )

    def is_about(self, who: KnownActor) -> bool:
        """Is this their own application, under their id or under the address they are known by?"""
        return who.person == self.person or who.email_key == self.email_key

    def is_coordinated_by(self, who: KnownActor) -> bool:
        """Do they coordinate the site, and is the applicant somebody else?"""
        return who.holds(self.site, Role.COORDINATOR) and not self.is_about(who)

    def is_interviewed_by(self, who: Actor) -> bool:
        """Do they sit on the panel, as an interviewer of the site?"""
        seated = self.interview is not None and who.person in self.interview.panel
        return seated and who.holds(self.site, Role.INTERVIEWER)

    def may_be_read_by(self, who: Actor) -> bool:
        """Its codes and times: those who see the site's candidates, the panel, and the person."""
        return who.holds(self.site, *READERS) or who.person == self.person or self.is_interviewed_by(who)

    def shows_private_to(self, who: KnownActor) -> bool:
        """How to reach the person, and why it was decided so: the coordinators and the person."""
        return self.is_coordinated_by(who) or who.person == self.person

    def shows_text_to(self, who: KnownActor) -> bool:
        """The applicant's own words: the coordinators, the panel and the person."""
        return self.shows_private_to(who) or self.is_interviewed_by(who)

    def shows_cards_to(self, who: Actor) -> bool:
        """Whose business scorecards are at all: the coordinators and the panel."""
        return who.holds(self.site, Role.COORDINATOR) or self.is_interviewed_by(who)

    def cards_for(self, who: KnownActor) -> tuple[Scorecard, ...]:
        """The last round's cards they may see: at first their own.

        Raises:
            Forbidden: `own_application`.
            NotFound: `no_interview`.
        """
        self._must_not_be_about(who, doing="read the scorecards about")
        if self.interview is None:
            raise NotFound("no_interview", "There is no interview yet; schedule one first.")
        if self._has_revealed_cards_to(who):
            return self.interview.cards
        return tuple(card for card in self.interview.cards if card.interviewer == who.person)

    def earlier_cards_for(self, who: KnownActor) -> tuple[Scorecard, ...]:
        """Cards of rounds that no longer count: for the coordinators, once they see the last round's."""
        if not (self.is_coordinated_by(who) and self._has_revealed_cards_to(who)):
            return ()
        return tuple(card for interview in self.interviews[:-1] for card in interview.cards)

    def _has_revealed_cards_to(self, who: KnownActor) -> bool:
        # Nobody is to be swayed: all cards are in, or (for a coordinator) none can follow any more.
        complete = self.interview is not None and self.interview.complete
        if self.is_coordinated_by(who):
            return complete or not self.stage.open
        return complete and self.is_interviewed_by(who)

    def _progress_to(self, stage: Stage) -> None:
        if self.stage.undecided:
            self._now_in(stage)

    def _now_in(self, stage: Stage) -> None:
        self.stage = stage
        self.holds_place = stage.holds_place

    def _must_be_open(self) -> None:
        if not self.stage.open:
            raise Conflict("application_closed", CLOSED[self.stage])

    def _must_not_be_about(self, who: KnownActor, *, doing: str) -> None:
        # Nobody handles their own application. `doing` completes the sentence "nobody may ... themself".
        if self.is_about(who):
            raise Forbidden("own_application", f"Nobody may {doing} themself; ask somebody else of the site.")
