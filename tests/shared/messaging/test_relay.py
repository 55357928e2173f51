"""What the relay promises, on real Kafka and MongoDB."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from datetime import timedelta
from itertools import accumulate
from typing import Any

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError
from pymongo import InsertOne, MongoClient, WriteConcern
from pymongo.monitoring import CommandFailedEvent, CommandListener, CommandStartedEvent, CommandSucceededEvent
from uuid_utils import uuid7

from shared.clock import utc_now
from shared.contracts.envelope import EventData
from shared.contracts.people import PersonContact
from shared.contracts.supervision import HoursApproved, HoursReported
from shared.contracts.topics import CONTACTS, SUPERVISION
from shared.ids import NewId, id_after, new_id
from shared.messaging.lease import Lease
from shared.messaging.outbox import OUTBOX, event_row, kafka_headers
from shared.messaging.producers import producing
from shared.messaging.relay import Relay
from shared.messaging.sender import WINDOW, Sender
from shared.messaging.work import Work
from shared.progress import Progress
from shared.storage.errors import Stale
from shared.storage.mongo import Document
from tests.support.holding import held
from tests.support.ledger_service import LEDGER, Tally
from tests.support.running import Started, started
from tests.support.stack import Stack


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


def row(person: str, sequence: int, *, id: str | None = None) -> Document:
    """A row as a service would have committed it."""
    event = reported(person, f"e{sequence}")
    return event_row(
        event, id=id or new_id(), subject=person, sequence=sequence, now=utc_now(), traceparent=None
    )


async def commit(app: Started, rows: Iterable[Document]) -> None:
    await app.database.bulk_write(OUTBOX, [InsertOne(one) for one in rows])


def relay_of(app: Started, *, lease: Lease | None = None, progress: Progress | None = None) -> Relay:
    return Relay(
        app.database,
        service=LEDGER.name,
        kafka_url=app.stack.kafka_url,
        lease=lease or lease_of(app),
        progress=progress or Progress(),
    )


async def send_due(app: Started, *, window: int = WINDOW) -> int:
    """Send what is due, as a relay that holds the lease does."""
    async with producing(app.stack.kafka_url, transactional_id=app.database.name) as producers:
        return await Sender(app.database, producers, service=LEDGER.name, window=window).send_due()


def lease_of(app: Started) -> Lease:
    return Lease(app.database, "relay", new_id=new_id, ttl_s=5.0)


@asynccontextmanager
async def running(relay: Relay) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(relay.run())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def published(app: Started, subject: str) -> list[int]:
    """The sequences of a subject's reports on the topic, in the order in which a consumer sees them."""
    return [
        arrival.envelope.sequence
        for arrival in await app.events(SUPERVISION.name)
        if arrival.envelope
        and arrival.envelope.subject == subject
        and isinstance(arrival.data, HoursReported)
    ]


async def sequences_by_person(app: Started, kind: type[EventData]) -> dict[str, list[int]]:
    """Like `published`, for everybody at once."""
    found: dict[str, list[int]] = {}
    for arrival in await app.events(SUPERVISION.name):
        if arrival.envelope and isinstance(arrival.data, kind):
            found.setdefault(arrival.envelope.subject, []).append(arrival.envelope.sequence)
    return found


def clock_of(*, ahead: timedelta) -> NewId:
    """New ids of a process whose clock is wrong by so much."""
    return lambda: str(uuid7(nanoseconds=int((utc_now() + ahead).timestamp() * 1_000_000_000)))


async def test_events_leave_in_sequence_whatever_the_clocks_of_processes_say(stack: Stack) -> None:
    """Three processes decide on the same records in turn, one an hour ahead and one an hour behind."""
    people = [new_id() for _ in range(5)]
    clocks = [clock_of(ahead=timedelta(hours=hours)) for hours in (0, 1, -1)]
    async with started(LEDGER, stack, work=False) as app:
        for turn in range(12):
            for person in people:
                work = Work(app.database, now=utc_now(), new_id=clocks[turn % len(clocks)])
                tally = await work.find(Tally, person) or Tally(id=person, site="leeds", person=person)
                tally.add(f"e{turn}", 1.0, by="olga")
                tally.add(f"e{turn}-again", 1.0, by="olga")
                work.add(tally)
                work.take()
                await app.runtime.committer.commit(work.change())
        assert await send_due(app, window=7) == 120
        assert await app.database.count(OUTBOX, {}) == 0
        sent = await sequences_by_person(app, HoursApproved)
        assert [sent[person] for person in people] == [list(range(1, 25))] * len(people)


