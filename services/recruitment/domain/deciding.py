"""How an application ends, or waits."""

from datetime import datetime
from typing import NoReturn

from services.recruitment.domain.appointment import SMALLEST_PANEL
from services.recruitment.domain.checking import Checking
from services.recruitment.domain.checks import missing_checks
from services.recruitment.domain.decision import Decision, Withdrawal, WithdrawalText
from services.recruitment.domain.interviewing import Interviewing
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import CalledOff, CandidateScreened, CandidateWithdrawn, ScreeningOutcome
from shared.domain.errors import Conflict, Invalid
from shared.domain.people import Actor
from shared.domain.sealed import Sealed


class Deciding(Checking, Interviewing):
    """The rules of `Candidate` about decisions, which rest on checks and interviews."""

    def missing_for_acceptance(self, offer: ProgrammeOffer, now: datetime) -> tuple[str, ...]:
        """What still has to come in before this candidate can be accepted, in sentences."""
        missing = missing_checks(self.checks, offer.required_checks, now)
        if self.interview is None:
            missing.append("There was no interview; schedule one with a panel of two.")
        elif not self.interview.complete:
            submitted, panel = len(self.interview.cards), len(self.interview.panel)
            missing.append(
                f"{submitted} of {panel} scorecards are in; wait for the rest, or set the interview anew."
                if panel >= SMALLEST_PANEL
                else "The panel is one person short; name another interviewer."
            )
        return tuple(missing)

    def decide(
        self,
        outcome: ScreeningOutcome,
        *,
        offer: ProgrammeOffer,
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
        if outcome is ScreeningOutcome.ACCEPTED and (missing := self.missing_for_acceptance(offer, now)):
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
        if not Stage(outcome.value).open:
            self._drop_interview(CalledOff.DECIDED, by=by, now=now)
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
        text = Sealed.of(WithdrawalText(reason=reason)) if reason else None
        self.withdrawal = Withdrawal(by=by.person, at=now, text=text)
        self._drop_interview(CalledOff.WITHDRAWN, by=by, now=now)
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
