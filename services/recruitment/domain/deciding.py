"""How an application ends, or waits."""

from datetime import datetime
from typing import NoReturn

from services.recruitment.domain.appealing import Appealing
from services.recruitment.domain.appointment import SMALLEST_PANEL
from services.recruitment.domain.checking import Checking
from services.recruitment.domain.checks import missing_checks
from services.recruitment.domain.decision import Decision, Withdrawal, WithdrawalText
from services.recruitment.domain.deferring import Deferring
from services.recruitment.domain.interviewing import Interviewing
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.placing import Placing
from services.recruitment.domain.stage import TAKEN, Stage
from services.recruitment.domain.terms import Terms
from shared.contracts.recruitment import CalledOff, CandidateScreened, CandidateWithdrawn, ScreeningOutcome
from shared.domain.errors import Conflict, Invalid
from shared.domain.people import Actor
from shared.domain.sealed import Sealed


class Deciding(Checking, Interviewing, Placing, Deferring, Appealing):
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
        terms: Terms,
        by: KnownActor,
        reason: str,
        now: datetime,
        deferred_until: datetime | None = None,
        support_contacts: tuple[str, ...] = (),
        beyond_capacity: bool = False,
    ) -> None:
        """A named coordinator decides, with a reason. Nothing here ever decides by itself.

        A deferral without support contacts names those of the site.

        Raises:
            Conflict: `not_ready_to_accept`, with what is missing; `site_full` or `waiting_list_full`.
            Invalid: `no_acceptance`, and see `Decision.make`.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="decide about")
        if outcome is ScreeningOutcome.ACCEPTED and (
            missing := self.missing_for_acceptance(terms.offer, now)
        ):
            raise Conflict("not_ready_to_accept", " ".join(missing), missing=missing)
        offered = terms.support if outcome is ScreeningOutcome.DEFERRED else ()
        decision = Decision.make(
            outcome,
            by=by.person,
            now=now,
            reason=reason,
            deferred_until=deferred_until,
            support_contacts=support_contacts or offered,
            beyond_capacity=beyond_capacity and terms.intake.is_full(terms.offer),
            appeal_days=terms.offer.appeal_days,
        )
        self._must_find_room(outcome, terms, beyond=beyond_capacity)
        self._take_up(outcome, terms)
        self._is_decided(decision, by=by, now=now)

    def _is_decided(self, decision: Decision, *, by: KnownActor, now: datetime) -> None:
        self.decisions = (*self.decisions, decision)
        if not Stage(decision.outcome.value).open:
            self._drop_interview(CalledOff.DECIDED, by=by, now=now)
        self._remember_until(decision.deferred_until)
        self._now_in(Stage(decision.outcome.value), now)
        self.record(
            CandidateScreened(
                **self._about(),
                outcome=decision.outcome,
                decided_by=decision.by,
                criteria_met=self.criteria_met(),
                checks_cleared=self.checks_cleared(now),
                checks=self.cleared(now),
                deferred_until=decision.deferred_until,
                appeal_until=decision.appeal_until,
            )
        )

    def withdraw(self, *, by: Actor, reason: str | None, terms: Terms | None, now: datetime) -> None:
        """The person takes the application back, or a coordinator notes on their behalf why.

        The person never has to give a reason. `terms` are those of the site, where it is described.

        Raises:
            Conflict: `application_closed`.
            Invalid: `withdrawal_needs_reason`.
        """
        if self.stage is not Stage.APPEALED:
            self._must_be_open()
        if by.person != self.person and not (reason or "").strip():
            raise Invalid(
                "withdrawal_needs_reason",
                "Say how you know that the person takes it back; only they themself need no reason.",
            )
        text = Sealed.of(WithdrawalText(reason=reason)) if reason else None
        self._take_back(Withdrawal(by=by.person, at=now, text=text), by=by, terms=terms, now=now)

    def _take_back(self, withdrawal: Withdrawal, *, by: Actor, terms: Terms | None, now: datetime) -> None:
        self.withdrawal = withdrawal
        self._drop_interview(CalledOff.WITHDRAWN, by=by, now=now)
        self._leave_line(terms)
        self._remember_until(None)
        self._stop_the_clock()
        self._now_in(Stage.WITHDRAWN, now)
        self.record(CandidateWithdrawn(**self._about(), by=by.person))

    def leave_no_room(self) -> NoReturn:
        """Refuse another application of the same person to the programme; the message says why."""
        raise Conflict(*TAKEN.get(self.stage, TAKEN[Stage.APPLIED]))
