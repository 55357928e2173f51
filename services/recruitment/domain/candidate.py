"""A person's way from application to a coordinator's decision."""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from services.recruitment.domain.application import Application
from services.recruitment.domain.criteria import MET_AT, Criteria
from services.recruitment.domain.decision import Decision, Withdrawal, WithdrawalText
from services.recruitment.domain.interview import Interview, Scorecard, ScorecardText
from services.recruitment.domain.person import Person
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateInterviewScheduled,
    CandidateScreened,
    CandidateWithdrawn,
    ScreeningOutcome,
)
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Forbidden, Invalid

REQUIRED_CHECKS = ("references", "background_check")


class CheckResult(StrEnum):
    """How a check stands. A result is a code, never the report."""

    REQUESTED = "requested"
    RECEIVED = "received"
    CLEARED = "cleared"
    NEEDS_DECISION = "needs_decision"


class Check(Value):
    """One check on a candidate, with the day its result stops counting."""

    check: Code
    result: CheckResult
    expires: Moment | None = None
    recorded_by: Id
    recorded: Moment


class Stage(StrEnum):
    """Where a candidate is; follows from the rest."""

    APPLIED = "applied"
    INTERVIEWING = "interviewing"
    SCORED = "scored"
    ACCEPTED = "accepted"
    WAITING = "waiting"
    DEFERRED = "deferred"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


OPEN = frozenset({Stage.APPLIED, Stage.INTERVIEWING, Stage.SCORED, Stage.WAITING, Stage.DEFERRED})
"""Stages in which something can still be decided."""


