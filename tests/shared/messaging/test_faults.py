"""What holds when processes and servers die: real ones, ended by real signals."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

import httpx
import pytest
from aiokafka import AIOKafkaProducer
from pymongo import InsertOne

from deploy.local.stack import EmbeddedStack
from shared.clock import utc_now
from shared.contracts.envelope import EventData
from shared.contracts.supervision import HoursApproved, HoursReported
from shared.contracts.topics import CONTACTS, SUPERVISION
from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.messaging.outbox import OUTBOX, event_row, kafka_headers
from shared.messaging.records import read
from shared.progress import Progress
from shared.storage.mongo import Database, Document, connect
from shared.web.local_issuer import LocalIssuer
from tests.shared.messaging.test_relay import commit, contact_row, relay_of, running
from tests.shared.messaging.test_relay import row as outbox_row
from tests.support.holding import held
from tests.support.ledger_process import ServiceProcess, issuer_served, service_process
from tests.support.ledger_service import LEDGER
from tests.support.running import records_of, started, until
from tests.support.stack import Stack

EVENTS = 2_000
PEOPLE = 40
PATIENCE_S = 100.0
FINAL = 300
"""An answer below this settles a command; a server that is away is asked again."""


def quiet(_line: str) -> None:
    """Progress is for people."""


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """A stack of this file's own, because its servers are stopped and killed."""
    async with EmbeddedStack(data=tmp_path_factory.mktemp("stack"), say=quiet, mail=False) as running:
        yield running


@pytest.fixture(scope="module")
async def issuer() -> AsyncIterator[LocalIssuer]:
    async with issuer_served() as running:
        yield running


@asynccontextmanager
async def ledger(
    stack: EmbeddedStack, issuer: LocalIssuer, logs: Path
) -> AsyncIterator[tuple[ServiceProcess, Database]]:
    """The ledger service as a process, and a look into its database."""
    process = ServiceProcess(
        module="tests.support.ledger_process",
        role="all",
        mongo_url=stack.urls.mongo_admin,
        kafka_url=stack.urls.kafka,
        issuer_url=issuer.discovery()["issuer"],
        database=f"ledger-{new_id()}",
        logs=logs,
    )
    async with service_process(process), connect(process.mongo_url, process.database) as database:
        yield process, database


