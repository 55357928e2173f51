"""A certificate: decided by a named certifier, valid for a period, announced before it ends."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.training.domain.certificate import Certificate
from services.training.domain.credential import PublicPage
from services.training.domain.figures import Count
from services.training.domain.granting import grant
from services.training.domain.history import CertificateStatus
from services.training.domain.lasting import months_later
from shared.contracts.training import (
    CertificateDeadline,
    CertificationExpired,
    CertificationExpiring,
    CertificationGranted,
)
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Grant, Role
from tests.training.builders import (
    CERTIFIER,
    CORE,
    MENTOR,
    NAME,
    SITE,
    TOKEN,
    granted,
    opened,
    ready,
    text_of,
)

GRANTED = datetime(2026, 5, 11, 16, 30, tzinfo=UTC)
END = datetime(2028, 5, 11, tzinfo=UTC)


def certifier(person: str = "certifier-cem", site: str = SITE, role: Role = Role.CERTIFIER) -> Actor:
    return Actor(person=person, grants=frozenset({Grant(role=role, site=site)}))


def deadline(certificate: Certificate, days: int) -> CertificateDeadline:
    """The timer set for so many days before the end."""
    timer = certificate.timers[f"{days}_days_before_end"]
    assert timer is not None
    assert isinstance(timer.event, CertificateDeadline)
    return timer.event


def test_granting() -> None:
    """A grant marks the enrolment and begins 24 months on the same day; its reason is in no event."""
    enrolment = ready()

    certificate = granted(enrolment, now=GRANTED)

    assert enrolment.certificate == certificate.id
    (said,) = certificate.raised
    assert isinstance(said, CertificationGranted)
    assert (said.granted_by, said.valid_until) == (CERTIFIER.person, END)
    assert said.valid_from == datetime(2026, 5, 11, tzinfo=UTC)
    assert "Everything" not in said.model_dump_json()
    assert Certificate.rebuild(certificate.document()).document() == certificate.document()


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (certifier(MENTOR), "certifier_is_the_person"),
        (certifier(site="hillside"), "certifier_needed"),
        (certifier(role=Role.COORDINATOR), "certifier_needed"),
    ],
)
def test_who_grants(by: Actor, code: str) -> None:
    """Only a certifier of the site decides, and never about themself."""
    with pytest.raises(Forbidden) as refused:
        grant(ready(), programme=CORE, by=by, reason="r", name=NAME, token=TOKEN, now=GRANTED)

    assert refused.value.code == code


def test_not_before_everything_is_there() -> None:
    """Before readiness is complete the refusal lists what is missing."""
    with pytest.raises(Conflict) as refused:
        granted(opened())

    assert refused.value.code == "certification_not_ready"
    assert "0 of 60 supervised hours approved." in refused.value.message


def test_not_twice() -> None:
    """One enrolment leads to one certificate."""
    enrolment = ready()
    granted(enrolment)

    with pytest.raises(Conflict) as refused:
        granted(enrolment)

    assert refused.value.code == "already_certified"


def test_not_without_a_reason() -> None:
    """Every decision has a reason, and a blank is none."""
    enrolment = ready()

    with pytest.raises(Invalid) as refused:
        grant(enrolment, programme=CORE, by=CERTIFIER, reason=" ", name=NAME, token=TOKEN, now=GRANTED)

    assert refused.value.code == "reason_missing"
    assert enrolment.certificate is None


def test_a_reason_is_kept_without_blanks() -> None:
    """Blanks around a reason are no part of it."""
    certificate = grant(
        ready(), programme=CORE, by=CERTIFIER, reason=" All there. ", name=NAME, token=TOKEN, now=GRANTED
    )

    assert text_of(certificate.history.span.text).reason == "All there."


def test_not_to_somebody_without_a_name() -> None:
    """A certificate isn't granted before it is known whose name it will bear."""
    enrolment = ready()

    with pytest.raises(Conflict) as refused:
        grant(enrolment, programme=CORE, by=CERTIFIER, reason="r", name=None, token=TOKEN, now=GRANTED)

    assert refused.value.code == "name_unknown"
    assert enrolment.certificate is None


