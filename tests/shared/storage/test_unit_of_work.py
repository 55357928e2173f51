"""What saving promises, on a real MongoDB with both drivers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from shared.clock import utc_now
from shared.ids import new_id
from shared.progress import Progress
from shared.storage.errors import AlreadyThere, Overloaded, Refused, Stale, Unavailable
from shared.storage.mongo import Database, Driver, connect
from shared.storage.schema import Index, Migration, aggregates, migrate, missing
from shared.storage.unit_of_work import COMMITTER, IN_FLIGHT, Change, Committer, Write, running
from tests.support.proxied import before_mongo, by_way_of
from tests.support.running import until
from tests.support.stack import Stack

BOTH: list[Driver] = ["motor", "pymongo"]
THINGS = aggregates("things", Index(keys=(("code", 1),), unique=True))


@asynccontextmanager
async def fresh(stack: Stack, driver: Driver) -> AsyncIterator[Database]:
    async with connect(stack.mongo_url, f"storage-{new_id()}", driver=driver) as database:
        await migrate(database, (THINGS,), (), now=utc_now())
        try:
            yield database
        finally:
            await database.drop()


def thing(id: str, version: int = 1, code: str | None = None) -> dict[str, object]:
    return {"_id": id, "site": "leeds", "version": version, "code": code or id}


@pytest.mark.parametrize("driver", BOTH)
async def test_changes_that_wait_share_a_transaction(stack: Stack, driver: Driver) -> None:
    """Fifty changes at once are all saved, in far fewer transactions."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        changes = [Change(writes=(Write.insert("things", thing(f"t{n}")),)) for n in range(50)]
        await asyncio.gather(*(committer.commit(change) for change in changes))
        assert await database.count("things", {}) == 50
        assert committer.groups < 10


@pytest.mark.parametrize("driver", BOTH)
async def test_nobody_fails_because_of_a_neighbour(stack: Stack, driver: Driver) -> None:
    """In a group with a stale and a duplicate change, only those two fail, each by its own error."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        await committer.commit(Change(writes=(Write.insert("things", thing("old")),)))
        good = [Change(writes=(Write.insert("things", thing(f"t{n}")),)) for n in range(5)]
        stale = Change(writes=(Write.replace("things", thing("old", 9), expected=8),))
        taken = Change(writes=(Write.insert("things", thing("new", code="old")),))
        results = await asyncio.gather(
            *(committer.commit(change) for change in (*good, stale, taken)), return_exceptions=True
        )
        assert [type(result) for result in results] == [type(None)] * 5 + [Stale, AlreadyThere]
        assert await database.count("things", {}) == 6
        assert committer.groups > len(
            results
        )  # They did share a group, which failed, before they went singly.


@pytest.mark.parametrize("driver", BOTH)
async def test_a_change_is_saved_as_a_whole_or_not_at_all(stack: Stack, driver: Driver) -> None:
    """A guarded write that no longer matches takes the whole change with it."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        both = (Write.insert("things", thing("a")), Write.replace("things", thing("b", 2), expected=1))
        with pytest.raises(Stale):
            await committer.commit(Change(writes=both))
        assert await database.count("things", {}) == 0


@pytest.mark.parametrize("driver", BOTH)
async def test_a_guard_is_not_met_by_somebody_elses_match(stack: Stack, driver: Driver) -> None:
    """A stale replace beside an upsert that matches is still stale."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        first = Change(writes=(Write.insert("things", thing("a", 3)), Write.insert("things", thing("b"))))
        await committer.commit(first)
        mixed = (Write.put("things", thing("b", 2)), Write.replace("things", thing("a", 3), expected=2))
        with pytest.raises(Stale):
            await committer.commit(Change(writes=mixed))


@pytest.mark.parametrize("driver", BOTH)
async def test_of_many_who_read_the_same_version_one_saves(stack: Stack, driver: Driver) -> None:
    """Ten decisions on one version: one is saved, nine are told to decide again."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        await committer.commit(Change(writes=(Write.insert("things", thing("a")),)))
        tries = [Change(writes=(Write.replace("things", thing("a", 2), expected=1),)) for _ in range(10)]
        results = await asyncio.gather(*(committer.commit(one) for one in tries), return_exceptions=True)
        assert sum(result is None for result in results) == 1
        assert sum(isinstance(result, Stale) for result in results) == 9


