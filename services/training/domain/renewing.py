"""The next period of a certificate, and a longer present one: decisions that change an enrolment as well."""

from datetime import datetime

from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.domain.history import EntryKind
from services.training.domain.programme import Programme
from services.training.domain.wording import counted
from shared.domain.errors import Conflict
from shared.domain.people import Actor


def renew(
    certificate: Certificate,
    enrolment: Enrolment,
    *,
    programme: Programme,
    by: Actor,
    reason: str,
    now: datetime,
) -> None:
    """A certifier decides on the next period; a provisional one is followed by a full one.

    It begins where the present one ends or, where that is past, today: the gap stays a gap.

    Raises:
        Forbidden: what `Certifying.must_be_decided_by` raises.
        Conflict: `certificate_not_renewable`, `renewal_not_open`, `renewal_too_late`, `renewal_not_ready` with the
            codes of what is missing.
        Invalid: `reason_missing`.
    """
    enrolment.must_be_decided_by(by)
    certificate.must_be_renewable(now)
    upcoming = enrolment.must_be_open_for_the_next_period(now)
    unmet = enrolment.next_readiness(programme, now=now).unmet
    if unmet:
        raise Conflict(
            "renewal_not_ready",
            f"{counted(len(unmet), 'requirement')} not met yet: {' '.join(one.sentence for one in unmet)}",
            unmet=[requirement.code for requirement in unmet],
        )
    rule = programme.certification
    kind = EntryKind.GRANTED if upcoming.confirms else EntryKind.RENEWED
    months = rule.validity_months if upcoming.confirms else rule.renewal.validity_months
    span = certificate.prolong(kind, months=months.value, by=by, reason=reason, now=now)
    enrolment.begin_period(span, rule=rule)


def extend(
    certificate: Certificate,
    enrolment: Enrolment,
    *,
    programme: Programme,
    by: Actor,
    reason: str,
    now: datetime,
) -> None:
    """A certifier makes the present period longer. Raises what `must_be_decided_by` and `Lasting.extend` raise."""
    enrolment.must_be_decided_by(by)
    certificate.extend(rule=programme.certification.extension, by=by, reason=reason, now=now)
    enrolment.make_period_longer(certificate.ends, now=now)
