"""A certificate as it is answered."""

from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.certificate import Certificate, CertificateStatus, PeriodKind, PublicPage
from shared.contracts.envelope import Moment


class PeriodView(BaseModel):
    """One span of validity. The reason is only read, never repeated in a command's answer, which is kept."""

    kind: PeriodKind
    valid_from: Moment
    valid_until: Moment
    decided: Moment
    decided_by: str
    reason: str | None = None


class CertificateView(BaseModel):
    """A certificate for those who may see it; `verification_url` is the public address."""

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
    periods: tuple[PeriodView, ...]
    version: int

    @classmethod
    def of(
        cls, certificate: Certificate, *, now: Moment, public_url: str, with_reasons: bool = False
    ) -> Self:
        """As it stands now."""
        return cls(
            certificate=certificate.id,
            **certificate.model_dump(include=cls.model_fields.keys() - {"periods"}),
            status=certificate.status(now),
            valid_from=certificate.period.valid_from,
            valid_until=certificate.period.valid_until,
            verification_url=f"{public_url}/verify/{certificate.token}",
            periods=tuple(
                PeriodView(**period.model_dump(exclude=None if with_reasons else {"reason"}))
                for period in certificate.periods
            ),
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
            valid_from=certificate.period.valid_from.date().isoformat(),
            valid_until=certificate.period.valid_until.date().isoformat(),
            name=certificate.name if chosen.name else None,
        )