@pytest.mark.parametrize("driver", BOTH)
async def test_changes_to_one_document_are_saved_in_order_while_groups_overlap(
    stack: Stack, driver: Driver
) -> None:
    """Each of thirty changes rests on the one before it, and others are saved beside them: all hold."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        await committer.commit(Change(writes=(Write.insert("things", thing("a")),)))
        chain = [Write.replace("things", thing("a", n + 1), expected=n) for n in range(1, 31)]
        others = [Write.insert("things", thing(f"t{n}")) for n in range(30)]
        changes = [Change(writes=(write,)) for pair in zip(chain, others, strict=True) for write in pair]
        await asyncio.gather(*(committer.commit(change) for change in changes))
        found = await database.find_one("things", {"_id": "a"})
        assert found is not None
        assert found["version"] == 31
        assert await database.count("things", {}) == 31


@pytest.mark.parametrize("driver", BOTH)
async def test_migrating_twice_changes_nothing_and_steps_run_once(stack: Stack, driver: Driver) -> None:
    """Declared collections appear, a numbered step runs once, and running again is harmless."""
    ran: list[int] = []

    async def step(_: Database) -> None:
        ran.append(1)

    async with fresh(stack, driver) as database:
        for _ in range(2):
            steps = (Migration(number=1, what="count", run=step),)
            await migrate(database, (THINGS,), steps, now=utc_now())
        assert ran == [1]
        newer = aggregates("things", *THINGS.indexes, Index(keys=(("site", 1),)))
        coming = Migration(number=2, what="later", run=step)
        lacking = await missing(database, (newer, aggregates("others")), (*steps, coming))
        assert lacking == ["others", "things.site_1", "migration 2"]


@pytest.mark.parametrize("driver", BOTH)
async def test_several_processes_may_migrate_at_once(stack: Stack, driver: Driver) -> None:
    """Whoever is second finds what it wanted to make, and goes on."""
    async with connect(stack.mongo_url, f"storage-{new_id()}", driver=driver) as database:
        try:
            several = [aggregates(f"things{number}") for number in range(4)]
            await asyncio.gather(*(migrate(database, several, (), now=utc_now()) for _ in range(4)))
            assert await missing(database, several, ()) == []
        finally:
            await database.drop()


@pytest.mark.parametrize("driver", BOTH)
async def test_documents_asked_for_at_once_are_found_in_one_round_trip(stack: Stack, driver: Driver) -> None:
    """Each asker gets their own copy of what they asked for, or nothing where there is nothing."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        ids = [f"t{number}" for number in range(20)]
        await committer.commit(Change(writes=tuple(Write.insert("things", thing(id)) for id in ids)))
        wanted = [*ids, "nobody", "t0"]
        found = await asyncio.gather(*(database.get("things", id) for id in wanted))
        assert [one and one["_id"] for one in found] == [*ids, None, "t0"]
        assert found[0] == found[-1]
        assert found[0] is not found[-1]


@pytest.mark.parametrize("driver", BOTH)
async def test_a_document_that_is_too_large_is_refused(stack: Stack, driver: Driver) -> None:
    """What MongoDB can't hold is refused for good, not tried again for ever."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        large = {**thing("large"), "text": "x" * (17 * 1024 * 1024)}
        with pytest.raises(Refused):
            await committer.commit(Change(writes=(Write.insert("things", large),)))
        beyond = {**thing("beyond"), "number": 1 << 70}
        with pytest.raises(Refused, match="encoded"):
            await committer.commit(Change(writes=(Write.insert("things", beyond),)))


@pytest.mark.parametrize("driver", BOTH)
async def test_a_document_of_the_wrong_shape_is_refused_by_the_database(stack: Stack, driver: Driver) -> None:
    """The validator holds even against our own code."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        with pytest.raises(Refused, match="121"):
            await committer.commit(Change(writes=(Write.insert("things", {"_id": "x", "version": 1}),)))


