"""What the worker does when things are not as they should be, on real Kafka and MongoDB."""

import asyncio
import struct
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

from aiokafka import AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, RecordsToDelete
from aiokafka.record.util import calc_crc32c
from prometheus_client import REGISTRY
from pymongo import IndexModel

from shared.contracts.supervision import HoursReported, HoursReturned
from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from shared.messaging.pace import Pace
from shared.messaging.positions import POSITIONS, Positions
from shared.messaging.sender import partition_of
from shared.service import PLATFORM_COLLECTIONS, Service, parking_lot, working
from shared.storage.schema import aggregates
from shared.storage.unit_of_work import Change, Write
from tests.shared.messaging.test_reactions import entries, reported, tally
from tests.support.ledger_service import LEDGER, Tally
from tests.support.parked import OLGA, mended
from tests.support.running import Started, begin_at_the_end, started
from tests.support.stack import Stack

TOPIC = SUPERVISION.name


def living_in(partition: int, count: int) -> list[str]:
    """People whose events are on this partition of the topic."""
    found: list[str] = []
    while len(found) < count:
        person = new_id()
        if partition_of(person.encode(), SUPERVISION.partitions) == partition:
            found.append(person)
    return found


async def story(app: Started, people: Sequence[str], *, begin: int = 0, end: int) -> None:
    """Events e<begin> to e<end - 1> of everybody, in turn."""
    for number in range(begin, end):
        for person in people:
            await app.producer.send(
                **app.record(reported(person, f"e{number}"), subject=f"p-{person}", sequence=number + 1)
            )
    await app.producer.flush()


async def everything(app: Started, people: Sequence[str], count: int) -> None:
    """Wait until each has all entries, and see that they are in order and none twice."""

    async def all_there() -> bool:
        rows = await app.database.find("tallies", {"_id": {"$in": list(people)}})
        return sum(len(row["entries"]) for row in rows) >= count * len(people)

    await app.until(all_there, within_s=90)
    for person in people:
        assert await entries(app, person, count) == [f"e{number}" for number in range(count)]


async def _position(app: Started, partition: int) -> int:
    id = Positions(app.database, f"peerpath-{app.database.name}").id_of(TopicPartition(TOPIC, partition))
    row = await app.database.find_one(POSITIONS, {"_id": id})
    assert row is not None
    return int(row["next"])


async def _set_position(app: Started, partition: int, position: int) -> None:
    id = Positions(app.database, f"peerpath-{app.database.name}").id_of(TopicPartition(TOPIC, partition))
    await app.database.change_one(POSITIONS, {"_id": id}, {"$set": {"next": position}})


@asynccontextmanager
async def an_unreadable_record(stack: Stack, partition: int) -> AsyncIterator[int]:
    """Put a record on a partition that stops every client, and take it away afterwards; yields its offset."""
    offset = await _put_an_unreadable_record(stack, partition)
    try:
        yield offset
    finally:
        admin = AIOKafkaAdminClient(bootstrap_servers=stack.kafka_url)
        await admin.start()
        upto = RecordsToDelete(before_offset=offset + 1)
        await admin.delete_records({TopicPartition(TOPIC, partition): upto})
        await admin.close()


async def _put_an_unreadable_record(stack: Stack, partition: int) -> int:
    """A record whose header name is no UTF-8: aiokafka itself raises on it, before we see anything of it."""
    async with AIOKafkaProducer(bootstrap_servers=stack.kafka_url) as producer:
        batch = producer.create_batch()
        batch.append(key=b"bad", value=b"{}", timestamp=None, headers=[("badheader", b"x")])
        batch.close()
        whole = batch._build

        def spoilt() -> bytes:
            raw = bytearray(whole())
            at = bytes(raw).index(b"badheader")
            raw[at : at + 9] = b"\xff" * 9
            struct.pack_into(
                ">I", raw, 17, calc_crc32c(bytes(raw[21:]))
            )  # The checksum covers what follows it.
            return bytes(raw)

        batch._build = spoilt
        done = await producer.send_batch(batch, TOPIC, partition=partition)
        return int((await done).offset)


async def test_a_partition_that_cannot_be_read_costs_the_others_nothing(stack: Stack) -> None:
    """Bytes that no client can decode stop their own partition, visibly; everybody else's events take effect."""
    others = [person for partition in range(1, SUPERVISION.partitions) for person in living_in(partition, 3)]
    async with started(LEDGER, stack) as app, an_unreadable_record(stack, 0) as offset:
        await story(app, others, end=60)
        await everything(app, others, 60)

        async def said() -> bool:
            return f"{TOPIC}/0" in app.runtime.progress.waiting().get("reactions", "")

        await app.until(said)
        assert app.runtime.progress.stuck() == {}
        await _set_position(app, 0, offset + 1)  # What an operator does once they have looked at it.
        here = living_in(0, 2)
        await story(app, here, end=3)
        await everything(app, here, 3)


