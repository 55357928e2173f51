"""Where somebody stands is kept with their enrolment, and time itself can change it."""

from datetime import datetime

from services.training.domain.enrolment import Enrolment
from services.training.domain.evidence import ClearedCheck
from shared.contracts.training import CertificationReady, EnrolmentDeadline
from tests.training.builders import (
    CORE,
    after,
    attest,
    checks_cleared,
    granted,
    hours,
    opened,
    practise,
    ready,
    trained,
)

ENDS = after(days=90)


def with_checks_until(ends: datetime) -> Enrolment:
    """Ready, with checks that run out; the timer is set by what is heard last."""
    enrolment = trained()
    enrolment.evidence = checks_cleared(enrolment.evidence, until=ends)
    practise(enrolment)
    attest(enrolment)
    return enrolment


def deadline(enrolment: Enrolment, due: datetime) -> EnrolmentDeadline:
    return EnrolmentDeadline(
        site=enrolment.site, person=enrolment.person, enrolment=enrolment.id, programme="core", due=due
    )


def meet(enrolment: Enrolment, due: datetime, *, now: datetime) -> None:
    enrolment.meet_deadline(deadline(enrolment, due), programme=CORE, now=now)


def test_it_is_kept_with_every_change() -> None:
    """Every event leaves how many requirements are met, of how many, and which are not."""
    enrolment = opened(checks=())
    assert enrolment.standing
    assert (enrolment.standing.met, enrolment.standing.total) == (0, 10)
    practise(enrolment)

    assert enrolment.standing == enrolment.readiness(CORE, now=after(days=60)).standing
    assert "supervised_hours" not in enrolment.standing.unmet
    assert ready().standing.unmet == ()  # type: ignore[union-attr]


def test_a_check_that_runs_out() -> None:
    """When a check's time is over the person is not ready any more, and is again, told anew, once it is renewed."""
    enrolment = with_checks_until(ENDS)
    assert enrolment.ready_since
    assert enrolment.timers["check_ends"]
    enrolment.take_raised()

    meet(enrolment, ENDS, now=after(days=89))

    assert enrolment.ready_since is None
    assert enrolment.standing
    assert enrolment.standing.unmet == ("check.references", "check.background_check")
    assert enrolment.raised == ()
    enrolment.evidence = checks_cleared(enrolment.evidence, until=None)
    enrolment.take_hours(hours(1), at=after(days=91), programme=CORE, now=after(days=91))
    assert enrolment.ready_since == after(days=91)
    assert [type(one) for one in enrolment.raised] == [CertificationReady]


def test_a_timer_of_before() -> None:
    """A timer for a time that is not the next one any more changes nothing, nor does one that comes twice."""
    enrolment = with_checks_until(ENDS)
    before = enrolment.document()
    meet(enrolment, after(days=50), now=after(days=200))
    assert enrolment.document() == before

    meet(enrolment, ENDS, now=ENDS)
    after_it = enrolment.document()
    meet(enrolment, ENDS, now=after(days=200))
    assert enrolment.document() == after_it


def test_the_next_check_has_a_timer_of_its_own() -> None:
    """The timer is set for the check that runs out first, then for the next."""
    enrolment = with_checks_until(ENDS)
    early = ClearedCheck(code="first_aid", candidate="c", expires=after(days=80))
    checks = (*enrolment.evidence.checks, early)
    enrolment.evidence = enrolment.evidence.model_copy(update={"checks": checks})
    enrolment.take_hours(hours(1), at=after(days=70), programme=CORE, now=after(days=70))
    assert enrolment.next_lapse == after(days=80)

    meet(enrolment, after(days=80), now=after(days=80))

    assert enrolment.next_lapse == ENDS
    assert enrolment.ready_since


def test_a_certificate_is_not_undone() -> None:
    """After the certificate neither time nor a correction changes what it was decided on."""
    enrolment = with_checks_until(ENDS)
    granted(enrolment, now=after(days=70))
    meet(enrolment, ENDS, now=after(days=91))
    enrolment.take_hours(hours(-20), at=after(days=92), programme=CORE, now=after(days=92))

    assert enrolment.ready_since
    assert enrolment.readiness(CORE, now=after(days=100)).complete


def test_a_correction_below() -> None:
    """A correction that takes hours back makes a person wait for them again, before the certificate."""
    enrolment = ready()
    enrolment.take_hours(hours(-1), at=after(days=62), programme=CORE, now=after(days=62))

    assert enrolment.ready_since is None
