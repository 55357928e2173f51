"""Places in a programme and the line for one: nobody is accepted by software."""

from datetime import timedelta

import pytest

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.intake import LONGEST_WAITING_LIST, Intake, Place
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.terms import Terms
from shared.contracts.recruitment import CandidateNextInLine, CandidateScreened, PlaceFreed, ScreeningOutcome
from tests.recruitment.builders import (
    CORA,
    NOW,
    applied,
    decide,
    known,
    ready,
    refused,
    said,
    schedule,
    terms,
    withdraw,
)

ACCEPTED, WAITING, DECLINED = ScreeningOutcome.ACCEPTED, ScreeningOutcome.WAITING, ScreeningOutcome.DECLINED
ONE = ProgrammeOffer(capacity=1)


def leeds(*holders: str, waiting: tuple[str, ...] = ()) -> Intake:
    """The intake of Leeds with these people accepted and these candidates waiting."""
    intake = Intake.begin("leeds", "core")
    intake.places = tuple(Place(candidate=f"of-{person}", person=person) for person in holders)
    intake.waiting = waiting
    return intake


def test_the_last_place_is_given_once() -> None:
    """Beyond it an acceptance is refused, with the waiting list as remedy; the intake stays as it was."""
    intake = leeds()
    decide(ready(), ACCEPTED, terms=terms(intake=intake, capacity=1))
    refusal = refused("site_full", lambda: decide(ready(), ACCEPTED, terms=terms(intake=intake, capacity=1)))
    assert "waiting list" in refusal.message
    assert [place.person for place in intake.places] == ["robin"]


def test_a_coordinator_accepts_beyond_the_places_on_purpose() -> None:
    """It is recorded where it was so, and not where there was room; it goes with an acceptance alone."""
    full, roomy = ready(), ready()
    intake = leeds("ana")
    decide(full, ACCEPTED, terms=terms(intake=intake, capacity=1), beyond_capacity=True)
    decide(roomy, ACCEPTED, terms=terms(capacity=1), beyond_capacity=True)
    assert [one.decisions[-1].beyond_capacity for one in (full, roomy)] == [True, False]
    assert len(intake.places) == 2
    refused("no_acceptance", lambda: decide(ready(), WAITING, beyond_capacity=True))


def test_people_wait_in_the_order_of_the_decisions() -> None:
    """A further decision to wait keeps the position; any other, and a withdrawal, leaves the line."""
    intake = leeds(waiting=("a", "b"))
    candidate = ready()
    decide(candidate, WAITING, terms=terms(intake=intake))
    decide(candidate, WAITING, terms=terms(intake=intake))
    assert (intake.waiting, intake.position("c1"), intake.position("z")) == (("a", "b", "c1"), 3, None)
    decide(candidate, DECLINED, terms=terms(intake=intake))
    assert intake.waiting == ("a", "b")
    other = ready()
    decide(other, WAITING, terms=terms(intake=intake))
    withdraw(other, terms=terms(intake=intake))
    assert intake.waiting == ("a", "b")


def test_who_is_accepted_from_the_line_leaves_it() -> None:
    """With the acceptance comes the place, and the line moves up."""
    intake, candidate = leeds(waiting=("a",)), ready()
    decide(candidate, WAITING, terms=terms(intake=intake))
    decide(candidate, ACCEPTED, terms=terms(intake=intake, capacity=1))
    assert (intake.waiting, intake.free(ONE)) == (("a",), 0)


@pytest.mark.parametrize("capacity", [0, 1, 2])
def test_when_the_first_leaves_the_next_is_announced_where_there_is_room(capacity: int) -> None:
    """By an acceptance, another decision or a withdrawal; without room, or from further behind, nothing is said."""
    for leaves in (_accept, _decline, _withdraw):
        for line, first in ((("c1", "a"), True), (("a", "c1"), False)):
            candidate, intake = ready(), leeds(waiting=line)
            leaves(candidate, terms(intake=intake, capacity=capacity))
            room = capacity > len(intake.places)
            freed = [event.first for event in intake.raised if isinstance(event, PlaceFreed)]
            assert freed == (["a"] if first and room else [])