async def test_what_precedes_an_unreadable_record_takes_effect(stack: Stack) -> None:
    """The position comes to rest at the very record, so that an operator who moves it past loses nothing else."""
    here = living_in(0, 2)
    async with started(LEDGER, stack, work=False) as app:
        await begin_at_the_end(LEDGER, app.runtime)
        await story(app, here, end=5)
        async with an_unreadable_record(stack, 0) as offset, working(LEDGER, app.runtime):
            await everything(app, here, 5)

            async def at_rest() -> bool:
                return await _position(app, 0) == offset

            await app.until(at_rest)


async def test_stopping_in_the_middle_of_a_retry_parks_nothing(stack: Stack) -> None:
    """An event that meets a document in its way is tried for a while; a stop meanwhile is no verdict on it."""
    person = new_id()
    async with started(LEDGER, stack, work=False) as app:
        await begin_at_the_end(LEDGER, app.runtime)
        await app.database.create_indexes("tallies", [IndexModel("person", unique=True)])
        in_the_way = Tally(id=new_id(), site="leeds", person=person, version=1)
        await app.runtime.committer.commit(Change(writes=(Write.insert("tallies", in_the_way.document()),)))
        before = _retries("AlreadyThere")
        async with working(LEDGER, app.runtime):
            await app.publish(reported(person, "e0"), subject=f"p-{person}")

            async def tried() -> bool:
                return _retries("AlreadyThere") > before + 1

            await app.until(tried)
        assert await app.database.count("parked_events", {}) == 0


def _retries(why: str) -> float:
    labels = {"service": LEDGER.name, "why": why}
    return REGISTRY.get_sample_value("peerpath_batch_retries_total", labels) or 0.0


async def test_a_position_that_is_set_back_is_gone_on_from(stack: Stack) -> None:
    """A database restored under a running worker: what came after the backup is handled again, not jumped over."""
    (person,) = living_in(3, 1)
    async with started(LEDGER, stack) as app:
        await story(app, [person], end=1)
        await everything(app, [person], 1)
        before = await _position(app, 3) - 1
        await story(app, [person], begin=1, end=5)
        await everything(app, [person], 5)
        await _set_position(app, 3, before)
        await app.database.delete("tallies", {"_id": person})
        await app.database.delete("seen", {"_id": f"{HoursReported.facts.source}/p-{person}"})
        await story(app, [person], begin=5, end=6)
        await everything(app, [person], 6)


async def test_a_position_that_is_deleted_begins_again(stack: Stack) -> None:
    """Without a position a partition is read from its beginning, and what was seen before is not counted again."""
    (person,) = living_in(4, 1)
    async with started(LEDGER, stack) as app:
        await story(app, [person], end=3)
        await everything(app, [person], 3)
        await app.database.delete(POSITIONS, {"_id": {"$regex": f"{TOPIC}/4$"}})
        await story(app, [person], begin=3, end=5)
        await everything(app, [person], 5)


async def test_events_get_through_while_commands_change_the_same_records(stack: Stack) -> None:
    """However many commands win the race for one record, the events of the others are not held up for long."""
    people = [new_id() for _ in range(400)]
    async with started(LEDGER, stack) as app, app.client(new_id(), [("supervisor", "leeds")]) as client:
        opened = [client.post(f"/tallies/{person}") for person in people]
        await asyncio.gather(*opened)
        over = asyncio.Event()

        async def call(own: Sequence[str]) -> None:
            number = 0
            while not over.is_set():
                body = {"entry": "by-hand", "hours": 0.01}
                await client.post(f"/tallies/{own[number % len(own)]}/hours", json=body)
                number += 1

        callers = [asyncio.create_task(call(people[start::3])) for start in range(3)]
        try:
            await story(app, people, end=1)

            async def all_there() -> bool:
                rows = await app.database.find("tallies", {"_id": {"$in": people}})
                return all("e0" in row["entries"] for row in rows)

            await app.until(all_there, within_s=60)
        finally:
            over.set()
            await asyncio.gather(*callers)


async def test_many_poisoned_events_are_parked_and_the_rest_takes_effect(stack: Stack) -> None:
    """Every second person's event fails: each is parked by itself, everybody else's counts."""
    good, bad = [new_id() for _ in range(60)], [new_id() for _ in range(60)]
    async with started(LEDGER, stack) as app:
        for fine, poisoned in zip(good, bad, strict=True):
            await app.producer.send(**app.record(reported(fine, "e0"), subject=f"p-{fine}"))
            await app.producer.send(**app.record(reported(poisoned, "x", hours=13), subject=f"p-{poisoned}"))
        await app.producer.flush()
        await everything(app, good, 1)

        async def all_parked() -> bool:
            return await app.database.count("parked_keys", {"_id": {"$in": bad}}) == len(bad)

        await app.until(all_parked)
        assert await app.database.count("parked_events", {}) == len(bad)


