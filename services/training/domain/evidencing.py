"""What speaks for a person's certificate beside their learning, as it is heard and signed."""

from datetime import datetime

from services.training.domain.enrolled import Enrolled
from services.training.domain.evidence import ClearedCheck
from services.training.domain.programme import Programme
from services.training.domain.wording import listed
from shared.contracts.recruitment import CandidateChecked, CandidateScreened, ScreeningOutcome
from shared.contracts.supervision import (
    HoursApproved,
    PerformanceReviewed,
    SupervisionLogged,
    SupervisorAssigned,
)
from shared.contracts.training import EnrolmentDeadline
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Role

CLEARED, NEEDS_DECISION = "cleared", "needs_decision"
"""Results of a check, as recruitment's events name them."""


class Evidencing(Enrolled):
    """The rules of `Enrolment` about evidence and supervision."""

    def attest(self, code: str, version: str, *, by: str, programme: Programme, now: datetime) -> None:
        """The person signs a statement, in the version in force: once for each period of a certificate.

        Raises:
            Forbidden: `attestation_not_own`.
            Invalid: `attestation_unknown`, `attestation_version`.
        """
        if by != self.person:
            raise Forbidden("attestation_not_own", "Only the person themself can sign this.")
        rules = {rule.code: rule for rule in programme.certification.attestations}
        rule = rules.get(code)
        if rule is None:
            raise Invalid(
                "attestation_unknown",
                f"There is no statement {code!r} to sign. There is {listed(rules) or 'none'}.",
            )
        if version != rule.version:
            raise Invalid(
                "attestation_version",
                f"{rule.title} is in force in version {rule.version}. Read that version, then sign it.",
                version=rule.version,
            )
        since = self.next_period.since if self.next_period else None
        if not self.evidence.has_signed(rule, since=since):
            self.evidence = self.evidence.with_attestation(code, version, now=now)
        self._see_what_is_complete(programme, now)

    def hear_again(self, screened: CandidateScreened, *, programme: Programme, now: datetime) -> None:
        """A decision on an application of somebody enrolled: an acceptance can add checks, no other changes anything.

        Raises Conflict `enrolment_at_another_site`: people have to decide where the training goes on.
        """
        if screened.outcome is not ScreeningOutcome.ACCEPTED:
            return
        if screened.site != self.site:
            raise Conflict(
                "enrolment_at_another_site",
                f"{self.person} was accepted at {screened.site}, and is enrolled in {self.programme} at {self.site} "
                "already. Agree between the sites where the training goes on, and discard this event with that "
                "reason.",
            )
        self.take_checks(screened, programme=programme, now=now)

    def take_checks(self, accepted: CandidateScreened, *, programme: Programme, now: datetime) -> None:
        """Checks that recruitment cleared before it accepted."""
        ends = {one.check: one.expires for one in accepted.checks}
        for code in accepted.checks_cleared:
            cleared = ClearedCheck(code=code, candidate=accepted.candidate, expires=ends.get(code))
            self.evidence = self.evidence.with_check(cleared)
        self._see_what_is_complete(programme, now)

    def take_check(
        self, noted: CandidateChecked, *, at: datetime, programme: Programme, now: datetime
    ) -> None:
        """How a check stands since `at` some time after the acceptance: renewed, or not cleared any more.

        One that was asked for anew, or came in, is cleared as long as it was: a renewal begins before the end.
        """
        if noted.site != self.site:
            return
        if noted.result == CLEARED:
            cleared = ClearedCheck(
                code=noted.check, candidate=noted.candidate, cleared=at, expires=noted.expires
            )
            self.evidence = self.evidence.with_check(cleared)
        elif noted.result == NEEDS_DECISION:
            self.evidence = self.evidence.without_check(noted.check)
        self._see_what_is_complete(programme, now)

    def take_supervisor(self, assigned: SupervisorAssigned) -> None:
        """Who supervises the work in this programme now, and so may read how the training goes."""
        self.supervisor = assigned.supervisor

    def end_supervision(self) -> None:
        """The placement is closed: nobody supervises any more."""
        self.supervisor = None

    def is_supervised_by(self, reader: Actor) -> bool:
        """Does this person supervise the work, and still hold the role at the site?"""
        return reader.person == self.supervisor and reader.holds(self.site, Role.SUPERVISOR)

    def take_hours(
        self, approved: HoursApproved, *, at: datetime, programme: Programme, now: datetime
    ) -> None:
        """Supervised hours that were signed off `at` some time; after the certificate they wait for its renewal."""
        self.evidence = self.evidence.with_hours(approved, at=at)
        self._see_what_is_complete(programme, now)

    def take_review(
        self, reviewed: PerformanceReviewed, *, at: datetime, programme: Programme, now: datetime
    ) -> None:
        """A performance review made `at` some time; after the certificate it waits for its renewal."""
        self.evidence = self.evidence.with_review(reviewed, at=at)
        self._see_what_is_complete(programme, now)

    def take_session(self, logged: SupervisionLogged, *, programme: Programme, now: datetime) -> None:
        """A supervision session the person took part in; after the certificate it changes nothing of it."""
        self.evidence = self.evidence.with_session(logged)
        self._see_what_is_complete(programme, now)

    def meet_deadline(self, deadline: EnrolmentDeadline, *, programme: Programme, now: datetime) -> None:
        """A timer came: a check has stopped counting. A later setting has its own, and makes this one void."""
        if deadline.due == self.next_lapse:
            # The timer is the clock here: this process's own may be a little behind the one that sent it.
            self._see_what_is_complete(programme, max(now, deadline.due))
