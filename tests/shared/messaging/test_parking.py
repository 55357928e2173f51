"""What an operator can do about parked events, on a real MongoDB; where a worker takes part, on real Kafka too."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import datetime

import pytest

from shared.contracts.people import PersonContact
from shared.contracts.supervision import HoursReported
from shared.ids import new_id
from shared.messaging.batch import Batch, Outcome
from shared.messaging.classes import MIGRATIONS
from shared.messaging.pace import Pace
from shared.messaging.queues import NotFirst, NotParked
from shared.messaging.records import Arrival
from shared.messaging.retried import Retried
from shared.messaging.retry import Retries
from shared.service import parking_lot
from shared.storage.errors import StorageError
from shared.storage.mongo import Driver
from tests.shared.messaging.test_reactions import BOTH, entries, reported, tally
from tests.support.ledger_service import LEDGER
from tests.support.parked import OLGA, Feed, mended
from tests.support.running import Started, started, until
from tests.support.stack import Stack

POISON = 13.0


async def poisoned(feed: Feed, *hours: float) -> str:
    """A person with so many hours in each event, parked from the first thirteen on."""
    key = new_id()
    records = [
        feed.record(reported(key, f"e{number}", each), subject=f"p-{key}", sequence=number)
        for number, each in enumerate(hours, 1)
    ]
    await feed.give(*records)
    return key


def of(app: Started) -> Feed:
    return Feed(app=app)


async def told(app: Started, key: str) -> list[str]:
    found = await tally(app, key)
    return list(found["entries"]) if found else []


async def test_a_mended_rule_and_a_retry_restore_what_would_have_been(stack: Stack) -> None:
    """After the fix, retrying a key handles its queue in order and frees it."""
    async with started(LEDGER, stack) as app:
        key = new_id()
        for sequence, (entry, hours) in enumerate((("a", 1.0), ("poison", POISON), ("c", 2.0)), 1):
            await app.publish(reported(key, entry, hours), subject=f"p-{key}", sequence=sequence)

        async def parked() -> bool:
            return await app.database.count("parked_events", {"key": key}) == 2

        await app.until(parked)
        lot = parking_lot(mended(), app.runtime)
        assert await lot.retry_key(key, OLGA, pace=Pace()) == Retried(keys=1, handled=2)
        assert await entries(app, key, 3) == ["a", "poison", "c"]
        assert await lot.parked.keys(limit=10) == []
        await app.publish(reported(key, "e"), subject=f"p-{key}", sequence=4)
        assert (await entries(app, key, 4))[-1] == "e"


@pytest.mark.parametrize("driver", BOTH)
async def test_what_is_parked_is_shown_from_the_class_of_error_down_to_the_event(
    stack: Stack, driver: Driver
) -> None:
    """Classes with counts, then keys with the time they were first seen and their followers, then decoded events."""
    async with started(LEDGER, stack, work=False, driver=driver) as app:
        feed = of(app)
        two, alone = await poisoned(feed, 1, POISON, 2), await poisoned(feed, POISON)
        await feed.give(feed.raw(HoursReported.facts.topic, b"odd", b"{}"))
        parked = feed.lot().parked
        assert [(one.error, one.keys) for one in await parked.errors()] == [
            ("ValueError", 2),
            ("not_a_cloudevent", 1),
        ]
        first, second = await parked.keys(error="ValueError", limit=10)
        assert {first.key, second.key} == {two, alone}
        key = await parked.key(two)
        assert (key.events, key.followers, key.errors) == (2, 1, ["ValueError"])
        assert key.problem == "ValueError: thirteen hours"
        failed, follower = await parked.events(two)
        assert (failed.why, failed.first, failed.parked) == ("failed", True, key.since)
        assert (follower.why, follower.first, follower.error) == ("follows", False, None)
        assert (failed.value["hours"], failed.headers["ce_siteid"]) == (POISON, "leeds")
        [odd] = await parked.events("odd")
        assert (odd.value, odd.error) == ("e30=", "not_a_cloudevent")


async def test_whatever_somebody_put_on_a_topic_can_be_shown(stack: Stack) -> None:
    """Headers without a value or in no encoding, a time beyond all times, a null: nothing hides from an operator."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        headers = [("empty", None), ("odd", b"\xff"), ("ce_specversion", b"1.0")]
        await feed.give(feed.raw(HoursReported.facts.topic, b"\xfe", b"\xff", headers, timestamp=2**62))
        parked = feed.lot().parked
        [key] = await parked.keys(limit=9)
        [shown] = await parked.events(key.key)
        assert (key.key, shown.recorded, shown.value) == ("\\xfe", None, "/w==")
        assert shown.headers == {"empty": "", "odd": "\\xff", "ce_specversion": "1.0"}


