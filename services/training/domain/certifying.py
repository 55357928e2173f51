"""From everything being there to a certifier's decision, for a first certificate and for every next period."""

from datetime import datetime, timedelta

from services.training.domain.certification import CertificationRule
from services.training.domain.enrolled import Enrolled
from services.training.domain.history import Entry
from services.training.domain.next_period import NextPeriod
from services.training.domain.programme import Programme
from services.training.domain.reason import must_be_given
from services.training.domain.renewal import courses_for
from services.training.domain.returning import Return, ReturnText
from shared.contracts.training import CertificationDecisionOverdue, CertificationReturned, DecisionDeadline
from shared.domain.errors import Conflict, Forbidden
from shared.domain.people import Actor, Role
from shared.domain.sealed import Sealed

DECISION_DUE, RENEWAL_OPENS = "decision_due", "renewal_opens"


class Certifying(Enrolled):
    """The rules of `Enrolment` about certifiers' decisions."""

    def must_be_decided_by(self, certifier: Actor) -> None:
        """A certifier of the site, who neither is the person nor supervises them, and was not overruled here.

        Raises:
            Forbidden: `certifier_is_the_person`, `certifier_needed`, `certifier_is_the_supervisor`,
                `certifier_was_overruled`.
            Conflict: `person_erased`.
        """
        if certifier.person == self.person:
            raise Forbidden(
                "certifier_is_the_person", "Nobody certifies themself. Another certifier decides."
            )
        if not certifier.holds(self.site, Role.CERTIFIER):
            raise Forbidden(
                "certifier_needed", f"A certificate at {self.site} is granted by a certifier of that site."
            )
        if certifier.person == self.supervisor:
            raise Forbidden(
                "certifier_is_the_supervisor",
                "You supervise this person and have signed part of the evidence. Another certifier decides.",
            )
        if certifier.person == self.overruled:
            raise Forbidden(
                "certifier_was_overruled",
                "An appeal against your decision was upheld. Another certifier decides this time.",
            )
        self.must_not_be_erased()

    def must_be_open_for_the_next_period(self, now: datetime) -> NextPeriod:
        """Raises Conflict `not_certified`, `renewal_not_open` or `renewal_too_late`."""
        upcoming = self.next_period
        if upcoming is None:
            raise Conflict("not_certified", "There is no certificate here yet; grant one first.")
        if now < upcoming.opens:
            raise Conflict(
                "renewal_not_open",
                f"The next period can be decided from {upcoming.opens:%Y-%m-%d} on; everything is kept until then.",
                opens=upcoming.opens.isoformat(),
            )
        if now >= upcoming.closes:
            raise Conflict(
                "renewal_too_late",
                f"This certificate could be renewed until {upcoming.closes:%Y-%m-%d}. Certify the person anew.",
            )
        return upcoming

    def certify(self, certificate: str, span: Entry, *, provisional: bool, rule: CertificationRule) -> None:
        """The certificate is granted; go through `granting.grant`.

        Raises Conflict `already_certified`.
        """
        if self.certificate is not None:
            raise Conflict("already_certified", "This training has led to its certificate already.")
        self.certificate = certificate
        self.certified = None if provisional else span.decided
        self._now_waits_for(NextPeriod.first(span, provisional=provisional, rule=rule.renewal))

    def begin_period(self, span: Entry, *, rule: CertificationRule) -> None:
        """The next period is decided; go through `renewing.renew`."""
        before = self.next_period
        assert before is not None
        used = () if before.confirms else tuple(one.id for one in courses_for(before, self.courses))
        self.certified = self.certified or span.decided
        self._now_waits_for(before.following(span, rule=rule.renewal, used=used))

    def make_period_longer(self, ends: datetime, *, now: datetime) -> None:
        """The present period was extended: what waited for a decision on the next one waits until that opens."""
        assert self.next_period is not None
        upcoming = self.next_period.moved_to(ends)
        self._expect_the_opening(upcoming)
        if now < upcoming.opens:
            self._is_not_ready()
            self.cancel(DECISION_DUE)

    def return_to_the_person(self, *, by: Actor, reason: str, what_helps: str, now: datetime) -> None:
        """A certifier looked, and does not decide for it yet: says why, and what would help.

        It comes back when the person (or a trainer) asks for another look. It can be appealed.

        Raises:
            Forbidden: what `must_be_decided_by` raises.
            Conflict: `nothing_to_decide`.
            Invalid: `reason_missing`.
        """
        self.must_be_decided_by(by)
        if not self._waits_for_a_decision():
            raise Conflict(
                "nothing_to_decide", "Nothing waits for a certifier here; look at what is missing."
            )
        text = ReturnText(reason=must_be_given(reason), what_helps=must_be_given(what_helps))
        renewal = self.certificate is not None
        self.returns = (*self.returns, Return(at=now, by=by.person, renewal=renewal, text=Sealed.of(text)))
        self.returned = now
        self._is_not_ready()
        self.cancel(DECISION_DUE)
        self.record(CertificationReturned(**self._about(), returned_by=by.person, renewal=renewal))

    def ask_for_another_look(self, *, programme: Programme, now: datetime) -> None:
        """Back to the certifiers, once everything is there. Raises Conflict `not_returned`."""
        if self.returned is None:
            raise Conflict("not_returned", "This was not returned. Nothing needs to be done.")
        self.returned = None
        self._see_what_is_complete(programme, now)

    def overrule_return(self, *, against: datetime, programme: Programme, now: datetime) -> None:
        """An appeal against what was returned at `against` was upheld: another certifier decides.

        Raises Conflict `decision_undone_meanwhile`.
        """
        last = self.returns[-1]
        decided_since = self.next_period is not None and self.next_period.since > against
        if last.at != against or decided_since:
            raise Conflict(
                "decision_undone_meanwhile",
                "The decision this appeal is against was followed by another one; dismiss the appeal and say so.",
            )
        self.overruled = last.by
        self.returned = self.returned or now
        self.ask_for_another_look(programme=programme, now=now)

    def meet_decision_deadline(
        self, deadline: DecisionDeadline, *, programme: Programme, now: datetime
    ) -> None:
        """A timer came: the next period opens, or a decision is overdue, which decides nothing."""
        # The timer is the clock here: this process's own may be a little behind the one that set it.
        at = max(now, deadline.due)
        if deadline.reached == RENEWAL_OPENS:
            self._see_what_is_complete(programme, at)
        elif self._waits_for_a_decision() and self._decision_due(programme) == deadline.due:
            self.record(CertificationDecisionOverdue(**self._about(), due=deadline.due))

    def _waits_for_a_decision(self) -> bool:
        return self._ready_at() is not None

    def _decision_due(self, programme: Programme) -> datetime | None:
        ready = self._ready_at()
        return ready + timedelta(days=programme.certification.clocks.decision_days.value) if ready else None

    def _ready_at(self) -> datetime | None:
        if self.certificate is None:
            return self.ready_since
        return self.next_period.ready_since if self.next_period else None

    def _is_not_ready(self) -> None:
        if self.certificate is None:
            self.ready_since = None
        elif self.next_period:
            self.next_period = self.next_period.model_copy(update={"ready_since": None})

    def _now_waits_for(self, upcoming: NextPeriod) -> None:
        self.overruled = self.returned = None
        self.cancel(DECISION_DUE)
        self._expect_the_opening(upcoming)

    def _expect_the_opening(self, upcoming: NextPeriod) -> None:
        self.next_period = upcoming
        event = DecisionDeadline(**self._about(), reached=RENEWAL_OPENS, due=upcoming.opens)
        self.schedule(RENEWAL_OPENS, upcoming.opens, event)
