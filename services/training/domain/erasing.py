"""What training forgets of a person who is erased: the name, here and on certificates."""

from collections.abc import Iterable

from services.training.domain.certificate import Certificate
from services.training.domain.credential import PublicPage

NO_NAME = "—"
"""Stands where the name stood; a certificate stays on record, and its public page is switched off."""


def nameless(certificates: Iterable[Certificate]) -> Iterable[Certificate]:
    """The certificates without the name they were granted to."""
    for certificate in certificates:
        certificate.name = NO_NAME
        certificate.public_page = PublicPage(on=False)
        yield certificate
