"""How a certificate stands beside its dates: suspended, reinstated, revoked."""

from datetime import datetime

from services.training.domain.credential import Credential
from services.training.domain.history import CertificateStatus, EntryKind
from shared.contracts.training import (
    CertificationReinstated,
    CertificationRevoked,
    CertificationSuspended,
)
from shared.domain.errors import Conflict, Invalid
from shared.domain.people import Actor, Role


class Standing(Credential):
    """The rules of `Certificate` about its standing."""

    def suspend(self, *, by: Actor, reason: str, now: datetime) -> None:
        """It counts for nothing until it is reinstated; its end stays where it is.

        A site's administrator may as well: somebody has to be able to at once.

        Raises:
            Forbidden: what `must_be_decided_by` raises.
            Conflict: `certificate_not_in_force`.
            Invalid: `reason_missing`.
        """
        self.must_be_decided_by(by, Role.SITE_ADMIN)
        self._must_be_in_force(now, doing="suspended")
        self._enter(EntryKind.SUSPENDED, by=by, reason=reason, now=now, holds_from=now)
        self.record(CertificationSuspended(**self._about(), suspended_by=by.person))

    def reinstate(self, *, by: Actor, reason: str, now: datetime) -> None:
        """A suspension ends; the days it lasted stay days without a certificate.

        Raises:
            Forbidden: what `must_be_decided_by` raises.
            Conflict: `certificate_not_suspended`.
            Invalid: `reason_missing`.
        """
        self.must_be_decided_by(by)
        standing = self.history.standing
        if standing is None or standing.kind is not EntryKind.SUSPENDED:
            raise Conflict(
                "certificate_not_suspended",
                "This certificate is not suspended. Nothing needs to be done; a revocation can be appealed.",
            )
        self._enter(EntryKind.REINSTATED, by=by, reason=reason, now=now, holds_from=now)
        self._say_it_is_reinstated(by)

    def revoke(
        self, *, by: Actor, reason: str, now: datetime, effective_from: datetime | None = None
    ) -> None:
        """It is taken back for good: from now on, or from an earlier day where it should not have counted since.

        What was known before stays on record: `status_on` still says what it said, as known then.

        Raises:
            Forbidden: what `must_be_decided_by` raises.
            Conflict: `certificate_already_revoked`.
            Invalid: `reason_missing`, `revocation_day_out_of_range`.
        """
        self.must_be_decided_by(by)
        if self.status(now) is CertificateStatus.REVOKED:
            raise Conflict("certificate_already_revoked", "This certificate is revoked already.")
        since = effective_from or now
        first = self.history.spans[0].holds_from
        if not first <= since <= now:
            raise Invalid(
                "revocation_day_out_of_range",
                f"A revocation holds from a day between the first day of validity, {first:%Y-%m-%d}, and now.",
            )
        self._enter(EntryKind.REVOKED, by=by, reason=reason, now=now, holds_from=since)
        self.record(CertificationRevoked(**self._about(), revoked_by=by.person, effective_from=since))

    def note_appeal(self, *, by: Actor, now: datetime) -> None:
        """The person appeals against how it stands, which changes nothing until it is decided; see `appealing`."""
        self._enter(EntryKind.APPEALED, by=by, reason=None, now=now, holds_from=now)

    def dismiss_appeal(self, *, by: Actor, reason: str, now: datetime) -> None:
        """An appeal was decided, and the decision it was against stands."""
        self._enter(EntryKind.APPEAL_DISMISSED, by=by, reason=reason, now=now, holds_from=now)

    def uphold_appeal(self, *, against: datetime, by: Actor, reason: str, now: datetime) -> None:
        """An appeal was decided: the decision made at `against` is undone, as if it had never been made.

        What was decided before it holds again: after a revocation, that may be a suspension.

        Raises Conflict `decision_undone_meanwhile`.
        """
        standing = self.history.standing
        if standing is None or standing.decided != against:
            raise Conflict(
                "decision_undone_meanwhile",
                "The decision this appeal is against was followed by another one; dismiss the appeal and say so.",
            )
        self._enter(
            EntryKind.REINSTATED,
            by=by,
            reason=reason,
            now=now,
            holds_from=standing.holds_from,
            undoes=against,
        )
        before = self.history.standing
        if before and before.kind is EntryKind.SUSPENDED and before.decided_by:
            self.record(CertificationSuspended(**self._about(), suspended_by=before.decided_by))
        else:
            self._say_it_is_reinstated(by)

    def _say_it_is_reinstated(self, by: Actor) -> None:
        self.record(CertificationReinstated(**self._about(), reinstated_by=by.person, valid_until=self.ends))
