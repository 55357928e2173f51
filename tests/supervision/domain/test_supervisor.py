"""Who may take on whom, and how many."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.supervision.domain.assignment import assign
from services.supervision.domain.supervisor import Supervisor, supervisor_id
from shared.domain.errors import Conflict, Invalid, Refusal
from tests.supervision.builders import (
    COORDINATOR,
    MENTOR,
    SITE,
    SUPERVISOR,
    after,
    supervisor,
    waiting_placement,
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
        assign(placement, to=who, previous=None, by=COORDINATOR, now=after(hours=1))

    assert refused.value.code == code
    assert remedy in refused.value.message
    assert placement.supervisor is None
    assert who.caseload == ()


def test_full_caseload() -> None:
    """A supervisor at the limit takes nobody else, and the refusal says how many there are."""
    full = supervisor(limit=1)
    assign(waiting_placement(), to=full, previous=None, by=COORDINATOR, now=after(hours=1))

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


def test_limit_below_the_caseload() -> None:
    """The limit can't go below those who are supervised at present."""
    busy = supervisor()
    for number in range(3):
        busy.take_on(f"placement-{number}", person=f"mentor-{number}", site=SITE)

    with pytest.raises(Conflict) as refused:
        busy.change_terms(caseload_limit=2, conflicts=(), active=True)

    assert refused.value.code == "supervisor_limit_below_caseload"
    assert busy.caseload_limit == 5


def test_conflict_with_somebody_in_the_caseload() -> None:
    """A conflict with somebody who is supervised at present asks for a reassignment first."""
    busy = supervisor()
    busy.take_on("placement-1", person=MENTOR, site=SITE)

    with pytest.raises(Conflict) as refused:
        busy.change_terms(caseload_limit=5, conflicts=(MENTOR,), active=True)

    assert refused.value.code == "supervisor_conflict_in_caseload"
    assert MENTOR in refused.value.message


def test_inactive_keeps_the_caseload() -> None:
    """Somebody made inactive keeps those they supervise until they are reassigned."""
    busy = supervisor()
    busy.take_on("placement-1", person=MENTOR, site=SITE)

    busy.change_terms(caseload_limit=5, conflicts=(), active=False)

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
                assign(
                    placement,
                    to=supervisors[second],
                    previous=by_person.get(placement.supervisor or ""),
                    by=COORDINATOR,
                    now=after(hours=1),
                )
            else:
                supervisors[first].change_terms(caseload_limit=second, conflicts=(), active=True)
        except Refusal:
            pass

        for found in supervisors:
            assert len(found.caseload) <= found.caseload_limit
            theirs = {placement.id for placement in placements if placement.supervisor == found.person}
            assert {charge.placement for charge in found.caseload} == theirs