async def test_a_row_that_is_committed_late_with_a_lower_id_is_sent(stack: Stack) -> None:
    """A transaction that is open while later ids go out is not passed over when it commits."""
    slow, quick = new_id(), new_id()
    async with started(LEDGER, stack, work=False) as app:

        async def slowly(session: Any) -> int:
            low = row(slow, 1, id=an_hour_ago())
            await app.database.bulk_write(OUTBOX, [InsertOne(low)], session=session)
            await commit(app, [row(quick, 1)])
            return await send_due(app)

        assert await app.database.transaction(slowly) == 1
        assert (await published(app, quick), await published(app, slow)) == ([1], [])
        assert await send_due(app) == 1
        assert await published(app, slow) == [1]


an_hour_ago = clock_of(ahead=timedelta(hours=-1))


class JustBefore(CommandListener):
    """Commits rows at the very moment at which the relay is about to read ahead, once."""

    def __init__(self, stack: Stack) -> None:
        self._url = stack.mongo_url
        self.rows: list[Document] = []

    def started(self, event: CommandStartedEvent) -> None:
        """Commit, in the thread that is about to read: it waits for us."""
        ahead = "$gt" in event.command.get("filter", {}).get("_id", {})
        if event.command_name == "find" and ahead and self.rows:
            rows, self.rows = self.rows, []
            with MongoClient[Document](self._url) as client:
                client[event.database_name].get_collection(
                    OUTBOX, write_concern=WriteConcern("majority")
                ).insert_many(rows)

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Nothing to do."""

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing to do."""


@pytest.mark.parametrize("late", [1, 50])
async def test_what_commits_late_goes_before_what_rests_on_it(stack: Stack, late: int) -> None:
    """While a window is on its way events are committed, the first ones with ids below that window's last."""
    window, person = 20, new_id()
    ids = accumulate(range(1, late), lambda last, _: id_after(last), initial=an_hour_ago())
    low = [row(person, sequence, id=id) for sequence, id in enumerate(ids, start=1)]
    listener = JustBefore(stack)
    async with started(LEDGER, stack, work=False, listeners=[listener]) as app:
        await commit(app, [row(new_id(), 1) for _ in range(window)])
        listener.rows = [*low, row(person, late + 1)]
        assert await send_due(app, window=window) == window + late + 1
        assert await published(app, person) == list(range(1, late + 2))


