"""The loop for those who become known after the event: nobody is missed, nobody holds it up."""

from collections.abc import Sequence

from structlog.testing import capture_logs

from services.notifications.domain.message import Message
from services.notifications.domain.notice import Notice
from services.notifications.domain.recipient import SETTLING, Recipient
from services.notifications.domain.story import Story
from services.notifications.latecomers import Latecomers
from shared.domain.aggregate import Aggregate
from shared.ids import new_id
from tests.notifications.builders import applied, assigned, certified, recipient, told
from tests.notifications.running import Watch, notifications, save
from tests.support.running import Started
from tests.support.stack import Stack


def notices(*made: Sequence[Aggregate]) -> list[Notice]:
    return [item for some in made for item in some if isinstance(item, Notice)]


async def told_to(app: Started, person: str) -> list[str]:
    rows = await app.database.find(Message.collection, {"person": person})
    return sorted(row["template"] for row in rows)


async def settling(app: Started, kind: type[Aggregate], id: str) -> bool:
    row = await app.database.get(kind.collection, id)
    assert row is not None
    return row["settling_until"] is not None


async def test_nobody_is_missed_after_a_long_stop(stack: Stack) -> None:
    """Who became known before the worker stopped for an hour is still told when it is back, and then has settled."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, _):
        coordinator = recipient("coordinator-1", "coordinator")
        await save(app, [coordinator, *notices(told(applied()))])
        watch.forward(hours=1)
        await Latecomers(app.runtime).round()

        assert await told_to(app, coordinator.id) == ["application_to_look_at"]
        assert not await settling(app, Recipient, coordinator.id)


async def test_looking_goes_on_until_the_settling_time_is_over(stack: Stack) -> None:
    """A reaction that read its audience before somebody came may save its notice a little later."""
    watch = Watch()
    async with notifications(stack, work=False, watch=watch) as (app, _):
        coordinator = recipient("coordinator-1", "coordinator")
        await save(app, [coordinator])
        latecomers = Latecomers(app.runtime)
        await latecomers.round()
        assert await settling(app, Recipient, coordinator.id)

        await save(app, notices(told(applied())))
        watch.now += SETTLING
        await latecomers.round()
        assert await told_to(app, coordinator.id) == ["application_to_look_at"]


async def test_a_supervisor_is_told_of_their_own_site(stack: Stack) -> None:
    """A supervisor who becomes known late is told what happened at the site they supervise at, and no more."""
    async with notifications(stack, work=False) as (app, _):
        known = Story.told_of(None, assigned("supervisor-1"), at=app.runtime.clock(), now=app.runtime.clock())
        assert known is not None
        elsewhere = notices(told(certified(site="hillside")))
        await save(app, [known, *elsewhere])
        latecomers = Latecomers(app.runtime)
        await latecomers.round()
        assert await told_to(app, "supervisor-1") == []

        await save(app, notices(told(certified())))
        await latecomers.round()
        assert await told_to(app, "supervisor-1") == ["mentor_certified"]


async def test_one_that_can_t_be_read(stack: Stack) -> None:
    """Somebody whose record is broken is logged, and those after them are told all the same."""
    async with notifications(stack, work=False) as (app, _):
        broken, whole = recipient(f"a-{new_id()}", "coordinator"), recipient(f"b-{new_id()}", "coordinator")
        await save(app, [broken, whole, *notices(told(applied()))])
        await app.database.change_one(Recipient.collection, {"_id": broken.id}, {"$unset": {"email": ""}})
        with capture_logs() as logged:
            await Latecomers(app.runtime).round()

        assert await told_to(app, whole.id) == ["application_to_look_at"]
        assert [entry["what"] for entry in logged if entry["event"] == "latecomer_not_told"] == [broken.id]