async def test_a_retry_before_the_fix_changes_nothing(stack: Stack) -> None:
    """A rule that still raises leaves the whole queue where it is, and says why."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, 1, POISON, 2)
        before = await app.database.find("parked_events", {})
        retried = await feed.lot().retry_key(key, OLGA, pace=Pace())
        assert (retried.handled, retried.failed, retried.left) == (0, 1, 2)
        assert retried.failures[0].problem == "ValueError: thirteen hours"
        assert await app.database.find("parked_events", {}) == before
        assert await told(app, key) == ["e1"]


async def test_a_failure_that_comes_to_light_later_is_noted(stack: Stack) -> None:
    """When the first is mended and a follower fails of something else, key and event say so from then on."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, 1)
        good = feed.record(reported(key, "x"), subject=f"p-{key}", sequence=3)
        await feed.give(feed.raw(good.topic, good.key or b"", b'{"hours": "many"}', good.headers))
        lot = feed.lot(mended())
        retried = await lot.retry_error("ValueError", OLGA, pace=Pace())
        assert (retried.handled, retried.failed, retried.left) == (2, 1, 0)
        now = await lot.parked.key(key)
        assert now.errors == ["schema"]
        assert "does not fit its schema" in now.problem
        assert [(one.error, one.why) for one in await lot.parked.events(key)] == [("schema", "failed")]


async def test_one_event_is_retried_alone_if_it_is_the_first(stack: Stack) -> None:
    """One that is not would take effect out of order: it is refused with the name of the one that goes first."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, 1, 2)
        lot = feed.lot(mended())
        first, second, _ = await lot.parked.events(key)
        with pytest.raises(NotFirst, match=first.event):
            await lot.retry_event(second.event, OLGA)
        assert await lot.retry_event(first.event, OLGA) == Retried(keys=1, handled=1, left=2)
        assert await told(app, key) == ["e1"]
        assert (await lot.parked.events(key))[0].event == second.event
        assert await lot.retry_key(key, OLGA, pace=Pace()) == Retried(keys=1, handled=2)
        assert await told(app, key) == ["e1", "e2", "e3"]


async def test_a_discarded_event_is_kept_with_its_reason(stack: Stack) -> None:
    """Discarding keeps who and why; the followers take effect on the next retry, and a repetition does not."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, 1, POISON, 2)
        lot = feed.lot()
        event = (await lot.parked.events(key))[0].event
        await lot.discard(event, by="olga", reason="a typing error at the site")
        assert (await lot.retry_key(key, OLGA, pace=Pace())).handled == 1
        await feed.give(feed.record(reported(key, "e2", POISON), subject=f"p-{key}", sequence=2))
        assert await told(app, key) == ["e1", "e3"]
        assert await lot.parked.keys(limit=1) == []
        kept = await app.database.find_one("discarded_events", {"_id": event})
        assert kept is not None
        assert (kept["discarded_by"], kept["reason"]) == ("olga", "a typing error at the site")
        with pytest.raises(NotParked, match="discarded by olga"):
            await lot.discard(event, by="otto", reason="again")


async def test_an_event_that_is_not_first_is_not_discarded(stack: Stack) -> None:
    """Noting it as done would hide the earlier one, and not noting it would let a repetition through."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, 1, POISON)
        lot = feed.lot()
        first, _, third = await lot.parked.events(key)
        with pytest.raises(NotFirst, match=first.event):
            await lot.discard(third.event, by="olga", reason="wrong")
        assert len(await lot.parked.events(key)) == 3
        assert await app.database.find("seen", {}) == []


async def test_people_who_retry_the_same_key_at_once_do_it_once(stack: Stack) -> None:
    """Each event takes effect once and in order, whoever of them handles it, and nobody is told of a failure."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, *range(1, 9))
        lot = feed.lot(mended())
        all = await asyncio.gather(*(lot.retry_key(key, OLGA, pace=Pace()) for _ in range(4)))
        assert (sum(one.handled for one in all), sum(one.failed for one in all)) == (9, 0)
        assert await told(app, key) == [f"e{number}" for number in range(1, 10)]
        assert await app.database.find("parked_keys", {}) == []
        with pytest.raises(NotParked, match="or no longer"):
            await lot.retry_key(key, OLGA, pace=Pace())


class Overtaken(Batch):
    """Decides, but only when somebody else has done something first."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def decide_parked(self, arrival: Arrival, *, now: datetime) -> Outcome:
        first, self.meanwhile = self.meanwhile, None
        if first:
            await first()
        return await super().decide_parked(arrival, now=now)


async def test_whoever_is_overtaken_is_not_told_to_discard(stack: Stack) -> None:
    """An event that looks repeated because somebody else has just handled it is done, not superseded."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, 1)
        lot = feed.lot(mended())
        [first, _] = await lot.parked.events(key)
        runtime = app.runtime
        batch = Overtaken(runtime.database, mended().reactions, new_id=runtime.new_id)
        batch.meanwhile = lambda: lot.retry_event(first.event, OLGA)
        retries = Retries(runtime.database, runtime.committer, batch, clock=runtime.clock)
        assert await retries.key(key, Pace()) == Retried(keys=1, handled=1)
        assert await told(app, key) == ["e1", "e2"]