def test_a_coordinator_changes_the_order_with_a_reason() -> None:
    """Who, when, where to and why is kept; nobody moves themself, or to where no one is."""
    candidate, intake = ready(), leeds(waiting=("a", "b"))
    decide(candidate, WAITING, terms=terms(intake=intake))

    def put(position: int = 1, **changes: object) -> None:
        values = {"by": CORA, "reason": "was first on paper", "intake": intake, "now": NOW, **changes}
        candidate.put_in_line(position, **values)  # type: ignore[arg-type]

    put()
    assert intake.waiting == ("c1", "a", "b")
    (change,) = candidate.line_changes
    assert (change.by, change.position, said(change.text).reason) == ("cora", 1, "was first on paper")
    for position in (0, 4):
        refused("position_out_of_range", lambda position=position: put(position))  # type: ignore[misc]
    refused("reason_missing", lambda: put(reason=" "))
    refused("own_application", lambda: put(by=known("cora", email_key="robin@example.org")))
    refused("not_waiting", lambda: put(intake=leeds()))
    assert (intake.waiting, len(candidate.line_changes)) == (("c1", "a", "b"), 1)


def test_a_line_has_an_end() -> None:
    """It is one record, so it is not endless; who waits already may be told so again."""
    intake = leeds(waiting=tuple(f"c-{number}" for number in range(LONGEST_WAITING_LIST)))
    refused("waiting_list_full", lambda: decide(ready(), WAITING, terms=terms(intake=intake)))
    intake.must_take_one_more("c-7")


@pytest.mark.parametrize(
    ("holders", "waiting", "capacity", "free"),
    [
        (("robin",), ("a",), 1, 1),
        (("robin", "ana"), ("a",), 1, None),
        (("robin",), (), 1, None),
    ],
)
def test_a_place_that_is_free_is_announced_where_somebody_waits(
    holders: tuple[str, ...], waiting: tuple[str, ...], capacity: int, free: int | None
) -> None:
    """Who is first is named, and stays where they are; where nobody waits or it was one too many, nothing is."""
    intake = leeds(*holders, waiting=waiting)
    assert intake.give_back("robin", ProgrammeOffer(capacity=capacity))
    freed = [event for event in intake.raised if isinstance(event, PlaceFreed)]
    assert [(one.first, one.free) for one in freed] == ([("a", free)] if free else [])
    assert intake.waiting == waiting
    assert not intake.give_back("robin", ONE)


def test_who_is_first_hears_nothing_and_coordinators_are_told() -> None:
    """Somebody who waits at that site is announced as next; whoever is decided about by now is not."""
    freed = PlaceFreed(site="leeds", programme="core", first="c1", free=1)
    waits, gone, moved = ready(), ready(), ready()
    for candidate in (waits, gone, moved):
        decide(candidate, WAITING)
        candidate.take_raised()
    decide(gone, DECLINED)
    moved.site = "york"
    for candidate in (waits, gone, moved):
        candidate.may_have_place(freed)
    assert [type(event) for event in waits.raised] == [CandidateNextInLine]
    assert [type(event) for event in gone.raised] == [CandidateScreened]
    assert (moved.raised, waits.stage, len(waits.decisions)) == ((), Stage.WAITING, 1)


def test_a_place_is_given_up_with_a_reason() -> None:
    """The acceptance stays, the place is free; nobody else has one to give up."""
    candidate, intake = ready(), leeds()
    at = terms(intake=intake, capacity=1)
    decide(candidate, ACCEPTED, terms=at)
    refused("reason_missing", lambda: _release(candidate, intake, reason=" "))
    _release(candidate, intake)
    assert (intake.places, candidate.stage) == ((), Stage.ACCEPTED)
    assert candidate.released is not None
    assert candidate.released.by == "cora"
    refused("no_place", lambda: _release(candidate, intake))
    refused("no_place", lambda: _release(applied(), intake))


def test_more_places_are_found_by_comparing_offers() -> None:
    """A higher or no limit is more; what had no limit can't have more."""
    sizes = [ProgrammeOffer(capacity=capacity) for capacity in (1, 2, None)]
    found = [[after.is_roomier(before) for before in sizes] for after in sizes]
    assert found == [[False, False, False], [True, False, False], [True, True, False]]


def test_the_stage_after_a_decision_follows_how_far_it_came() -> None:
    """Progress is what checks and cards say, whatever was decided."""
    candidate = applied()
    found = [candidate.progress]
    schedule(candidate, starts=NOW + timedelta(days=1))
    found += [candidate.progress, ready().progress]
    assert found == [Stage.APPLIED, Stage.INTERVIEWING, Stage.SCORED]


def _release(candidate: Candidate, intake: Intake, reason: str = "took up a job") -> None:
    candidate.give_up_place(by=CORA, reason=reason, terms=terms(intake=intake, capacity=1), now=NOW)


def _accept(candidate: Candidate, at: Terms) -> None:
    decide(candidate, ACCEPTED, terms=at, beyond_capacity=True)


def _decline(candidate: Candidate, at: Terms) -> None:
    decide(candidate, DECLINED, terms=at)


def _withdraw(candidate: Candidate, at: Terms) -> None:
    withdraw(candidate, terms=at)
