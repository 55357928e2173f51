"""Who was there, what is left to do, and what a trainer signs from it."""

from collections.abc import Mapping
from datetime import datetime

from services.training.domain.attendance import Entry, ModuleHours, Presence
from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import Enrolment
from services.training.domain.joining import join
from services.training.domain.signing import Signatures, sign
from shared.contracts.training import CancellationReason, ModuleCompleted
from tests.training.builders import CORE, PROGRAMMES, TRAINER, opened
from tests.training.cohorts import ABSENT, COORDINATOR, EXCUSED, FIRST, NOW, TWO, joined, present, refused

AFTER_FIRST, AFTER_ALL = TWO[0].ends, TWO[1].ends


def fill_in(it: Cohort, code: str, *, now: datetime = AFTER_ALL, by: str = TRAINER, **sheet: Entry) -> None:
    it.fill_in(code, sheet, by=by, now=now)


def hours(it: Cohort, person: str) -> ModuleHours:
    (seat,) = (one for one in it.learners if one.person == person)
    return it.hours_of(seat, "communication")


def signed(it: Cohort, enrolments: Mapping[str, Enrolment], *people: str, by: str = TRAINER) -> Signatures:
    return sign(
        it,
        "communication",
        people or list(enrolments),
        enrolments=enrolments,
        programmes=PROGRAMMES,
        by=by,
        now=AFTER_ALL,
    )


def test_a_sheet_for_everybody() -> None:
    """One sheet says of everybody whether they were there, and what is left to do for whoever was not."""
    made, _ = joined("ana", "ben", "cora", capacity=3)
    fill_in(made, "s1", ana=present(), ben=ABSENT, cora=EXCUSED)
    fill_in(made, "s2", ana=present(180), ben=present(), cora=present())

    assert (hours(made, "ana").hours, hours(made, "ana").complete) == (7, True)
    assert (hours(made, "ben").hours, hours(made, "ben").left) == (4, ("s1",))
    assert hours(made, "cora").left == ("s1",)


def test_a_correction_is_a_new_entry() -> None:
    """A correction keeps what was said before, by whom and when; saying the same again adds nothing."""
    made, _ = joined("ana")
    fill_in(made, "s1", ana=ABSENT, now=FIRST)
    fill_in(made, "s1", ana=ABSENT, now=FIRST)
    fill_in(made, "s1", ana=present(120), by="trainer-tea", now=AFTER_FIRST)

    assert [(mark.presence.value, mark.by, mark.at) for mark in made.marks] == [
        ("absent", TRAINER, FIRST),
        ("present", "trainer-tea", AFTER_FIRST),
    ]
    assert hours(made, "ana").hours == 2


def test_what_was_missed_is_made_up() -> None:
    """A session that was made up counts as one that was attended, with the minutes it took."""
    made, _ = joined("ana")
    fill_in(made, "s1", ana=ABSENT)
    fill_in(made, "s2", ana=present())
    made.note_made_up("s1", "ana", minutes=250, by=TRAINER, now=AFTER_ALL)

    assert (hours(made, "ana").hours, hours(made, "ana").complete) == (8.17, True)


def test_a_late_joiner() -> None:
    """Whoever joined after a session is not on its sheet; they can make it up."""
    made, _ = joined("ana")
    join(opened(person="ben"), made, programme=CORE, now=AFTER_FIRST)

    with refused("not_in_session"):
        fill_in(made, "s1", ana=present(), ben=ABSENT)
    assert made.marks == ()
    made.note_made_up("s1", "ben", minutes=200, by=TRAINER, now=AFTER_ALL)
    assert hours(made, "ben").left == ("s2",)