async def test_an_event_that_can_only_not_be_saved_is_parked(stack: Stack) -> None:
    """A rule is content and the database is not: the event waits in the open, its neighbours go on."""
    strict = Service(
        name="supervision",
        reactions=LEDGER.reactions,
        collections=(aggregates("tallies", person="string", total=["int", "double"]), aggregates("names")),
    )
    async with started(strict, stack) as app:
        shape = {"$jsonSchema": {"properties": {"total": {"maximum": 2}}}}
        await app.database.command({"collMod": "tallies", "validator": shape})
        good, bad = new_id(), new_id()
        await app.publish(reported(bad, "e0", hours=3), subject=f"p-{bad}")
        await app.publish(reported(good, "e0"), subject=f"p-{good}")
        assert await entries(app, good, 1) == ["e0"]

        async def parked() -> Any:
            return await app.database.find_one("parked_events", {"key": bad})

        assert "Refused" in (await app.until(parked))["problem"]


async def test_a_stored_document_that_no_longer_fits_parks_its_own_event_only(stack: Stack) -> None:
    """One record that cannot be rebuilt is nobody else's trouble."""
    good, bad = new_id(), new_id()
    async with started(LEDGER, stack) as app:
        await app.publish(reported(bad, "e0"), subject=f"p-{bad}")
        await entries(app, bad, 1)
        await app.database.change_one("tallies", {"_id": bad}, {"$set": {"unheard_of": 1}})
        await app.publish(reported(bad, "e1"), subject=f"p-{bad}", sequence=2)
        await app.publish(reported(good, "e0"), subject=f"p-{good}")
        assert await entries(app, good, 1) == ["e0"]

        async def parked() -> Any:
            return await app.database.find_one("parked_events", {"key": bad})

        assert "ValidationError" in (await app.until(parked))["problem"]


async def test_a_worker_that_cannot_go_on_with_a_partition_still_stops(stack: Stack) -> None:
    """A position beyond the end of its topic is said, holds up nobody else, and is no reason not to stop."""
    (elsewhere,) = living_in(1, 1)
    async with started(LEDGER, stack) as app:
        await _set_position(app, 0, 10**9)
        (here,) = living_in(0, 1)
        await story(app, [here], end=1)

        async def said() -> bool:
            return "handled up to 1000000000" in app.runtime.progress.waiting().get("reactions", "")

        await app.until(said)
        await story(app, [elsewhere], end=1)
        await everything(app, [elsewhere], 1)
        stopping = asyncio.timeout(20)
        await stopping.__aenter__()
    await stopping.__aexit__(None, None, None)


async def test_positions_pass_records_without_effect(stack: Stack) -> None:
    """On a topic that has gone quiet the stored position comes to its end, whatever the last records were."""
    (person,) = living_in(2, 1)
    async with started(LEDGER, stack) as app:
        ignored = HoursReturned(
            site="leeds",
            person=person,
            placement=person,
            programme="core",
            entry="e0",
            bucket="direct_support",
            returned_by="sam",
        )
        sent = await app.producer.send_and_wait(**app.record(ignored, subject=f"p-{person}"))

        async def passed() -> bool:
            return bool(await _position(app, 2) == sent.offset + 1)

        await app.until(passed)


async def test_types_that_nobody_knows_make_no_metrics_of_their_own(stack: Stack) -> None:
    """What somebody writes into a header is counted, under one name."""
    key = new_id()
    async with started(LEDGER, stack) as app:
        for number in range(20):
            headers = app.record(reported(key, "x"), subject=key)["headers"]
            named = [
                (name, f"peerpath.invented.{number}.v1".encode() if name == "ce_type" else value)
                for name, value in headers
            ]
            await app.publish_raw(TOPIC, key=key.encode(), value=b"{}", headers=named)
        await app.publish(reported(key, "e0"), subject=f"p-{key}")
        await entries(app, key, 1)
        found = [
            sample.labels["type"]
            for metric in REGISTRY.collect()
            if metric.name == "peerpath_events_skipped"
            for sample in metric.samples
        ]
        assert not any("invented" in type for type in found)
        assert "-" in found


def test_the_platform_keeps_its_own_collections() -> None:
    """A service that is declared without them still has them."""
    names = {collection.name for collection in PLATFORM_COLLECTIONS}
    assert {"outbox", "positions", "seen", "parked_keys", "parked_events"} <= names


async def test_a_repetition_of_a_discarded_event_has_no_effect(stack: Stack) -> None:
    """Discarding is about the event, not about one delivery of it."""
    key = new_id()
    async with started(LEDGER, stack) as app:
        await app.publish(reported(key, "e0"), subject=f"p-{key}", sequence=1)
        for _ in range(2):
            event = reported(key, "poison", hours=13)
            await app.publish(event, subject=f"p-{key}", sequence=2, id=f"same-{key}")

        async def both() -> bool:
            return await app.database.count("parked_events", {"key": key}) == 2

        await app.until(both)
        lot = parking_lot(mended(), app.runtime)
        await lot.discard((await lot.parked.events(key))[0].event, by="olga", reason="wrong")
        assert (await lot.retry_key(key, OLGA, pace=Pace())).handled == 0
        assert await tally(app, key) is not None
        assert await entries(app, key, 1) == ["e0"]
