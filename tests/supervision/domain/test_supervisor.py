"""Who may take on whom, and how many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.supervision.domain.assignment import supervises_here
from services.supervision.domain.supervisor import Supervisor, supervisor_id
from shared.domain.errors import Conflict, Invalid, NotFound, Refusal
from tests.supervision.builders import (
    COORDINATOR,
    MENTOR,
    OTHER,
    SITE,
    SUPERVISOR,
    actor,
    after,
    give,
    supervisor,
    waiting_placement,
)


def change(
    found: Supervisor, *, limit: int = 5, conflicts: tuple[str, ...] = (), active: bool = True
) -> None:
    found.change_terms(
        caseload_limit=limit, conflicts=conflicts, active=active, by="coordinator-bo", now=after(days=9)
    )


@pytest.mark.parametrize(
    ("who", "code", "remedy"),
    [
        (supervisor(site="hillside"), "supervisor_other_site", "Choose a supervisor of riverside"),
        (supervisor(MENTOR), "supervisor_is_the_mentor", "Choose another supervisor"),
        (supervisor(conflicts=(MENTOR,)), "supervisor_conflict", "Choose another supervisor"),
        (supervisor(active=False), "supervisor_inactive", "active again"),
    ],
    ids=lambda value: value if isinstance(value, str) and "_" in value else "",
)
def test_who_may_not_be_assigned(who: Supervisor, code: str, remedy: str) -> None:
    """One of another site, the mentor themself, one in conflict or inactive is refused with a remedy."""
    placement = waiting_placement()

    with pytest.raises(Conflict) as refused:
        give(placement, who)

    assert refused.value.code == code
    assert remedy in refused.value.message
    assert placement.supervisor is None
    assert who.caseload == ()


def test_full_caseload() -> None:
    """A supervisor at the limit takes nobody else, and the refusal says how many there are."""
    full = supervisor(limit=1)
    give(waiting_placement(), full)

    with pytest.raises(Conflict) as refused:
        full.take_on("placement-2", person="mentor-bo", site=SITE)

    assert refused.value.code == "supervisor_caseload_full"
    assert "already supervises 1 of at most 1" in refused.value.message


def test_a_place_becomes_free() -> None:
    """Who hands a placement over can take on another."""
    full = supervisor(limit=1)
    full.take_on("placement-1", person="mentor-bo", site=SITE)

    full.hand_over("placement-1")
    full.take_on("placement-2", person="mentor-kim", site=SITE)

    assert [charge.person for charge in full.caseload] == ["mentor-kim"]


def test_handing_over_what_is_not_there() -> None:
    """Handing over a placement that is not in the caseload changes nothing."""
    busy = supervisor()
    busy.take_on("placement-1", person="mentor-bo", site=SITE)

    busy.hand_over("placement-2")

    assert len(busy.caseload) == 1


@pytest.mark.parametrize("limit", [0, -1, 101])
def test_limit_out_of_range(limit: int) -> None:
    """A limit nobody can mean is refused."""
    with pytest.raises(Invalid) as refused:
        supervisor(limit=limit)

    assert refused.value.code == "supervisor_limit_out_of_range"


@pytest.mark.parametrize("limit", [1, 100])
def test_smallest_and_largest_limit(limit: int) -> None:
    """From one mentor to a hundred, any limit can be set."""
    assert supervisor(limit=limit).places_left == limit


def test_limit_equal_to_the_caseload() -> None:
    """The limit can go down to those who are supervised at present; then no place is left."""
    busy = supervisor()
    for number in range(3):
        busy.take_on(f"placement-{number}", person=f"mentor-{number}", site=SITE)

    change(busy, limit=3)

    assert (busy.caseload_limit, busy.places_left) == (3, 0)


def test_terms_are_somebodys_decision() -> None:
    """Who set the present terms, and when, is kept with them."""
    found = supervisor()
    assert (found.decided_by, found.decided) == (COORDINATOR, after())

    change(found, limit=7)

    assert (found.decided_by, found.decided) == ("coordinator-bo", after(days=9))


def test_places_left_while_inactive() -> None:
    """Somebody inactive has no place left, whatever the limit."""
    assert supervisor(active=False).places_left == 0


def test_conflicts_are_not_for_the_supervisor() -> None:
    """With whom there is a conflict is read by others, not by the supervisor themself."""
    found = supervisor(conflicts=(MENTOR,))

    assert found.conflicts_may_be_read_by(actor(COORDINATOR))
    assert not found.conflicts_may_be_read_by(actor(SUPERVISOR))


def test_somebody_who_does_not_supervise_here() -> None:
    """Who is no supervisor of the site can't be assigned, and the refusal says what to do."""
    with pytest.raises(NotFound) as refused:
        supervises_here(None, person=SUPERVISOR, site=SITE)

    assert refused.value.code == "supervisor_unknown"
    assert "make supervisor-sam one first" in refused.value.message


