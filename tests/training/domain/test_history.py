"""How a certificate stood on a day, and what was known of it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from services.training.domain.certificate import Certificate
from services.training.domain.history import CertificateStatus, EntryKind
from shared.contracts.training import (
    CertificationReinstated,
    CertificationRevoked,
    CertificationSuspended,
)
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Role
from tests.training.builders import CERTIFIER, MENTOR, SITE, granted
from tests.training.domain.test_certificate import END, GRANTED, certifier

NONE, VALID, SUSPENDED, EXPIRED, REVOKED = (
    CertificateStatus.NONE,
    CertificateStatus.VALID,
    CertificateStatus.SUSPENDED,
    CertificateStatus.EXPIRED,
    CertificateStatus.REVOKED,
)


def later(days: float) -> datetime:
    return GRANTED + timedelta(days=days)


def suspended(*, days: float = 100) -> Certificate:
    certificate = granted(now=GRANTED)
    certificate.suspend(by=CERTIFIER, reason="A concern is looked into.", now=later(days))
    return certificate


def test_before_within_and_after() -> None:
    """Before its first day there is nothing, then it is valid, and from its end on it has expired."""
    history = granted(now=GRANTED).history

    assert history.status_on(GRANTED - timedelta(days=1)) is NONE
    assert history.status_on(GRANTED) is VALID
    assert history.status_on(END - timedelta(microseconds=1)) is VALID
    assert history.status_on(END) is EXPIRED


def test_a_suspension_and_its_end() -> None:
    """Days under suspension stay days without a certificate after it was reinstated."""
    certificate = suspended()
    certificate.reinstate(by=CERTIFIER, reason="Nothing was found.", now=later(130))

    statuses = [certificate.status(later(days)) for days in (99, 101, 129, 131)]
    assert statuses == [VALID, SUSPENDED, SUSPENDED, VALID]
    assert [type(event) for event in certificate.raised[1:]] == [
        CertificationSuspended,
        CertificationReinstated,
    ]
    assert "concern" not in "".join(event.model_dump_json() for event in certificate.raised)


def test_a_day_on_which_it_changed() -> None:
    """Asked for a day, each status of that day is told, in order."""
    certificate = suspended()
    day = later(100).date()

    assert certificate.history.statuses_on(day) == (VALID, SUSPENDED)
    assert certificate.history.statuses_on(day - timedelta(days=1)) == (VALID,)
    assert certificate.history.statuses_on(day + timedelta(days=1)) == (SUSPENDED,)
    assert certificate.history.statuses_on(date(2026, 5, 11)) == (VALID,)


def test_a_suspended_certificate_ends() -> None:
    """A suspension does not stop the clock."""
    assert suspended().status(END) is EXPIRED


def test_a_revocation_for_the_past() -> None:
    """Revoked from an earlier day it never counted since; what could be said before stays on record."""
    certificate = granted(now=GRANTED)
    decided = later(200)
    certificate.revoke(by=CERTIFIER, reason="Forged.", now=decided, effective_from=later(50))

    on = later(60)
    assert certificate.history.status_on(on) is REVOKED
    assert certificate.history.status_on(on, known=decided - timedelta(seconds=1)) is VALID
    assert certificate.status(later(49)) is VALID
    assert certificate.status(END + timedelta(days=1)) is REVOKED
    said = certificate.raised[-1]
    assert isinstance(said, CertificationRevoked)
    assert said.effective_from == later(50)


@pytest.mark.parametrize("since", [GRANTED - timedelta(days=2), later(201)])
def test_a_revocation_within_its_time(since: datetime) -> None:
    """A revocation holds neither from before there was a certificate nor from a day ahead."""
    certificate = granted(now=GRANTED)

    with pytest.raises(Invalid) as refused:
        certificate.revoke(by=CERTIFIER, reason="r", now=later(200), effective_from=since)

    assert refused.value.code == "revocation_day_out_of_range"


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (certifier(MENTOR), "certifier_is_the_person"),
        (certifier(site="hillside"), "certifier_needed"),
        (certifier(role=Role.TRAINER), "certifier_needed"),
    ],
)
def test_who_decides(by: Actor, code: str) -> None:
    """A certifier of the site decides, and nobody about their own certificate."""
    certificate = granted(now=GRANTED)
    for decide in (certificate.suspend, certificate.revoke, certificate.reinstate):
        with pytest.raises(Forbidden) as refused:
            decide(by=by, reason="r", now=later(1))
        assert refused.value.code == code


def test_an_administrator_can_suspend() -> None:
    """A site's administrator can suspend at once, and neither reinstate nor revoke."""
    admin = certifier("admin-abe", role=Role.SITE_ADMIN)
    certificate = granted(now=GRANTED)

    certificate.suspend(by=admin, reason="Safety first.", now=later(1))

    for decide in (certificate.revoke, certificate.reinstate):
        with pytest.raises(Forbidden):
            decide(by=admin, reason="r", now=later(2))


def test_what_can_be_done_to_what() -> None:
    """A certificate that is not in force is not suspended again; one not suspended is not reinstated."""
    certificate = suspended()
    with pytest.raises(Conflict) as twice:
        certificate.suspend(by=CERTIFIER, reason="r", now=later(101))
    certificate.revoke(by=CERTIFIER, reason="r", now=later(102))
    with pytest.raises(Conflict) as again:
        certificate.revoke(by=CERTIFIER, reason="r", now=later(103))
    with pytest.raises(Conflict) as never:
        certificate.reinstate(by=CERTIFIER, reason="r", now=later(104))

    codes = [one.value.code for one in (twice, again, never)]
    assert codes == [
        "certificate_not_in_force",
        "certificate_already_revoked",
        "certificate_not_suspended",
    ]
    assert "suspended" in twice.value.message


def test_nothing_is_said_of_the_end_of_what_is_revoked() -> None:
    """Timers of a revoked certificate say nothing; those of a suspended one still do."""
    for certificate, expected in ((suspended(), 1), (granted(now=GRANTED), 0)):
        timer = certificate.timers["0_days_before_end"]
        assert timer
        if not expected:
            certificate.revoke(by=CERTIFIER, reason="r", now=later(3))
        before = len(certificate.raised)

        certificate.meet_deadline(timer.event, now=END)  # type: ignore[arg-type]

        assert len(certificate.raised) - before == expected


def test_it_is_kept_as_it_was() -> None:
    """Entries survive storage, and the end of a period is an entry that nobody decided."""
    certificate = granted(now=GRANTED)
    timer = certificate.timers["0_days_before_end"]
    assert timer
    certificate.meet_deadline(timer.event, now=END)  # type: ignore[arg-type]

    kept = Certificate.rebuild(certificate.document())

    assert kept.history == certificate.history
    last = kept.history.entries[-1]
    assert (last.kind, last.decided_by, last.holds_from) == (
        EntryKind.EXPIRED,
        None,
        datetime(2028, 5, 11, tzinfo=UTC),
    )
    assert kept.site == SITE
