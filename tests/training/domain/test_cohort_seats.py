"""Places in a cohort: who may join, who waits, who leaves, and what a pause means for them."""

from datetime import timedelta

import pytest

from services.training.domain.enrolment import Enrolment
from services.training.domain.joining import join, leave
from shared.contracts.training import (
    CancellationReason,
    CohortChanged,
    CohortJoined,
    CohortLeft,
    CohortPlaceGiven,
    CohortWaiting,
    SeatEnd,
    SeatReturned,
)
from shared.domain.errors import Refusal
from tests.training.builders import CORE, after, complete, opened
from tests.training.cohorts import (
    COORDINATOR,
    FIRST,
    NOW,
    TWO,
    cohort,
    events,
    joined,
    people,
    present,
    refused,
    session,
)

LATER = NOW + timedelta(hours=1)


def pause(enrolment: Enrolment) -> list[SeatReturned]:
    """A pause, and what it gives back."""
    enrolment.take_raised()
    enrolment.pause(by=enrolment.person, now=LATER)
    return [event for event in enrolment.raised if isinstance(event, SeatReturned)]


def test_places_and_turns() -> None:
    """Whoever asks while there is room has a place; the others wait in the order of asking."""
    made, enrolments = joined("ana", "ben", "cora", "dan")

    assert (people(made.seats), people(made.waiting)) == (["ana", "ben"], ["cora", "dan"])
    assert [event.person for event in events(made, CohortJoined)] == ["ana", "ben"]
    assert [event.person for event in events(made, CohortWaiting)] == ["cora", "dan"]
    assert events(made, CohortJoined)[0].starts == FIRST
    assert made.places_left == 0
    assert all(enrolment.has_booked(made.id) for enrolment in enrolments.values())


def test_a_place_becomes_free() -> None:
    """Whoever leaves gives their place to the one who waited longest, in the same decision."""
    made, enrolments = joined("ana", "ben", "cora", "dan")
    made.take_raised()
    leave(enrolments["ana"], made, now=LATER)

    assert (people(made.seats), people(made.waiting)) == (["ben", "cora"], ["dan"])
    assert [event.because for event in events(made, CohortLeft)] == [SeatEnd.LEFT]
    assert [event.person for event in events(made, CohortPlaceGiven)] == ["cora"]
    assert not enrolments["ana"].has_booked(made.id)
    assert "ana" not in str(made.document())


def test_more_places() -> None:
    """A raised capacity moves the list on, in order."""
    made, _ = joined("ana", "ben", "cora", "dan", "eva")
    made.take_raised()
    made.change_capacity(4, by=COORDINATOR, now=LATER)

    assert people(made.waiting) == ["eva"]
    assert [event.person for event in events(made, CohortPlaceGiven)] == ["cora", "dan"]
    assert [event.capacity for event in events(made, CohortChanged)] == [4]


def test_fewer_places() -> None:
    """Nobody loses their place by a lower capacity."""
    made, _ = joined("ana", "ben")
    with refused("capacity_taken"):
        made.change_capacity(1, by=COORDINATOR, now=LATER)

    made.take_raised()
    made.change_capacity(2, by=COORDINATOR, now=LATER)
    assert made.raised == ()


def test_nobody_has_two_places() -> None:
    """Neither a second place nor a second turn is to be had."""
    made, enrolments = joined("ana", "ben", "cora")
    for enrolment in (enrolments["ana"], enrolments["cora"]):
        with refused("already_joined"):
            join(enrolment, made, programme=CORE, now=LATER)


def test_leaving_what_one_is_not_in() -> None:
    """There is nothing to leave for whoever has neither place nor turn."""
    with refused("not_in_cohort"):
        leave(opened(), cohort(), now=NOW)


def test_who_may_not_join() -> None:
    """A cohort is for people of its programme and site who have something to learn there, and can."""
    paused, elsewhere, done, other = opened(), opened(site="hillside"), opened(), opened()
    paused.pause(by=paused.person, now=NOW)
    complete(done, "communication")
    other.programme_version = 2
    first, builds_on = cohort(), cohort(session("boundaries_ethics"))
    cancelled = cohort()
    cancelled.call_off(CancellationReason.OTHER, "", by=COORDINATOR, now=NOW)

    for enrolment, wanted, code in [
        (paused, first, "enrolment_paused"),
        (elsewhere, first, "enrolment_at_another_site"),
        (other, first, "cohort_of_another_programme"),
        (done, first, "nothing_left_to_learn"),
        (opened(), builds_on, "cohort_prerequisites"),
        (opened(), cancelled, "cohort_cancelled"),
    ]:
        with refused(code):
            join(enrolment, wanted, programme=CORE, now=NOW)
    with refused("cohort_over"):
        join(opened(), first, programme=CORE, now=after(days=90))


def test_a_pause_is_told_kindly() -> None:
    """Whoever pauses reads that it is all right, and what to do when they are ready."""
    paused = opened()
    paused.pause(by=paused.person, now=NOW)
    with pytest.raises(Refusal, match=r"that is all right.*whenever it suits you"):
        join(paused, cohort(), programme=CORE, now=NOW)


