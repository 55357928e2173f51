"""What becomes of trainings, certificates and requests for help when the person is erased."""

from services.training.domain.enrolment import Enrolment
from shared.contracts.training import EnrolmentPaused, SeatEnd, SeatReturned
from tests.training.builders import CERTIFIER, CORE, MENTOR, after, granted, hours, opened, practise, ready
from tests.training.cohorts import joined, refused
from tests.training.rich import RICH, hand_in, learnt

NOW = after(days=90)


def erased(enrolment: Enrolment) -> Enrolment:
    enrolment.take_raised()
    enrolment.erase(now=NOW)
    return enrolment


def test_it_rests_and_gives_back_its_places() -> None:
    """Others are told that it pauses and that a place is free; a second time nothing is said."""
    _, enrolments = joined("ana")
    enrolment = erased(enrolments["ana"])
    paused, seat = enrolment.raised
    assert isinstance(paused, EnrolmentPaused)
    assert isinstance(seat, SeatReturned)
    assert seat.because is SeatEnd.ENDED
    enrolment.erase(now=after(days=91))
    assert (enrolment.erased, enrolment.paused_since, len(enrolment.raised)) == (NOW, NOW, 2)
    with refused("person_erased"):
        enrolment.resume(by="tom")
    with refused("person_erased"):
        enrolment.pause(by="tom", now=NOW)


def test_one_that_pauses_already_says_nothing_more() -> None:
    """A pause that began before stays as it is."""
    enrolment = opened()
    enrolment.pause(by=MENTOR, now=after(days=1))
    assert erased(enrolment).raised == ()
    assert enrolment.paused_since == after(days=1)


def test_nothing_waits_for_anybody() -> None:
    """Neither what was handed in, nor what comes later, puts it into a queue again."""
    enrolment = learnt()
    hand_in(enrolment)
    assert enrolment.review_awaited_since
    erased(enrolment)
    row = enrolment.document()
    assert (row["review_awaited_since"], row["trainer_awaited_since"]) == (None, None)
    complete = erased(ready(practice=False))
    practise(complete)
    assert (complete.ready_since, complete.standing is not None) == (None, True)
    assert complete.readiness(CORE, now=NOW).complete
    waited = ready()
    assert waited.ready_since
    erased(waited)
    assert waited.ready_since is None
    assert waited.timers["decision_due"] is None


def test_a_certified_person_does_not_pause() -> None:
    """The certificate stays valid to its end, and no next period is decided."""
    enrolment = ready()
    certificate = granted(enrolment)
    assert erased(enrolment).raised == ()
    assert enrolment.paused_since is None
    enrolment.take_hours(hours(6), at=NOW, programme=CORE, now=NOW)
    certificate.erase()
    assert (certificate.name, certificate.status(NOW).is_certified) == ("—", True)
    with refused("person_erased"):
        enrolment.must_be_decided_by(CERTIFIER)
    with refused("person_erased"):
        enrolment.move(RICH, by="tom", reason="r", now=NOW)