def test_what_a_sheet_cannot_say() -> None:
    """Attendance is noted from a session's beginning on, of those who had a place, by somebody else than themself."""
    made, _ = joined("ana", "ben", TRAINER, capacity=2)

    with refused("session_unknown"):
        fill_in(made, "s9", ana=present())
    with refused("session_not_begun"):
        fill_in(made, "s1", ana=present(), now=NOW)
    with refused("not_in_session"):
        fill_in(made, "s1", stranger=present())
    with refused("attendance_minutes"):
        fill_in(made, "s1", ana=present(241))
    with refused("attendance_minutes"):
        fill_in(made, "s1", ana=present(0))
    some = Entry(presence=Presence.ABSENT, minutes=5)
    with refused("attendance_minutes"):
        fill_in(made, "s1", ana=some)
    made_up = Entry(presence=Presence.MADE_UP, minutes=5)
    with refused("made_up_apart"):
        fill_in(made, "s1", ana=made_up)
    with refused("attendance_own"):
        fill_in(made, "s1", ana=present(), by="ana")
    for person, code in [
        ("stranger", "not_in_cohort"),
        (TRAINER, "not_in_cohort"),
        ("ana", "attendance_own"),
    ]:
        with refused(code):
            made.note_made_up("s1", person, minutes=9, by="ana", now=AFTER_ALL)
    assert made.marks == ()


def test_what_was_cancelled_nobody_attended() -> None:
    """After a cancellation the sessions before it are noted as always, and those after it not at all."""
    made, _ = joined("ana")
    made.call_off(CancellationReason.TRAINER_UNAVAILABLE, "", by=COORDINATOR, now=AFTER_FIRST)
    fill_in(made, "s1", ana=present())

    with refused("session_cancelled"):
        fill_in(made, "s2", ana=present())
    assert hours(made, "ana").hours == 4


def test_a_module_is_signed_for_everybody_who_was_there() -> None:
    """Each is signed by their own rule with their own hours, and whoever can't be has the reason."""
    made, enrolments = joined("ana", "ben", "cora", "dan", capacity=4)
    fill_in(made, "s1", ana=present(), ben=present(), cora=present(200), dan=present())
    fill_in(made, "s2", ana=present(), ben=ABSENT, cora=present(), dan=present())
    enrolments["dan"].pause(by="dan", now=AFTER_ALL)
    made_of_it = signed(made, enrolments, "ana", "ben", "cora", "dan", "stranger", "ana")

    assert [(one.person, one.hours) for one in made_of_it.signed] == [("ana", 8)]
    assert {one.person: one.code for one in made_of_it.refused} == {
        "ben": "attendance_incomplete",
        "cora": "module_hours_short",
        "dan": "enrolment_paused",
        "stranger": "not_in_cohort",
    }
    completed = [event for event in enrolments["ana"].raised if isinstance(event, ModuleCompleted)]
    assert [(event.module, event.hours) for event in completed] == [("communication", 8)]
    for other in ("ben", "cora", "dan"):
        assert not enrolments[other].learning.module("communication").completed


def test_signing_twice_and_for_oneself() -> None:
    """What is signed stays as it is, and a trainer who learns along signs nothing for themself."""
    made, enrolments = joined("ana", TRAINER)
    everybody = {"ana": present(), TRAINER: present()}
    for code in ("s1", "s2"):
        made.fill_in(code, everybody, by=COORDINATOR, now=AFTER_ALL)
    first, second = signed(made, enrolments), signed(made, enrolments)

    assert [one.person for one in first.signed] == ["ana"]
    assert [(one.person, one.code) for one in first.refused] == [(TRAINER, "module_own_completion")]
    assert [one.code for one in second.refused] == ["module_already_completed", "module_own_completion"]


def test_somebody_who_moved() -> None:
    """What was learnt here by somebody who trains elsewhere now is signed there."""
    made, enrolments = joined("ana")
    enrolments["ana"].site = "hillside"

    assert [one.code for one in signed(made, enrolments).refused] == ["enrolment_at_another_site"]


def test_a_session_without_a_word() -> None:
    """A session of which nothing was said is simply left."""
    made, _ = joined("ana")

    assert (hours(made, "ana").hours, hours(made, "ana").left) == (0, ("s1", "s2"))
    assert hours(made, "ana").complete is False
