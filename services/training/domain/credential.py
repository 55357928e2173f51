"""What a certificate holds, and what every rule about it asks first."""

from datetime import UTC, datetime
from typing import Any, ClassVar

from pydantic import Field

from services.training.domain.history import CertificateStatus, Entry, EntryKind, EntryText, History
from services.training.domain.reason import must_be_given
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Forbidden
from shared.domain.people import Actor, Role
from shared.domain.sealed import Sealed


class PublicPage(Value):
    """What the person lets anybody see who has the address; status, programme and dates while it is `on`."""

    on: bool = True
    name: bool = False
    site: bool = False


class Notice(Value):
    """A date before (or, with 0 days, at) the end of a span that was announced."""

    ends: Moment
    days_left: int


class Credential(Aggregate):
    """The state of a `Certificate`; its rules are in the files named for what they are about.

    `token` is the unguessable end of the public address; `name` is the one it was granted to; `ends` is when the
    latest span ends, kept for lists.
    """

    collection: ClassVar[str] = "certificates"

    person: Id
    programme: Code
    programme_title: str
    enrolment: Id
    token: str
    name: str = Field(min_length=1, max_length=200)
    public_page: PublicPage = PublicPage()
    history: History
    ends: Moment
    notice_days: tuple[int, ...] = ()
    notices: tuple[Notice, ...] = ()

    def status(self, now: datetime) -> CertificateStatus:
        """How it stands now."""
        return self.history.status_on(now)

    def must_be_decided_by(self, certifier: Actor, *also: Role) -> None:
        """A certifier of the site (or whoever else may) decides, and never about themself.

        Raises:
            Forbidden: `certifier_is_the_person`, `certifier_needed`.
        """
        if certifier.person == self.person:
            raise Forbidden(
                "certifier_is_the_person",
                "Nobody decides about their own certificate. Another certifier does.",
            )
        if not certifier.holds(self.site, Role.CERTIFIER, *also):
            raise Forbidden(
                "certifier_needed",
                f"A certificate at {self.site} is decided about by a certifier of that site.",
            )

    def must_be_renewable(self, now: datetime) -> None:
        """In force, or run out: what is suspended or revoked has to be settled first, after its end as well.

        Raises Conflict `certificate_not_renewable`.
        """
        standing = self.history.standing
        if standing and standing.kind is EntryKind.SUSPENDED:
            status = CertificateStatus.SUSPENDED
        else:
            status = self.status(now)
        if status in (CertificateStatus.SUSPENDED, CertificateStatus.REVOKED):
            raise Conflict(
                "certificate_not_renewable",
                f"This certificate is {status}, so it can't be renewed. {_REMEDIES[status]}",
                status=status.value,
            )

    def shows_reasons_to(self, reader: Actor) -> bool:
        """Why it was decided so: the person, and those who decide or look into it."""
        deciders = (Role.CERTIFIER, Role.SITE_ADMIN, Role.AUDITOR)
        return reader.person == self.person or reader.holds(self.site, *deciders)

    def must_be_printable(self, now: datetime) -> None:
        """What is suspended or revoked is not put on paper, where nobody would see that.

        Raises Conflict `certificate_not_printable`.
        """
        status = self.status(now)
        if status in (CertificateStatus.SUSPENDED, CertificateStatus.REVOKED):
            raise Conflict(
                "certificate_not_printable",
                f"This certificate is {status}, so there is none on paper. {_REMEDIES[status]}",
                status=status.value,
            )

    def _about(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "person": self.person,
            "programme": self.programme,
            "enrolment": self.enrolment,
            "certificate": self.id,
        }

    def _enter(
        self,
        kind: EntryKind,
        *,
        by: Actor,
        reason: str | None,
        now: datetime,
        holds_from: datetime,
        holds_until: datetime | None = None,
        undoes: datetime | None = None,
    ) -> Entry:
        entry = Entry(
            kind=kind,
            holds_from=holds_from,
            holds_until=holds_until,
            decided=now,
            decided_by=by.person,
            undoes=undoes,
            text=None if reason is None else Sealed.of(EntryText(reason=must_be_given(reason))),
        )
        self.history = self.history.with_entry(entry)
        return entry

    def _must_be_in_force(self, now: datetime, *, doing: str) -> None:
        # `doing` completes the sentence "it can't be ...".
        status = self.status(now)
        if not status.is_certified:
            raise Conflict(
                "certificate_not_in_force",
                f"This certificate is {status}, so it can't be {doing}. {_REMEDIES[status]}",
                status=status.value,
            )


_REMEDIES = {
    CertificateStatus.NONE: "Wait until it begins.",
    CertificateStatus.SUSPENDED: "Reinstate it first, or revoke it.",
    CertificateStatus.EXPIRED: "Renew it, if its programme still allows that; else certify the person anew.",
    CertificateStatus.REVOKED: "An appeal can bring it back; else certify the person anew.",
}


def midnight(moment: datetime) -> datetime:
    """The beginning of the day, in UTC."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