def test_timers() -> None:
    """Timers are set for 90, 30 and 7 days before the end, and for the end."""
    timers = granted(now=GRANTED).timers.values()

    assert [timer.due for timer in timers if timer] == [END - timedelta(days=d) for d in (90, 30, 7, 0)]


def test_no_timer_for_a_day_that_is_past() -> None:
    """A notice whose day is past when the certificate is granted isn't set; the end always is."""
    months = Count(value=1, source="a test", confirmed=False)
    notices = tuple(Count(value=days, source="a test", confirmed=False) for days in (28, 27, 7))
    rule = CORE.certification.model_copy(update={"validity_months": months, "expiry_notice_days": notices})
    programme = CORE.model_copy(update={"certification": rule})
    on = datetime(2027, 2, 1, 9, tzinfo=UTC)  # Nine hours after the notice of 28 days was due.

    certificate = grant(
        ready(), programme=programme, by=CERTIFIER, reason="r", name=NAME, token=TOKEN, now=on
    )

    set_ = {name for name, timer in certificate.timers.items() if timer}
    assert set_ == {f"{days}_days_before_end" for days in (27, 7, 0)}


def test_several_notices_at_once() -> None:
    """Of notices that are due at once, as after an outage, the nearest alone is given, whichever comes first."""
    for order in ((90, 30), (30, 90)):
        certificate = granted(now=GRANTED)

        for days in order:
            certificate.meet_deadline(deadline(certificate, days), now=END - timedelta(days=20))

        said = [event for event in certificate.raised if isinstance(event, CertificationExpiring)]
        assert [event.days_left for event in said] == [30]


def test_the_end_comes_near() -> None:
    """Each timer is announced once, however often it arrives."""
    certificate = granted(now=GRANTED)

    for days in (90, 90, 30, 7):
        certificate.meet_deadline(deadline(certificate, days), now=END - timedelta(days=days))

    said = [event for event in certificate.raised if isinstance(event, CertificationExpiring)]
    assert [event.days_left for event in said] == [90, 30, 7]


def test_the_end() -> None:
    """At its end a certificate has expired, which is announced once; late notices are given up."""
    certificate = granted(now=GRANTED)

    for days in (0, 0, 7):
        certificate.meet_deadline(deadline(certificate, days), now=END)

    assert [type(event) for event in certificate.raised[1:]] == [CertificationExpired]
    assert certificate.status(END) is CertificateStatus.EXPIRED
    assert certificate.status(END - timedelta(seconds=1)) is CertificateStatus.VALID


def test_a_timer_of_another_period() -> None:
    """A timer that was set for another period changes nothing."""
    certificate = granted(now=GRANTED)
    stale = deadline(certificate, 0).model_copy(update={"valid_until": END - timedelta(days=365)})

    certificate.meet_deadline(stale, now=END)

    assert len(certificate.raised) == 1
    assert not certificate.notices


def test_whose_page_it_is() -> None:
    """Neither name nor site is public until the person, and nobody else, says so."""
    certificate = granted()
    assert certificate.public_page == PublicPage(on=True, name=False, site=False)
    with pytest.raises(Forbidden) as refused:
        certificate.show_publicly(PublicPage(name=True), by=CERTIFIER.person)
    assert refused.value.code == "public_page_not_own"

    certificate.show_publicly(PublicPage(name=True), by=MENTOR)

    assert certificate.public_page.name


@pytest.mark.parametrize(
    ("day", "months", "expected"),
    [
        ("2026-12-31", 24, "2028-12-31"),
        ("2028-02-29", 24, "2030-02-28"),
        ("2026-08-31", 6, "2027-02-28"),
        ("2027-08-31", 6, "2028-02-29"),
        ("2026-11-30", 1, "2026-12-30"),
    ],
)
def test_calendar_months(day: str, months: int, expected: str) -> None:
    """Months are counted by the calendar; a day the month lacks becomes its last."""
    assert months_later(datetime.fromisoformat(day), months) == datetime.fromisoformat(expected)


@given(st.dates(max_value=date(2100, 1, 1)), st.integers(1, 120))
def test_months_always_move_on(on: date, months: int) -> None:
    """Later months are later, by no more than 31 days each."""
    day = datetime(on.year, on.month, on.day, tzinfo=UTC)
    later = months_later(day, months)

    assert timedelta(days=28 * months) <= later - day <= timedelta(days=31 * months)
