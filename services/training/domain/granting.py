"""Granting a certificate: the one rule that changes an enrolment and makes a certificate, saved together."""

from datetime import datetime

from services.training.domain.certificate import Certificate, certificate_id
from services.training.domain.enrolment import Enrolment
from services.training.domain.programme import Programme
from services.training.domain.reason import must_be_given
from services.training.domain.wording import counted
from shared.domain.errors import Conflict
from shared.domain.people import Actor


def may_be_granted_by(certifier: Actor, enrolment: Enrolment, *, programme: Programme, now: datetime) -> None:
    """May this person grant a certificate for this enrolment now?

    Raises:
        Forbidden: what `Certifying.must_be_decided_by` raises.
        Conflict: `already_certified`, `certification_not_ready` with the codes of what is missing.
    """
    enrolment.must_be_decided_by(certifier)
    if enrolment.certificate is not None:
        raise Conflict("already_certified", "This training has led to its certificate already.")
    rule = programme.certification
    lines = enrolment.readiness(programme, now=now).unmet
    unmet = [one for one in lines if not rule.waits_for(one.code)]
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

    It is provisional where the programme lets something come later that is missing still. A pause ends.

    Raises:
        Forbidden, Conflict: what `may_be_granted_by` raises.
        Invalid: `reason_missing`.
        Conflict: `name_unknown`.
    """
    may_be_granted_by(by, enrolment, programme=programme, now=now)
    reason = must_be_given(reason)
    if name is None:
        raise Conflict(
            "name_unknown",
            "The name to grant it to is not known here yet. Try again in a minute; if it stays so, have the site's "
            "coordinator look at the person's contact in recruitment.",
        )
    provisional = not enrolment.readiness(programme, now=now).complete
    certificate = Certificate.granted(
        about={
            "site": enrolment.site,
            "person": enrolment.person,
            "programme": enrolment.programme,
            "enrolment": enrolment.id,
            "name": name,
        },
        programme_title=programme.title,
        rule=programme.certification,
        provisional=provisional,
        by=by.person,
        reason=reason,
        token=token,
        now=now,
    )
    enrolment.certify(
        certificate_id(enrolment.id),
        certificate.history.span,
        provisional=provisional,
        rule=programme.certification,
    )
    if enrolment.paused_since is not None:
        enrolment.resume(by=by.person)
    return certificate
