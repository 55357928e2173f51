"""Who may read what is written about a placement."""

import pytest

from shared.domain.errors import Forbidden
from shared.domain.people import Actor, Role
from tests.supervision.builders import (
    COORDINATOR,
    MENTOR,
    OTHER,
    SUPERVISOR,
    actor,
    after,
    give,
    supervised_placement,
    supervisor,
)

ASSIGNED = actor(SUPERVISOR, Role.SUPERVISOR)


@pytest.mark.parametrize(
    ("reader", "notes", "remarks", "scores"),
    [
        (ASSIGNED, True, True, True),
        (actor(SUPERVISOR, Role.SUPERVISOR, site="*"), True, True, True),
        (actor(SUPERVISOR), False, False, False),
        (actor(SUPERVISOR, Role.SUPERVISOR, site="hillside"), False, False, False),
        (actor(OTHER, Role.SUPERVISOR), False, False, False),
        (actor(MENTOR), False, True, True),
        (actor(COORDINATOR, Role.COORDINATOR), False, False, True),
        (actor(COORDINATOR, Role.COORDINATOR, site="hillside"), False, False, False),
        (actor("certifier-cleo", Role.CERTIFIER), False, False, False),
        (actor("auditor-ada", Role.AUDITOR), False, False, False),
    ],
)
def test_who_reads_what(reader: Actor, notes: bool, remarks: bool, scores: bool) -> None:
    """Notes are the supervisor's while they supervise at the site, remarks also the mentor's, and scores
    the coordinators' as well.
    """
    placement = supervised_placement()

    assert placement.notes_may_be_read_by(reader) is notes
    assert placement.remarks_may_be_read_by(reader) is remarks
    assert placement.scores_may_be_read_by(reader) is scores


def test_after_a_reassignment() -> None:
    """What was written is the new supervisor's to read, and no longer the former one's."""
    placement = supervised_placement()

    give(placement, supervisor(OTHER), at=after(days=1))

    assert not placement.notes_may_be_read_by(ASSIGNED)
    assert placement.notes_may_be_read_by(actor(OTHER, Role.SUPERVISOR))


@pytest.mark.parametrize(
    "who", [actor(SUPERVISOR), actor(SUPERVISOR, Role.SUPERVISOR, site="hillside")], ids=["none", "elsewhere"]
)
def test_assigned_without_the_role(who: Actor) -> None:
    """Who is assigned and no longer supervises at the site is told that this is what is missing."""
    with pytest.raises(Forbidden) as refused:
        supervised_placement().must_not_lack_the_role(who)

    assert refused.value.code == "supervisor_role_missing"


@pytest.mark.parametrize("who", [ASSIGNED, actor(MENTOR), actor(OTHER)])
def test_everybody_else_lacks_no_role_of_a_supervisor(who: Actor) -> None:
    """Whoever has the role, or is not assigned, is not told that it is missing."""
    supervised_placement().must_not_lack_the_role(who)