@pytest.mark.parametrize("driver", BOTH)
async def test_a_database_that_is_gone_is_said_to_be(stack: Stack, driver: Driver) -> None:
    """With nobody listening, the error says that trying again is safe."""
    url = "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=300&directConnection=true"
    async with connect(url, "gone", driver=driver, wait_ms=300) as database:
        with pytest.raises(Unavailable):
            await database.ping()


@pytest.mark.parametrize("driver", BOTH)
async def test_a_change_waits_a_moment_for_others_that_are_being_decided(
    stack: Stack, driver: Driver
) -> None:
    """Two decisions under way at the same time are saved together, though one is ready before the other."""
    async with (
        fresh(stack, driver) as database,
        running(Committer(database, gather_s=10.0)) as committer,
    ):
        ready = asyncio.Event()

        async def decide_slowly() -> None:
            with committer.coming():
                await ready.wait()
                for _ in range(10):  # In as many turns of the loop the quick one alone would be on its way.
                    await asyncio.sleep(0)
            await committer.commit(Change(writes=(Write.insert("things", thing("slow")),)))

        async def decide_quickly() -> None:
            ready.set()
            await committer.commit(Change(writes=(Write.insert("things", thing("quick")),)))

        await asyncio.gather(decide_slowly(), decide_quickly())
        assert committer.groups == 1


@pytest.mark.parametrize("driver", BOTH)
async def test_a_decision_that_takes_long_holds_up_nobody(stack: Stack, driver: Driver) -> None:
    """Who is ready is saved, however long others go on deciding."""
    async with fresh(stack, driver) as database, running(Committer(database)) as committer:
        with committer.coming():
            async with asyncio.timeout(10):
                await committer.commit(Change(writes=(Write.insert("things", thing("a")),)))
        assert await database.count("things", {}) == 1


@pytest.mark.parametrize("driver", BOTH)
async def test_who_may_not_wait_for_long_is_refused_for_certain_and_who_may_waits(
    stack: Stack, driver: Driver
) -> None:
    """While the database is silent: a change whose turn does not come is not saved, the others are afterwards."""
    async with fresh(stack, driver) as database, before_mongo(stack).running() as mongo:
        url = by_way_of(mongo.port, stack.mongo_url)
        async with connect(url, database.name, driver=driver) as slow, running(Committer(slow)) as committer:
            await committer.commit(inserting("warm"))
            mongo.cut()
            saving = [await begun(committer, f"begun-{number}") for number in range(IN_FLIGHT)]
            patient = asyncio.create_task(committer.commit(inserting("patient")))
            with pytest.raises(Overloaded):
                await committer.commit(inserting("third"), within_s=0.2)
            with pytest.raises(Overloaded, match="takes long"):
                await committer.commit(inserting("fourth"), within_s=0.2)
            await mongo.mend()
            await asyncio.gather(*saving, patient)
        names = [row["_id"] for row in await database.find("things", {}, sort=(("_id", 1),))]
        assert names == ["begun-0", "begun-1", "patient", "warm"]


def inserting(name: str) -> Change:
    return Change(writes=(Write.insert("things", thing(name)),))


async def begun(committer: Committer, name: str) -> asyncio.Task[None]:
    """A change in a group of its own, which is on its way."""
    groups = committer.groups
    saving = asyncio.create_task(committer.commit(inserting(name), within_s=60))

    async def on_its_way() -> bool:
        return committer.groups > groups

    await until(on_its_way)
    return saving


async def test_a_process_that_waits_for_a_silent_database_is_alive_and_says_so(stack: Stack) -> None:
    """It would not help to start it again."""
    progress = Progress()
    progress.expect(COMMITTER, within_s=30)
    async with fresh(stack, "motor") as database, before_mongo(stack).running() as mongo:
        url = by_way_of(mongo.port, stack.mongo_url)
        async with (
            connect(url, database.name) as slow,
            running(Committer(slow, progress=progress, beat_every_s=0.1)) as committer,
        ):
            await committer.commit(inserting("warm"))
            mongo.cut()
            first = asyncio.create_task(committer.commit(inserting("first")))
            await until(lambda: _says(progress))
            assert progress.stuck() == {}
            await mongo.mend()
            await first


async def _says(progress: Progress) -> bool:
    return progress.waiting() == {COMMITTER: "the database to save"}