class Candidate(Aggregate):
    """One person's application to one programme at one site.

    `open` and `email_key` carry the unique index against duplicates: at most one open application of an
    address per site and programme, whatever arrives at the same moment. A second one does the same for a
    signed-in person and a programme, since training knows one enrolment of a person in a programme.
    """

    collection: ClassVar[str] = "candidates"

    person: Id
    programme: Code
    application: Application
    applied: Moment
    email_key: str
    open: bool = True
    stage: Stage = Stage.APPLIED
    checks: tuple[Check, ...] = ()
    interview: Interview | None = None
    decisions: tuple[Decision, ...] = ()
    withdrawal: Withdrawal | None = None

    @classmethod
    def apply(
        cls, *, id: str, person: Person, site: str, programme: str, application: Application, now: datetime
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
            email_key=person.contact.email_key,
        )
        candidate.record(CandidateApplied(site=site, person=person.id, candidate=id, programme=programme))
        return candidate

    def note_check(
        self, check: str, result: CheckResult, *, by: str, now: datetime, expires: datetime | None = None
    ) -> None:
        """A coordinator notes how a check stands; the last word on each check counts."""
        self._must_be_open()
        self.must_not_be(by, doing="note checks on")
        others = tuple(one for one in self.checks if one.check != check)
        noted = Check(check=check, result=result, expires=expires, recorded_by=by, recorded=now)
        self.checks = (*others, noted)

    def schedule_interview(
        self, *, starts: datetime, minutes: int, panel: tuple[str, ...], by: str, now: datetime
    ) -> None:
        """Set the interview, or set it anew; cards of an earlier appointment no longer count."""
        self._must_be_open()
        self.must_not_be(by, doing="set the interview of")
        if len(set(panel)) < 2:
            raise Invalid("panel_too_small", "A panel is at least two different people; name one more.")
        if self.person in panel:
            raise Invalid("panel_has_candidate", "Nobody interviews themself; name somebody else.")
        if starts <= now:
            raise Invalid("interview_in_the_past", "The interview starts in the past; choose a later time.")
        if self.interview and self.interview.cards:
            raise Conflict(
                "interview_under_way",
                "Scorecards are in already; decide on them, or ask for a new application.",
            )
        round = self.interview.round + 1 if self.interview else 1
        self.interview = Interview(
            starts=starts, minutes=minutes, panel=tuple(dict.fromkeys(panel)), round=round
        )
        self.stage = Stage.INTERVIEWING
        self.record(
            CandidateInterviewScheduled(
                site=self.site,
                person=self.person,
                candidate=self.id,
                programme=self.programme,
                starts=starts,
                minutes=minutes,
                panel=self.interview.panel,
            )
        )

    def submit_scorecard(
        self, *, by: str, scores: dict[str, int], notes: str | None, criteria: Criteria, now: datetime
    ) -> None:
        """A panel member hands in their card, once; with the last one the candidate is scored."""
        self._must_be_open()
        if self.interview is None:
            raise Conflict("no_interview", "There is no interview yet; schedule one first.")
        if by not in self.interview.panel:
            raise Forbidden(
                "not_on_panel", "Only the interview's panel scores; ask the coordinator to be added."
            )
        if any(card.interviewer == by for card in self.interview.cards):
            raise Conflict("scorecard_submitted", "Your scorecard is in already, and stays as it is.")
        _must_cover(scores, criteria)
        card = Scorecard(interviewer=by, scores=scores, text=ScorecardText(notes=notes), submitted=now)
        self.interview = self.interview.model_copy(update={"cards": (*self.interview.cards, card)})
        if self.interview.complete:
            self.stage = Stage.SCORED

    def missing_for_acceptance(self, now: datetime) -> tuple[str, ...]:
        """What still has to come in before this candidate can be accepted, in sentences."""
        missing = [
            f"The check {check} is not cleared; note its result."
            for check in REQUIRED_CHECKS
            if check not in self.checks_cleared(now)
        ]
        if self.interview is None:
            missing.append("There was no interview; schedule one with a panel of two.")
        elif not self.interview.complete:
            submitted = len(self.interview.cards)
            missing.append(
                f"{submitted} of {len(self.interview.panel)} scorecards are in; wait for the rest."
            )
        return tuple(missing)

    def decide(
        self,
        outcome: ScreeningOutcome,
        *,
        by: str,
        reason: str,
        now: datetime,
        deferred_until: datetime | None = None,
        support_contacts: tuple[str, ...] = (),
    ) -> None:
        """A named coordinator decides, with a reason. Nothing here ever decides by itself."""
        self._must_be_open()
        self.must_not_be(by, doing="decide about")
        if not reason.strip():
            raise Invalid("reason_missing", "A decision about a person has a reason; write it down.")
        if outcome is ScreeningOutcome.ACCEPTED and (missing := self.missing_for_acceptance(now)):
            raise Conflict("not_ready_to_accept", " ".join(missing), missing=missing)
        if outcome is ScreeningOutcome.DEFERRED:
            _must_support(deferred_until, support_contacts, now)
        self.decisions = (
            *self.decisions,
            Decision(
                outcome=outcome,
                by=by,
                at=now,
                reason=reason,
                deferred_until=deferred_until,
                support_contacts=support_contacts,
            ),
        )
        self.stage = Stage(outcome.value)
        self.open = self.stage in OPEN
        self.record(
            CandidateScreened(
                site=self.site,
                person=self.person,
                candidate=self.id,
                programme=self.programme,
                outcome=outcome,
                decided_by=by,
                criteria_met=self.criteria_met(),
                checks_cleared=self.checks_cleared(now),
                deferred_until=deferred_until,
            )
        )

    def withdraw(self, *, by: str, reason: str | None, now: datetime) -> None:
        """The person takes the application back, or a coordinator notes on their behalf why.

        The person never has to give a reason.
        """
        self._must_be_open()
        if by != self.person and not (reason or "").strip():
            raise Invalid(
                "withdrawal_needs_reason",
                "Say how you know that the person takes it back; only they themself need no reason.",
            )
        self.withdrawal = Withdrawal(by=by, at=now, text=WithdrawalText(reason=reason))
        self.stage = Stage.WITHDRAWN
        self.open = False
        self.record(
            CandidateWithdrawn(
                site=self.site, person=self.person, candidate=self.id, programme=self.programme, by=by
            )
        )

    def checks_cleared(self, now: datetime) -> tuple[str, ...]:
        """Codes of the checks that are cleared and still count."""
        return tuple(
            sorted(
                one.check
                for one in self.checks
                if one.result is CheckResult.CLEARED and (one.expires is None or one.expires > now)
            )
        )

    def criteria_met(self) -> tuple[str, ...]:
        """Codes of the criteria where the panel's mean reaches the middle anchor."""
        means = self.interview.means() if self.interview else {}
        return tuple(code for code, mean in means.items() if mean >= MET_AT)

    def _must_be_open(self) -> None:
        if self.stage not in OPEN:
            raise Conflict(
                "application_closed", f"This application is {self.stage.value}; the person can apply again."
            )

    def must_not_be(self, by: str, *, doing: str) -> None:
        """Nobody handles their own application. `doing` completes the sentence "nobody may ... themself"."""
        if by == self.person:
            raise Forbidden("own_application", f"Nobody may {doing} themself; ask another coordinator.")


def _must_cover(scores: dict[str, int], criteria: Criteria) -> None:
    wrong = sorted(criteria.codes ^ set(scores))
    if wrong:
        raise Invalid("scores_incomplete", f"Score every criterion and no other: {', '.join(wrong)}.")
    if any(not 1 <= score <= 5 for score in scores.values()):
        raise Invalid("score_out_of_range", "A score is a whole number from 1 to 5; see the anchors.")


def _must_support(until: datetime | None, contacts: tuple[str, ...], now: datetime) -> None:
    if until is None or until <= now:
        raise Invalid(
            "deferral_without_date", "Say until when: a date ahead, so the person knows where they are."
        )
    if not contacts:
        raise Invalid(
            "deferral_without_support", "Name at least one support contact to go with the deferral."
        )