async def test_followers_that_arrive_during_a_retry_keep_their_order(stack: Stack) -> None:
    """What the worker brings meanwhile either joins the queue or comes after it, never before."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, *range(1, 6))
        feed.service = mended()  # It is rolled out.

        async def more() -> None:
            for number in range(7, 13):
                record = feed.record(reported(key, f"e{number}"), subject=f"p-{key}", sequence=number)
                while True:
                    with suppress(StorageError):
                        await feed.give(record)
                        break

        await asyncio.gather(feed.lot().retry_key(key, OLGA, pace=Pace()), more())
        with suppress(NotParked):
            await feed.lot().retry_key(key, OLGA, pace=Pace())
        assert await told(app, key) == [f"e{number}" for number in range(1, 13)]


async def test_a_retry_that_is_interrupted_goes_on_where_it_was(stack: Stack) -> None:
    """Killed at any point it has handled whole events from the front; said again, it does the rest, once each."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, *range(1, 9))
        lot = feed.lot(mended())
        task = asyncio.create_task(lot.retry_key(key, OLGA, pace=Pace()))

        async def begun() -> bool:
            return bool(await told(app, key))

        await until(begun, every_s=0.001)
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task
        done, left = len(await told(app, key)), await app.database.count("parked_events", {})
        assert done + left == 9
        if left:
            assert (await lot.retry_key(key, OLGA, pace=Pace())).handled == left
        assert await told(app, key) == [f"e{number}" for number in range(1, 10)]


async def test_the_first_of_one_topic_does_not_wait_for_another_topic(stack: Stack) -> None:
    """Order holds per topic: hours that still fail do not hold up the same person's contact."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON)
        contact = PersonContact(person=key, site="leeds", name="Ana", email="ana@example.org")
        await feed.give(feed.record(contact, subject=key))
        retried = await feed.lot().retry_key(key, OLGA, pace=Pace())
        assert (retried.handled, retried.failed, retried.left) == (1, 1, 1)
        assert await app.database.count("names", {"_id": key}) == 1


async def test_a_class_of_error_is_retried_key_by_key_up_to_a_limit(stack: Stack) -> None:
    """One key first tries whether it is mended; one that fails again does not hold up the next."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        keys = [await poisoned(feed, POISON, 1) for _ in range(3)]
        lot = feed.lot(mended())
        assert await lot.retry_error("ValueError", OLGA, pace=Pace(), limit=1) == Retried(
            keys=1, handled=2, left=2
        )
        assert [await told(app, key) for key in keys] == [["e1", "e2"], [], []]
        again = await feed.lot().retry_error("ValueError", OLGA, pace=Pace())
        assert (again.keys, again.failed, again.left) == (2, 2, 2)
        assert await lot.retry_error("Nothing", OLGA, pace=Pace()) == Retried()
        acts = await lot.parked.acts(limit=10)
        assert [(act.by, act.what, act.target) for act in acts[1:]] == [
            ("olga", "retry_error", "ValueError"),
            ("olga", "retry_error", "ValueError"),
        ]
        assert acts[1].outcome == again
        assert acts[1].reason == "mended in 1.4.2"


async def test_what_was_parked_before_there_were_classes_gets_one(stack: Stack) -> None:
    """After the migration it is listed, shown and retried like what is parked today."""
    async with started(LEDGER, stack, work=False) as app:
        feed = of(app)
        key = await poisoned(feed, POISON, 1)
        await feed.give(feed.raw(HoursReported.facts.topic, b"odd", b"{}"))
        before = [await app.database.find(name, {}) for name in ("parked_keys", "parked_events")]
        for name, field in (("parked_keys", "errors"), ("parked_events", "error")):
            for row in await app.database.find(name, {}):
                await app.database.change_one(name, {"_id": row["_id"]}, {"$unset": {field: ""}})
        for _ in range(2):
            await MIGRATIONS[0].run(app.database)
        assert [await app.database.find(name, {}) for name in ("parked_keys", "parked_events")] == before
        assert (await feed.lot(mended()).retry_error("ValueError", OLGA, pace=Pace())).handled == 2
        assert await told(app, key) == ["e1", "e2"]


async def test_what_is_not_parked_is_said(stack: Stack) -> None:
    """Asking for a key or event that is not parked names the remedy."""
    async with started(LEDGER, stack, work=False) as app:
        lot = parking_lot(LEDGER, app.runtime)
        with pytest.raises(NotParked, match="park list"):
            await lot.retry_key("nobody", OLGA, pace=Pace())
        with pytest.raises(NotParked, match="park show"):
            await lot.discard("a/0/1", by="olga", reason="x")
        assert await lot.parked.acts(limit=1) == []
        assert await tally(app, "nobody") is None
