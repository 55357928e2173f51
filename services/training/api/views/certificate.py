"""A certificate as it is answered."""

from datetime import date
from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.api.views.words import are_erased, words
from services.training.domain.certificate import Certificate
from services.training.domain.credential import PublicPage
from services.training.domain.history import CertificateStatus, Entry, EntryKind
from shared.contracts.envelope import Moment


class EntryView(BaseModel):
    """One thing that happened. The reason is only read, never repeated in a command's answer, which is kept."""

    kind: EntryKind
    holds_from: Moment
    holds_until: Moment | None
    decided: Moment
    decided_by: str | None
    reason: str | None = None
    erased: bool

    @classmethod
    def of(cls, entry: Entry, *, with_reason: bool) -> Self:
        """With its reason where that is asked for."""
        text = entry.text
        reason = words(text, lambda it: it.reason) if with_reason and text else None
        return cls(**entry.model_dump(exclude={"text"}), reason=reason, erased=are_erased(text))


class CertificateView(BaseModel):
    """A certificate for those who may see it; `verification_url` is the public address.

    The validity is that of the latest span; `history` has them all, with whatever else was decided.
    """

    model_config = examples.example(examples.CERTIFICATE)
    certificate: str
    enrolment: str
    person: str
    site: str
    programme: str
    programme_title: str
    status: CertificateStatus
    valid_from: Moment
    valid_until: Moment
    name: str
    public_page: PublicPage
    verification_url: str
    history: tuple[EntryView, ...]
    version: int

    @classmethod
    def of(
        cls, certificate: Certificate, *, now: Moment, public_url: str, with_reasons: bool = False
    ) -> Self:
        """As it stands now."""
        return cls(
            certificate=certificate.id,
            **certificate.model_dump(include=cls.model_fields.keys() - {"history"}),
            status=certificate.status(now),
            valid_from=certificate.history.span.holds_from,
            valid_until=certificate.ends,
            verification_url=verification_url(certificate, public_url),
            history=tuple(EntryView.of(one, with_reason=with_reasons) for one in certificate.history.entries),
        )


def verification_url(certificate: Certificate, public_url: str) -> str:
    """Where anybody who was given the address can look."""
    return f"{public_url}/verify/{certificate.token}"


class CertificateSummary(BaseModel):
    """One certificate in a list."""

    model_config = examples.example(examples.CERTIFICATE_SUMMARY)
    certificate: str
    enrolment: str
    person: str
    site: str
    programme: str
    status: CertificateStatus
    valid_until: Moment
    version: int

    @classmethod
    def of(cls, certificate: Certificate, *, now: Moment) -> Self:
        """As it stands now."""
        return cls(
            certificate=certificate.id,
            **certificate.model_dump(include={"enrolment", "person", "site", "programme", "version"}),
            status=certificate.status(now),
            valid_until=certificate.ends,
        )


class StandingView(BaseModel):
    """How a certificate stood on one day in UTC; several `statuses`, in order, where that changed in its course.

    `certified` is whether the person was certified all day. With `as_known_on` it is what could have been said at
    the end of that earlier day, before anything that was decided later and holds for the past as well.
    """

    model_config = examples.example(examples.STANDING)
    certificate: str
    person: str
    site: str
    programme: str
    on: date
    as_known_on: date | None
    statuses: tuple[CertificateStatus, ...]
    certified: bool

    @classmethod
    def of(
        cls, certificate: Certificate, *, on: date, as_known_on: date | None, known: Moment | None
    ) -> Self:
        """`known` is the end of the day `as_known_on`."""
        statuses = certificate.history.statuses_on(on, known=known)
        return cls(
            certificate=certificate.id,
            **certificate.model_dump(include={"person", "site", "programme"}),
            on=on,
            as_known_on=as_known_on,
            statuses=statuses,
            certified=all(status.is_certified for status in statuses),
        )


class PublicCertificate(BaseModel):
    """All that anybody who was given the address may see; name and site only if the person says so."""

    model_config = examples.example(examples.PUBLIC_CERTIFICATE)
    status: CertificateStatus
    programme: str
    valid_from: str
    valid_until: str
    site: str | None = None
    name: str | None = None

    @classmethod
    def of(cls, certificate: Certificate, *, now: Moment) -> Self:
        """Days are in UTC; `valid_until` is the first day no longer covered."""
        chosen = certificate.public_page
        return cls(
            status=certificate.status(now),
            programme=certificate.programme_title,
            site=certificate.site if chosen.site else None,
            valid_from=certificate.history.begins.date().isoformat(),
            valid_until=certificate.ends.date().isoformat(),
            name=certificate.name if chosen.name else None,
        )