def story(people: Sequence[str]) -> list[Document]:
    """Rows of EVENTS reports, everybody's in turn: e1 of each person, then e2 of each, and so on."""
    rounds = range(1, EVENTS // len(people) + 1)
    return [row(reported(person, f"e{number}"), number) for number in rounds for person in people]


def reported(person: str, entry: str) -> HoursReported:
    return HoursReported(
        site="leeds",
        person=person,
        placement=person,
        programme="core",
        entry=entry,
        bucket="direct_support",
        hours=1.0,
    )


def row(event: HoursReported, sequence: int) -> Document:
    subject = f"p-{event.person}"
    return event_row(event, id=new_id(), subject=subject, sequence=sequence, now=utc_now(), traceparent=None)


async def publish(kafka_url: str, rows: Sequence[Document]) -> None:
    async with AIOKafkaProducer(bootstrap_servers=kafka_url, enable_idempotence=True) as producer:
        for one in rows:
            await producer.send(one["topic"], one["value"], key=one["key"], headers=kafka_headers(one))
        await producer.flush()


async def counted(database: Database, people: Sequence[str]) -> dict[str, list[str]]:
    """Each person's entries, in the order in which they took effect."""
    found = await database.find("tallies", {"_id": {"$in": list(people)}})
    return {tally["_id"]: tally["entries"] for tally in found}


async def effects(database: Database, people: Sequence[str]) -> int:
    return sum(map(len, (await counted(database, people)).values()))


async def everything_once_and_in_order(database: Database, people: Sequence[str]) -> None:
    """Wait for the last event's effect; then nothing is missing, doubled or out of place."""

    async def all_there() -> bool:
        return await effects(database, people) >= EVENTS

    await until(all_there, within_s=PATIENCE_S)
    expected = [f"e{number}" for number in range(1, EVENTS // len(people) + 1)]
    assert await counted(database, people) == dict.fromkeys(people, expected)


async def announced(kafka_url: str, subjects: Sequence[str], kind: type[EventData]) -> dict[str, list[int]]:
    """The sequences of each subject's events of one type on the topic, repetitions left out."""
    found: dict[str, list[int]] = {subject: [] for subject in subjects}
    for arrival in map(read, await records_of(kafka_url, SUPERVISION.name)):
        if arrival.envelope is None or not isinstance(arrival.data, kind):
            continue
        sequences = found.get(arrival.envelope.subject)
        if sequences is not None and arrival.envelope.sequence > (sequences or [0])[-1]:
            sequences.append(arrival.envelope.sequence)
    return found


async def outbox_empty(database: Database) -> bool:
    return await database.count(OUTBOX, {}, limit=1) == 0


async def test_a_relay_killed_between_sending_and_deleting_loses_nothing_and_keeps_the_order(
    stack: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """SIGKILL when Kafka has every row and none is deleted: the next process repeats, and each counts once."""
    people = [new_id() for _ in range(PEOPLE)]
    rows = story(people)
    async with ledger(stack, issuer, tmp_path) as (process, database):
        process.pause()
        await database.bulk_write(OUTBOX, [InsertOne(one) for one in rows], ordered=False)
        subjects = {one["subject"] for one in rows}

        async def all_sent() -> bool:
            sent = await announced(stack.urls.kafka, list(subjects), HoursReported)
            return sum(map(len, sent.values())) == EVENTS

        async with held(database, rows):
            process.go_on()
            await until(all_sent)
            await process.kill()
            assert await database.count(OUTBOX, {"subject": {"$in": list(subjects)}}) == EVENTS
        await process.start()
        await everything_once_and_in_order(database, people)
        await until(lambda: outbox_empty(database), within_s=PATIENCE_S)


@pytest.mark.parametrize("kind", ["event", "contact"])
async def test_a_relay_stopped_while_kafka_is_away_ends_at_once_and_sends_nothing_later(
    stack: EmbeddedStack, kind: str
) -> None:
    """What it had in hand is still in the outbox, so it neither waits for Kafka nor sends a second copy."""
    services = Stack(mongo_url=stack.urls.mongo_admin, kafka_url=stack.urls.kafka)
    first, second = new_id(), new_id()
    async with started(LEDGER, services, work=False) as app:

        async def gone() -> bool:
            return await outbox_empty(app.database)

        progress = Progress()
        relay = asyncio.create_task(relay_of(app, progress=progress).run())
        make = contact if kind == "contact" else outbox_row
        await commit(app, [make(first, 1)])
        await until(gone)
        await stack.stop_kafka()
        await commit(app, [make(second, 1)])

        async def waits_for_kafka() -> bool:
            return progress.waiting().get("relay") == "Kafka to acknowledge"

        await until(waits_for_kafka)
        async with asyncio.timeout(15):
            relay.cancel()
            await asyncio.gather(relay, return_exceptions=True)
        await stack.start_kafka()
        async with running(relay_of(app)):
            await until(gone, within_s=PATIENCE_S)
        topic = CONTACTS if kind == "contact" else SUPERVISION
        copies = [one for one in await app.events(topic.name) if one.key == second]
        assert len(copies) == 1


def contact(person: str, sequence: int) -> Document:
    """A contact to send."""
    return contact_row(person, "Ana", sequence)


class Caller:
    """Somebody who adds hours over HTTP and asks again until there is an answer."""

    def __init__(self, process: ServiceProcess, issuer: LocalIssuer, person: str) -> None:
        token = issuer.token(person, Grant(role=Role.SUPERVISOR, site="leeds"))
        self.person = person
        self.refused = 0
        self._headers = {"Authorization": f"Bearer {token}"}
        self._url = f"{process.url}/tallies/{person}"

    async def open(self, client: httpx.AsyncClient) -> None:
        (await client.post(self._url, headers=self._headers)).raise_for_status()

    async def add(self, client: httpx.AsyncClient, entry: str) -> None:
        """The same Idempotency-Key on every try, so that a lost answer does no harm."""
        headers = self._headers | {"Idempotency-Key": entry}
        body = {"entry": entry, "hours": 1}

        async def settled() -> bool:
            answer = await client.post(f"{self._url}/hours", json=body, headers=headers)
            self.refused += answer.status_code >= httpx.codes.INTERNAL_SERVER_ERROR
            return answer.status_code < FINAL

        await until(settled, within_s=PATIENCE_S, every_s=0.1)


def http() -> httpx.AsyncClient:
    return httpx.AsyncClient(trust_env=False, timeout=30.0)


async def test_commands_are_taken_while_kafka_is_away(
    stack: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """Without a broker commands go on being saved; when it is back everything is published, in order."""
    person, entries = new_id(), [f"e{number}" for number in range(1, 101)]
    async with ledger(stack, issuer, tmp_path) as (process, database), http() as client:
        caller = Caller(process, issuer, person)
        await caller.open(client)
        await caller.add(client, entries[0])
        await until(lambda: outbox_empty(database))
        await stack.stop_kafka()
        for entry in entries[1:]:
            await caller.add(client, entry)
        assert caller.refused == 0
        assert await database.count(OUTBOX, {"subject": person}) == len(entries) - 1
        await stack.start_kafka()
        await until(lambda: outbox_empty(database), within_s=PATIENCE_S)
        sequences = (await announced(stack.urls.kafka, [person], HoursApproved))[person]
        assert len(sequences) == len(entries)
        assert all(earlier < later for earlier, later in pairwise(sequences))
        assert await counted(database, [person]) == {person: entries}


async def test_mongod_killed_in_mid_stream_costs_time_and_nothing_else(
    stack: EmbeddedStack, issuer: LocalIssuer, tmp_path: Path
) -> None:
    """SIGKILL of the database under load: once it is back, each event and each command counted once."""
    people = [new_id() for _ in range(PEOPLE)]
    rows = story(people)
    person, entries = new_id(), [f"e{number}" for number in range(1, 101)]
    async with ledger(stack, issuer, tmp_path) as (process, database), http() as client:
        caller = Caller(process, issuer, person)
        await caller.open(client)

        async def call() -> None:
            for entry in entries:
                await caller.add(client, entry)

        async def begun() -> Any:
            return await effects(database, people) and (await counted(database, [person])).get(person)

        publishing = asyncio.create_task(publish(stack.urls.kafka, rows))
        calling = asyncio.create_task(call())
        await until(begun, every_s=0.001)
        await stack.kill_mongo()
        await stack.start_mongo()
        await publishing
        await calling
        await everything_once_and_in_order(database, people)
        assert await counted(database, [person]) == {person: entries}
        await until(lambda: outbox_empty(database), within_s=PATIENCE_S)
        subjects = [person, *people]
        sequences = await announced(stack.urls.kafka, subjects, HoursApproved)
        assert {len(sequences[one]) for one in people} == {EVENTS // PEOPLE}
        assert len(sequences[person]) == len(entries)
