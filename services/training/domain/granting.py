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
    name: str | None,
    token: str,
    now: datetime,
) -> Certificate:
    """A certificate from today on, for good in the name the person has today (None where it is not known).

    Raises:
        Forbidden, Conflict: what `may_be_granted_by` raises.
        Invalid: `reason_missing`.
        Conflict: `name_unknown`.
    """
    may_be_granted_by(by, enrolment, programme=programme)
    reason = must_be_given(reason)
    if name is None:
        raise Conflict(
            "name_unknown",
            "The name to grant it to is not known here yet. Try again in a minute; if it stays so, have the site's "
            "coordinator look at the person's contact in recruitment.",
        )
    enrolment.certify(certificate_id(enrolment.id), by=by.person, now=now)
    return Certificate.granted(
        about={
            "site": enrolment.site,
            "person": enrolment.person,
            "programme": enrolment.programme,
            "enrolment": enrolment.id,
            "name": name,
        },
        programme_title=programme.title,
        rule=programme.certification,
        by=by.person,
        reason=reason,
        token=token,
        now=now,
    )
