"""Times offered for interviews, and a candidate who books one."""

from datetime import timedelta
from typing import Any

import pytest

from services.recruitment.domain.appointment import LARGEST_PANEL, NOTICE, Where
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.slot import Slot, SlotState
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import Absent, CandidateInterviewScheduled, CandidateTimesAsked
from shared.domain.people import Role
from tests.recruitment.builders import (
    CORA,
    CRITERIA,
    IAN,
    IVY,
    NOW,
    PANEL,
    applied,
    interviewing,
    known,
    refused,
    scored,
)

ROBIN = known("robin")
EVE = known("eve", Role.INTERVIEWER)
THURSDAY, FRIDAY = NOW + timedelta(days=3), NOW + timedelta(days=4)


def offered(*panel: str, by: KnownActor = CORA, **changes: Any) -> Slot:
    values = {
        "site": "leeds",
        "programme": "core",
        "starts": THURSDAY,
        "minutes": 45,
        "where": Where(),
        "now": NOW,
    }
    return Slot.offer(**{"id": "s1", **values, "panel": panel or ("ivy", "ian"), **changes}, by=by)


def book(candidate: Candidate, **changes: Any) -> None:
    values = {"slot": "s1", "starts": THURSDAY, "minutes": 45, "panel": PANEL, "where": Where(), "by": ROBIN}
    candidate.book_interview(**{**values, "criteria": CRITERIA, "now": NOW, **changes})


def test_a_coordinator_offers_a_panels_time() -> None:
    """With two people on it, it is free at once; each is on it once."""
    slot = offered("ivy", "ian", "ivy")
    assert (slot.state, slot.panel, slot.offered_by) == (SlotState.FREE, ("ivy", "ian"), "cora")


def test_an_interviewer_offers_their_own_time_and_another_joins() -> None:
    """It can be booked from two people on; joining twice is joining once."""
    slot = offered("ivy", by=IVY)
    assert slot.state is SlotState.FORMING
    refused("slot_taken", lambda: slot.book_for("c1"))
    for _ in range(2):
        slot.join(by=IAN)
    assert (slot.state, slot.panel) == (SlotState.FREE, ("ivy", "ian"))
    refused("slot_names_others", lambda: offered("ivy", "ian", by=IVY))
    refused("slot_names_others", lambda: offered("ian", by=IVY))


def test_what_is_offered_can_still_be_booked() -> None:
    """Somebody holds it, it begins more than a day ahead, and has a length."""
    refused("panel_missing", lambda: offered(panel=()))
    offered(starts=NOW + NOTICE)
    refused("slot_too_near", lambda: offered(starts=NOW + NOTICE - timedelta(milliseconds=1)))
    refused("interview_in_the_past", lambda: offered(starts=NOW - timedelta(hours=1)))
    refused("interview_length_out_of_range", lambda: offered(minutes=0))


def test_a_panel_has_so_many_seats() -> None:
    """Nobody joins a full one."""
    slot = offered(*(f"i-{number}" for number in range(LARGEST_PANEL)))
    refused("slot_panel_full", lambda: slot.join(by=IVY))


def test_a_slot_is_booked_once_and_is_free_again_when_left() -> None:
    """Only who booked it leaves it, and a second leaving changes nothing."""
    slot = offered()
    slot.book_for("c1")
    refused("slot_taken", lambda: slot.book_for("c2"))
    refused("slot_booked", lambda: slot.join(by=EVE))
    refused("slot_booked", lambda: slot.withdraw(by=CORA))
    slot.leave("c2")
    assert slot.candidate == "c1"
    slot.leave("c1")
    slot.book_for("c2")
    slot.leave("c1")
    assert (slot.state, slot.candidate) == (SlotState.BOOKED, "c2")


def test_who_takes_an_offer_back() -> None:
    """A coordinator, or whoever offered it; once."""
    refused("slot_of_somebody_else", lambda: offered().withdraw(by=IVY))
    for slot, by in ((offered("ivy", by=IVY), IVY), (offered("ivy", by=IVY), CORA)):
        slot.withdraw(by=by)
        refused("slot_withdrawn", lambda slot=slot, by=by: slot.withdraw(by=by))  # type: ignore[misc]
        refused("slot_withdrawn", lambda slot=slot: slot.join(by=IAN))  # type: ignore[misc]
        refused("slot_taken", lambda slot=slot: slot.book_for("c1"))  # type: ignore[misc]


