"""Granting a certificate: the one rule that changes an enrolment and makes a certificate, saved together."""

from datetime import datetime

from services.training.domain.certificate import Certificate, certificate_id
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programme
from services.training.domain.reason import must_be_given
from services.training.domain.wording import counted
from shared.domain.errors import Conflict, Forbidden
from shared.domain.people import Actor, Role


def may_be_granted_by(certifier: Actor, enrolment: Enrolment, *, programme: Programme) -> None:
    """May this person grant a certificate for this enrolment now?

    Raises:
        Forbidden: `certifier_is_the_person`, `certifier_needed`.
        Conflict: `already_certified`, `certification_not_ready`, with the codes of what is missing.
    """
    if certifier.person == enrolment.person:
        raise Forbidden("certifier_is_the_person", "Nobody certifies themself. Another certifier decides.")
    if not certifier.holds(enrolment.site, Role.CERTIFIER):
        raise Forbidden(
            "certifier_needed", f"A certificate at {enrolment.site} is granted by a certifier of that site."
        )
    if enrolment.certificate is not None:
        raise Conflict("already_certified", "This training has led to its certificate already.")
    unmet = enrolment.readiness(programme).unmet
    if unmet:
        raise Conflict(
            "certification_not_ready",
            f"{counted(len(unmet), 'requirement')} not met yet: {' '.join(r.sentence for r in unmet)}",
            unmet=[requirement.code for requirement in unmet],
        )


def grant(
    enrolment: Enrolment,
    *,
    programme: Programme,
    by: Actor,
    reason: str,
    show_name: bool,
    token: str,
    now: datetime,
) -> Certificate:
    """A certificate from today on. Raises what `may_be_granted_by` raises, and Invalid `reason_missing`."""
    may_be_granted_by(by, enrolment, programme=programme)
    reason = must_be_given(reason)
    enrolment.certify(certificate_id(enrolment.id))
    return Certificate.granted(
        about={
            "site": enrolment.site,
            "person": enrolment.person,
            "programme": enrolment.programme,
            "enrolment": enrolment.id,
        },
        programme_title=programme.title,
        rule=programme.certification,
        by=by.person,
        reason=reason,
        show_name=show_name,
        token=token,
        now=now,
    )