async def test_windows_follow_each_other_without_gap_or_repetition(stack: Stack) -> None:
    """Rows beyond the first window go out once and in order, and each is read once but for its id."""
    people = [new_id() for _ in range(WINDOW // 2)]
    reads = DocumentsRead()
    async with started(LEDGER, stack, work=False, listeners=[reads]) as app:
        rows = [row(person, sequence) for sequence in range(1, 6) for person in people]
        await commit(app, rows)
        reads.count = 0
        assert await send_due(app) == len(rows)
        assert reads.count < 2 * len(rows)
        assert await app.database.count(OUTBOX, {}) == 0
        sent = await sequences_by_person(app, HoursReported)
        assert all(sent[person] == [1, 2, 3, 4, 5] for person in people)


async def test_a_second_relay_waits_and_takes_over_when_the_first_stops(stack: Stack) -> None:
    """One relay acts at a time, each term under a higher token, and rows go on being sent."""
    person = new_id()
    async with started(LEDGER, stack, work=False) as app:
        first, second = lease_of(app), lease_of(app)

        async def gone() -> bool:
            return await app.database.count(OUTBOX, {}) == 0

        async with running(relay_of(app, lease=second)) as waiting:
            await app.until(lambda: _true(second.held))
            token = second.token
            assert not await first.take()
            async with running(relay_of(app, lease=first)):
                await commit(app, [row(person, 1)])
                await app.until(gone)
                assert second.held
                assert not first.held
                waiting.cancel()
                await app.until(lambda: _true(first.held))
                assert first.token > token
                await commit(app, [row(person, 2)])
                await app.until(gone)
        assert await published(app, person) == [1, 2]


async def _true(value: bool) -> bool:
    return value


async def test_rows_sent_twice_have_effect_once(stack: Stack) -> None:
    """A relay that died between sending and deleting repeats its rows, and whoever consumes them counts once."""
    person = new_id()
    entries = [f"e{sequence}" for sequence in range(1, 21)]
    async with started(LEDGER, stack, work=False) as upstream, started(LEDGER, stack) as downstream:
        rows = [row(person, sequence) for sequence in range(1, 21)]
        await commit(upstream, rows)
        await send_without_deleting(upstream.producer, rows)
        assert await send_due(upstream) == 20
        await commit(upstream, [row(person, 21)])
        assert await send_due(upstream) == 1

        async def all_there() -> Any:
            found = await downstream.database.find_one("tallies", {"_id": person})
            return found if found and "e21" in found["entries"] else None

        assert (await downstream.until(all_there))["entries"] == [*entries, "e21"]
        assert await published(upstream, person) == [*range(1, 21), *range(1, 21), 21]


async def send_without_deleting(producer: AIOKafkaProducer, rows: list[Document]) -> None:
    """What a relay did until the moment it was killed."""
    for one in rows:
        await producer.send_and_wait(one["topic"], one["value"], key=one["key"], headers=kafka_headers(one))


def contact_row(person: str, name: str, sequence: int) -> Document:
    """A contact as recruitment would have committed it, for the compacted topic."""
    contact = PersonContact(person=person, site="leeds", name=name, email="ana@example.org")
    return event_row(contact, id=new_id(), subject=person, sequence=sequence, now=utc_now(), traceparent=None)


async def test_a_fenced_out_relay_cannot_have_the_last_word_on_a_compacted_topic(stack: Stack) -> None:
    """A copy that comes late would be what every new reader takes for the present; Kafka refuses it."""
    person = new_id()
    old, new = contact_row(person, "Old Name", 1), contact_row(person, "New Name", 2)
    async with (
        started(LEDGER, stack, work=False) as app,
        producing(stack.kafka_url, transactional_id=app.database.name) as theirs,
    ):
        await theirs.fenced()  # The first relay is about to send, and is paused.
        await commit(app, [old, new])
        assert await send_due(app) == 2
        await commit(app, [old])  # What the first relay still has in hand.
        paused = Sender(app.database, theirs, service=LEDGER.name)
        with pytest.raises(KafkaError):
            await paused.send_due()
        names = [
            arrival.data.name
            for arrival in await app.events(CONTACTS.name)
            if isinstance(arrival.data, PersonContact) and arrival.data.person == person
        ]
        assert names == ["Old Name", "New Name"]


async def test_contacts_are_sent_again_all_or_none(stack: Stack) -> None:
    """Were the later of two contacts deleted and the earlier sent again, every new reader would take it for true."""
    person = new_id()
    old, new = contact_row(person, "Old Name", 1), contact_row(person, "New Name", 2)
    async with started(LEDGER, stack, work=False) as app:
        await commit(app, [old, new])
        async with held(app.database, [old]):
            with pytest.raises(Stale):
                await send_due(app)
            assert await app.database.count(OUTBOX, {}) == 2
        assert await send_due(app) == 2
        names = [
            arrival.data.name
            for arrival in await app.events(CONTACTS.name)
            if isinstance(arrival.data, PersonContact) and arrival.data.person == person
        ]
        assert names == ["Old Name", "New Name"] * 2


class DocumentsRead(CommandListener):
    """Counts documents that come back from the database."""

    def __init__(self) -> None:
        self.count = 0

    def started(self, event: CommandStartedEvent) -> None:
        """Nothing is counted before it is answered."""

    def succeeded(self, event: CommandSucceededEvent) -> None:
        """Count a cursor's documents."""
        cursor = event.reply.get("cursor", {})
        self.count += len(cursor.get("firstBatch", ())) + len(cursor.get("nextBatch", ()))

    def failed(self, event: CommandFailedEvent) -> None:
        """Nothing came back."""
