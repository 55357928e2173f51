"""Who may, by role, by site, by name."""

import pytest

from shared.domain.errors import Forbidden, NotFound, Refusal
from shared.domain.people import Actor, Grant, Role
from shared.web.policy import permit
from shared.web.queries import one
from tests.support.ledger_service import LEDGER, Tally
from tests.support.running import started
from tests.support.stack import Stack


def actor(*grants: tuple[Role, str], person: str = "sam") -> Actor:
    return Actor(person=person, grants=frozenset(Grant(role=role, site=site) for role, site in grants))


@pytest.mark.parametrize(
    "named",
    [actor((Role.SUPERVISOR, "leeds")), actor((Role.TRAINER, "leeds")), actor((Role.SUPERVISOR, "*"))],
)
def test_whoever_a_record_names_may_while_they_work_for_its_site(named: Actor) -> None:
    """A duty given by name lets in whoever holds a role of staff at the site, whichever it is."""
    permit(named, "leeds", Role.COORDINATOR, named=True)


@pytest.mark.parametrize(
    "former",
    [
        actor(),
        actor((Role.SUPERVISOR, "york")),
        actor((Role.MENTOR, "leeds")),
        actor((Role.SUBSCRIBER, "leeds")),
    ],
)
def test_a_name_alone_lets_nobody_in(former: Actor) -> None:
    """Whoever lost their last role at the site, or moved to another, is told of nothing there."""
    with pytest.raises(NotFound):
        permit(former, "leeds", Role.COORDINATOR, named=True)


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        (actor((Role.TRAINER, "leeds")), Forbidden),
        (actor((Role.TRAINER, "york")), NotFound),
        (actor(), NotFound),
    ],
)
def test_who_works_elsewhere_learns_nothing(who: Actor, refusal: type[Refusal]) -> None:
    """Another role at the site is named in the refusal; another site's people don't learn that the record exists."""
    with pytest.raises(refusal):
        permit(who, "leeds", Role.COORDINATOR)


async def test_reading_ends_with_the_grant(stack: Stack) -> None:
    """A supervisor whom the record names reads it, and no longer once their grant at the site is taken away."""
    async with started(LEDGER, stack, work=False) as app:
        async with app.client("mentor-1") as mentor:
            await mentor.post("/tallies/t1")
        grants = [(Role.SUPERVISOR, "leeds")]

        async def read() -> Tally:
            reader = actor(*grants)
            return await one(app.database, Tally, "t1", reader, allow=(), also=lambda _: True)

        assert (await read()).id == "t1"
        grants.clear()
        with pytest.raises(NotFound):
            await read()