def test_a_candidate_books_their_interview() -> None:
    """A round begins at the slot's time with its panel, and the slot is named in it."""
    candidate = applied()
    book(candidate)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewScheduled)
    assert (event.round, event.starts, event.panel) == (1, THURSDAY, ("ivy", "ian"))
    assert (candidate.stage, candidate.interviews[0].slot) == (Stage.INTERVIEWING, "s1")


def test_booking_again_moves_the_interview_and_frees_the_time_before() -> None:
    """The same round at another time; the event names the slot that was left."""
    candidate = applied()
    book(candidate)
    book(candidate, slot="s2", starts=FRIDAY, panel=(IVY, EVE))
    event = candidate.raised[-1]
    assert isinstance(event, CandidateInterviewScheduled)
    assert (event.round, event.sequence, event.left_slot, event.panel) == (1, 1, "s1", ("ivy", "eve"))


def test_a_coordinator_who_moves_or_calls_off_frees_the_time() -> None:
    """What was booked is left with either."""
    moved, cancelled = applied(), applied()
    for candidate in (moved, cancelled):
        book(candidate)
    moved.move_interview(starts=FRIDAY, minutes=45, where=None, by=CORA, now=NOW)
    cancelled.cancel_interview(by=CORA, now=NOW)
    for candidate in (moved, cancelled):
        assert candidate.raised[-1].left_slot == "s1"  # type: ignore[attr-defined]
        assert candidate.interviews[0].slot is None


def test_a_candidate_books_and_moves_until_the_day_before() -> None:
    """A time too near is nobody's to book, and an interview too near is moved by the site alone."""
    near = NOW + NOTICE - timedelta(milliseconds=1)
    refused("slot_too_near", lambda: book(applied(), starts=near))
    candidate = applied()
    book(candidate)
    late = THURSDAY - NOTICE + timedelta(milliseconds=1)
    refused("interview_too_near", lambda: book(candidate, slot="s2", starts=FRIDAY, now=late))
    book(candidate, slot="s2", starts=FRIDAY, by=CORA, now=late)


def test_who_was_interviewed_does_not_book_another_by_themself() -> None:
    """After one that was held the site sets another; after one that was missed the person chooses again."""
    for candidate in (scored(), interviewing()):
        refused("interview_begun", lambda candidate=candidate: book(candidate))  # type: ignore[misc]
    missed = interviewing()
    missed.miss_interview(Absent.CANDIDATE, by=CORA, now=NOW)
    book(missed)
    assert missed.round == 2


def test_a_time_with_somebody_too_close_is_refused_in_one_sentence_for_all() -> None:
    """Whether an interviewer stepped back or is the candidate themself is not told."""
    stepped_back = interviewing()
    stepped_back.step_back(by=IAN, now=NOW)
    stepped_back.miss_interview(Absent.INTERVIEWER, by=CORA, now=NOW)
    one = refused("slot_not_for_candidate", lambda: book(stepped_back))
    other = refused("slot_not_for_candidate", lambda: book(applied(), panel=(IVY, ROBIN)))
    assert one.message == other.message


def test_a_candidate_asks_for_other_times() -> None:
    """The coordinators are told that, not what, and it is settled with the next booking."""
    candidate = applied()
    candidate.ask_for_times("Weekday evenings", by=ROBIN, now=NOW)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateTimesAsked)
    assert "evenings" not in event.model_dump_json()
    assert candidate.times_wish is not None
    book(candidate)
    assert candidate.times_wish is None
    refused("times_missing", lambda: candidate.ask_for_times(" ", by=ROBIN, now=NOW))


@pytest.mark.parametrize("act", ["book", "ask"])
def test_an_application_that_ended_has_no_interviews(act: str) -> None:
    """Neither booking nor asking after it was taken back."""
    candidate = applied()
    candidate.withdraw(by=ROBIN, reason=None, now=NOW, terms=None)
    if act == "book":
        refused("application_closed", lambda: book(candidate))
    else:
        refused("application_closed", lambda: candidate.ask_for_times("x", by=ROBIN, now=NOW))