def test_mutual_supervision() -> None:
    """Two people never supervise each other; whom else they supervise is no matter."""
    mentor = supervisor(MENTOR)
    mentor.take_on("placement-of-sam", person=SUPERVISOR, site=SITE)
    placement, sam = waiting_placement(), supervisor()

    with pytest.raises(Conflict) as refused:
        give(placement, sam, mentor=mentor)

    assert refused.value.code == "supervisor_mutual"
    assert (placement.supervisor, sam.caseload) == (None, ())
    give(placement, supervisor(OTHER), mentor=mentor)
    assert placement.supervisor == OTHER


def test_limit_below_the_caseload() -> None:
    """The limit can't go below those who are supervised at present."""
    busy = supervisor()
    for number in range(3):
        busy.take_on(f"placement-{number}", person=f"mentor-{number}", site=SITE)

    with pytest.raises(Conflict) as refused:
        change(busy, limit=2)

    assert refused.value.code == "supervisor_limit_below_caseload"
    assert busy.caseload_limit == 5


def test_conflict_with_somebody_in_the_caseload() -> None:
    """A conflict with somebody who is supervised at present asks for a reassignment first."""
    busy = supervisor()
    busy.take_on("placement-1", person=MENTOR, site=SITE)

    with pytest.raises(Conflict) as refused:
        change(busy, conflicts=(MENTOR,))

    assert refused.value.code == "supervisor_conflict_in_caseload"
    assert MENTOR in refused.value.message


def test_inactive_keeps_the_caseload() -> None:
    """Somebody made inactive keeps those they supervise until they are reassigned."""
    busy = supervisor()
    busy.take_on("placement-1", person=MENTOR, site=SITE)

    change(busy, active=False)

    assert len(busy.caseload) == 1


def test_identity() -> None:
    """The same person at two sites is two supervisors, each with their own caseload."""
    assert supervisor_id(SUPERVISOR, "riverside") != supervisor_id(SUPERVISOR, "hillside")
    assert supervisor().id == supervisor_id(SUPERVISOR, SITE)


_steps = st.one_of(
    st.tuples(st.just("assign"), st.integers(0, 5), st.integers(0, 2)),
    st.tuples(st.just("limit"), st.integers(0, 2), st.integers(0, 4)),
)


@given(limits=st.tuples(*[st.integers(1, 3)] * 3), steps=st.lists(_steps, max_size=30))
def test_caseload_never_exceeds_the_limit(
    limits: tuple[int, int, int], steps: list[tuple[str, int, int]]
) -> None:
    """Whatever is assigned or limited, no caseload is above its limit or differs from the placements."""
    supervisors = [supervisor(f"supervisor-{n}", limit=limit) for n, limit in enumerate(limits)]
    by_person = {found.person: found for found in supervisors}
    placements = [waiting_placement(enrolment=f"e-{n}", person=f"mentor-{n}") for n in range(6)]

    for what, first, second in steps:
        try:
            if what == "assign":
                placement = placements[first]
                give(placement, supervisors[second], previous=by_person.get(placement.supervisor or ""))
            else:
                change(supervisors[first], limit=second)
        except Refusal:
            pass

        for found in supervisors:
            assert len(found.caseload) <= found.caseload_limit
            theirs = {placement.id for placement in placements if placement.supervisor == found.person}
            assert {charge.placement for charge in found.caseload} == theirs
