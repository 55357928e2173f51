"""A certificate: what is decided about it is written down one after another, and never changes what was before."""

from datetime import datetime
from typing import Any, Self

from services.training.domain.certification import CertificationRule
from services.training.domain.credential import PublicPage, midnight
from services.training.domain.history import Entry, EntryKind, EntryText, History
from services.training.domain.lasting import Lasting, months_later
from services.training.domain.standing import Standing
from shared.contracts.training import CertificationGranted
from shared.domain.aggregate import stable_id
from shared.domain.errors import Forbidden
from shared.domain.sealed import Sealed

NO_NAME = "—"
"""Stands where the name of somebody stood who was erased."""


def certificate_id(enrolment: str) -> str:
    """One certificate per enrolment; renewals are further spans of it."""
    return stable_id("certificate", enrolment)


class Certificate(Lasting, Standing):
    """Granted by a certifier, and shown to the public as far as the person says."""

    @classmethod
    def granted(
        cls,
        *,
        about: dict[str, Any],
        programme_title: str,
        rule: CertificationRule,
        provisional: bool,
        by: str,
        reason: str,
        token: str,
        now: datetime,
    ) -> Self:
        """A first span from today on; go through `granting.grant`, which asks whether it may be."""
        begins = midnight(now)
        months = rule.first_months if provisional else rule.validity_months.value
        span = Entry(
            kind=EntryKind.PROVISIONAL if provisional else EntryKind.GRANTED,
            holds_from=begins,
            holds_until=months_later(begins, months),
            decided=now,
            decided_by=by,
            text=Sealed.of(EntryText(reason=reason)),
        )
        assert span.holds_until is not None
        certificate = cls(
            id=certificate_id(about["enrolment"]),
            programme_title=programme_title,
            token=token,
            history=History(entries=(span,)),
            ends=span.holds_until,
            notice_days=tuple(days.value for days in rule.expiry_notice_days),
            **about,
        )
        certificate.record(
            CertificationGranted(
                **certificate._about(),
                granted_by=by,
                valid_from=begins,
                valid_until=certificate.ends,
                provisional=provisional,
            )
        )
        certificate._lasts_as(span, now)
        return certificate

    def erase(self) -> None:
        """The person is erased: it stays on record without the name, and no page shows it."""
        self.name = NO_NAME
        self.public_page = PublicPage(on=False)

    def show_publicly(self, page: PublicPage, *, by: str) -> None:
        """The person decides what their public page shows. Raises Forbidden `public_page_not_own`."""
        self._must_be_the_person(by)
        self.public_page = page

    def move_public_page(self, token: str, *, by: str) -> None:
        """The page has another address, and the one before says nothing any more.

        Raises Forbidden `public_page_not_own`.
        """
        self._must_be_the_person(by)
        self.token = token

    def _must_be_the_person(self, by: str) -> None:
        if by != self.person:
            raise Forbidden("public_page_not_own", "Only the person themself decides what this page shows.")