def test_what_is_required_comes_first_in_the_same_cohort() -> None:
    """What a module builds on may be taught before it by the same cohort, or be completed already."""
    both = cohort(session(), session("boundaries_ethics", starts=FIRST + timedelta(days=1)))
    second, done = cohort(session("boundaries_ethics")), opened()
    complete(done, "communication")
    join(opened(person="ana"), both, programme=CORE, now=NOW)
    join(done, both, programme=CORE, now=NOW)
    join(done, second, programme=CORE, now=NOW)

    assert (len(both.seats), len(second.seats)) == (2, 1)


def test_what_was_taught_before_one_came() -> None:
    """Whoever comes when what the rest builds on is over, without having learnt it, looks for another cohort."""
    first = session()
    both = cohort(first, session("boundaries_ethics", starts=FIRST + timedelta(days=1)), capacity=9)
    done, only_second = opened(), opened()
    complete(done, "communication")
    complete(only_second, "communication", "boundaries_ethics")
    join(done, both, programme=CORE, now=first.ends)

    with refused("cohort_prerequisites"):
        join(opened(person="ben"), both, programme=CORE, now=first.ends)
    with refused("nothing_left_to_learn"):
        join(only_second, both, programme=CORE, now=first.ends)


def test_joining_late() -> None:
    """Whoever joins after a session has the next one ahead."""
    made = cohort()
    join(opened(), made, programme=CORE, now=FIRST + timedelta(hours=5))

    assert events(made, CohortJoined)[0].starts == TWO[1].starts


def test_a_pause_gives_the_place_back() -> None:
    """Whoever pauses has no place any more, the next one has it, and nothing is held against them."""
    made, enrolments = joined("ana", "ben", "cora")
    made.take_raised()
    (returned,) = pause(enrolments["ana"])
    made.take_back(returned, now=LATER)

    assert people(made.seats) == ["ben", "cora"]
    assert [event.because for event in events(made, CohortLeft)] == [SeatEnd.PAUSED]
    assert not enrolments["ana"].has_booked(made.id)


def test_whoever_trains_here_no_longer() -> None:
    """Whatever ends a training at a site gives its places there to others, as a pause does."""
    made, enrolments = joined("ana", "ben", "cora")
    made.take_raised()
    enrolments["ana"].give_back_seats(SeatEnd.ENDED)
    (returned,) = (event for event in enrolments["ana"].raised if isinstance(event, SeatReturned))
    made.take_back(returned, now=LATER)

    assert people(made.seats) == ["ben", "cora"]
    assert [event.because for event in events(made, CohortLeft)] == [SeatEnd.ENDED]


def test_a_turn_is_given_back_too() -> None:
    """Whoever pauses while they wait gives up their turn, and the others move up."""
    made, enrolments = joined("ana", "ben", "cora", "dan")
    (returned,) = pause(enrolments["cora"])
    made.take_back(returned, now=LATER)

    assert (people(made.seats), people(made.waiting)) == (["ana", "ben"], ["dan"])


def test_a_place_is_taken_up_again() -> None:
    """After a pause the place can be taken up again, if there is room."""
    made, enrolments = joined("ana")
    (returned,) = pause(enrolments["ana"])
    made.take_back(returned, now=LATER)
    enrolments["ana"].resume(by="ana")
    join(enrolments["ana"], made, programme=CORE, now=LATER)

    assert people(made.seats) == ["ana"]


def test_a_short_pause() -> None:
    """Whoever takes it up again before the cohort has heard of the pause keeps their place, also afterwards."""
    made, enrolments = joined("ana", "ben", "cora")
    (returned,) = pause(enrolments["ana"])
    enrolments["ana"].resume(by="ana")
    join(enrolments["ana"], made, programme=CORE, now=LATER)
    made.take_raised()
    made.take_back(returned, now=LATER)

    assert people(made.seats) == ["ana", "ben"]
    assert made.raised == ()


def test_a_pause_after_the_end() -> None:
    """A place in what is over, or was cancelled, stays as it was."""
    made, enrolments = joined("ana")
    (returned,) = pause(enrolments["ana"])
    made.take_back(returned, now=after(days=90))

    assert people(made.seats) == ["ana"]


def test_what_was_learnt_stays() -> None:
    """Whoever was in a session and left keeps the hours of it, also once they have come back."""
    made, enrolments = joined("ana", "ben")
    then = FIRST + timedelta(hours=5)
    made.fill_in("s1", {"ana": present()}, by="trainer-tea", now=then)
    leave(enrolments["ana"], made, now=then)
    leave(enrolments["ben"], made, now=then)

    assert (people(made.seats), people(made.gone)) == ([], ["ana"])
    assert made.hours_of(made.learners[0], "communication").hours == 4
    join(enrolments["ana"], made, programme=CORE, now=then)
    assert (people(made.seats), people(made.gone)) == (["ana"], [])
    assert people(made.expected_in(made.session("s1"))) == ["ana"]


def test_a_list_has_an_end() -> None:
    """Where a turn would be no use any more, that is said."""
    made = cohort(capacity=1)
    for number in range(201):
        join(opened(person=f"person-{number}"), made, programme=CORE, now=NOW)

    with refused("waiting_list_full"):
        join(opened(), made, programme=CORE, now=NOW)
