"""How much there may be: of rows in an outbox, and of bytes in a message."""

import time
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, ClassVar, Self

import pytest
from aiokafka import AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType
from aiokafka.errors import MessageSizeTooLargeError
from fastapi import APIRouter, Response
from pydantic import BaseModel
from pymongo import InsertOne

from shared.clock import utc_now
from shared.contracts.supervision import HoursReported, HoursReturned, SessionKind, SupervisionLogged
from shared.contracts.topics import SUPERVISION
from shared.domain.aggregate import Aggregate
from shared.ids import new_id
from shared.messaging.outbox import OUTBOX, event_row
from shared.messaging.pace import Pace
from shared.messaging.reactions import Context, Reactions, on
from shared.messaging.work import Work
from shared.service import Service, parking_lot
from shared.storage.mongo import Document
from shared.storage.schema import aggregates
from shared.web.commands import CommandDep
from tests.shared.messaging.test_faults import outbox_empty
from tests.shared.messaging.test_reactions import reported
from tests.shared.messaging.test_worker import everything, living_in, story
from tests.support.ledger_service import LEDGER
from tests.support.lines import Line
from tests.support.parked import OLGA
from tests.support.proxied import proxied
from tests.support.running import started, until, without_its_records
from tests.support.stack import Stack

TOPIC = SUPERVISION.name
MEGABYTE = 1024 * 1024


def rows(count: int) -> Iterable[list[Document]]:
    """As many rows of a type that the ledger ignores, of a thousand people, ten thousand at a time."""
    people = [new_id() for _ in range(1_000)]
    about = {"site": "leeds", "programme": "core", "entry": "e", "bucket": "direct_support", "hours": 1.0}
    for begin in range(0, count, 10_000):
        yield [
            event_row(
                HoursReturned(person=person, placement=person, returned_by="s", **about),
                id=new_id(),
                subject=person,
                sequence=at // len(people) + 1,
                now=utc_now(),
                traceparent=None,
            )
            for at in range(begin, min(begin + 10_000, count))
            for person in (people[at % len(people)],)
        ]


@pytest.mark.timeout(3_600)
async def test_an_outbox_of_any_length_is_drained_in_flat_memory_while_commands_go_on(
    stack: Stack, tmp_path: Path, pytestconfig: pytest.Config
) -> None:
    """A relay has two windows in its hands, however much there is; the API answers all along."""
    count = int(pytestconfig.getoption("--outbox-rows"))
    async with proxied(stack, tmp_path) as app, without_its_records(stack.kafka_url, TOPIC):
        line = Line(app.process.port, token=app.token())
        await line.post("/tallies/t", key="open")
        await until(lambda: _counts(line, "warm"))
        before = app.megabytes
        app.process.pause()
        for some in rows(count):
            await app.database.bulk_write(OUTBOX, [InsertOne(one) for one in some], ordered=False)
        began = time.monotonic()
        app.process.go_on()
        most, answered = before, 0

        async def drained() -> bool:
            nonlocal most, answered
            answered += await _counts(line, f"e{answered}")
            most = max(most, app.megabytes)
            return await app.metric("peerpath_outbox_relayed_total") >= count

        await until(drained, within_s=3_000, every_s=0.1)
        seconds = time.monotonic() - began
        print(
            f"{count} rows in {seconds:.0f} s; {before:.0f} MB before, {most:.0f} MB at most; {answered} commands"
        )
        await line.hang_up()
        await until(lambda: outbox_empty(app.database))
        assert most < before + 80
        assert answered > 0


async def _counts(line: Line, entry: str) -> bool:
    answer = await line.post("/tallies/t/hours", {"entry": entry, "hours": 0.001}, key=entry)
    assert answer is None or answer.status == 200, answer
    return answer is not None


class Logbook(Aggregate):
    """Announces as many topics as it is told, which may be too many."""

    collection: ClassVar[str] = "logbooks"

    def write(self, person: str, topics: int) -> Self:
        """One session with so many topics of 64 letters."""
        self.record(
            SupervisionLogged(
                site=self.site,
                person=person,
                placement=self.id,
                programme="core",
                session="s1",
                supervisor="s",
                kind=SessionKind.INDIVIDUAL,
                held=utc_now(),
                minutes=50,
                topics=("t" * 64,) * topics,
            )
        )
        return self

    @classmethod
    def told(cls, found: Self | None, event: HoursReported, _: Context) -> Self:
        """A thousand topics for each hour."""
        return (found or cls(id=event.placement, site=event.site)).write(
            event.person, int(event.hours * 1_000)
        )


class LogView(BaseModel):
    """A logbook as shown."""

    id: str


router = APIRouter()


@router.post("/logbooks/{logbook}/{topics}", response_model=LogView)
async def write_log(logbook: str, topics: int, command: CommandDep) -> Response:
    """Open a logbook with one session."""

    async def rule(work: Work) -> Logbook:
        opened = Logbook(id=logbook, site="leeds")
        work.add(opened.write(command.actor.person, topics))
        return opened

    return await command.run(rule, view=lambda log: LogView(id=log.id))


TALKATIVE = Service(
    name="supervision",
    routers=(router,),
    reactions=Reactions(on(HoursReported, Logbook, id=lambda event: event.placement, do=Logbook.told)),
    collections=(aggregates("logbooks"),),
)


async def test_a_command_whose_event_would_be_too_large_is_refused_and_saves_nothing(stack: Stack) -> None:
    """It is told so with the size and the limit, and its key is free for the request that fits."""
    async with started(TALKATIVE, stack, work=False) as app, app.client("ana") as client:
        key = {"Idempotency-Key": "k"}
        refused = await client.post("/logbooks/l1/1000", headers=key)
        assert (refused.status_code, refused.json()["code"]) == (413, "message_too_large")
        assert "at most 65536 fit in a message" in refused.json()["detail"]
        for collection in ("logbooks", OUTBOX, "idempotency"):
            assert await app.database.count(collection, {}) == 0
        assert (await client.post("/logbooks/l1/900", headers=key)).status_code == 200


async def test_an_event_that_would_lead_to_one_too_large_is_parked(stack: Stack) -> None:
    """It can't be handled, now or in a retry, and waits in the open; its neighbours go on."""
    good, bad = new_id(), new_id()
    async with started(TALKATIVE, stack) as app:
        await app.publish(reported(bad, "e1", hours=2), subject=f"p-{bad}")
        await app.publish(reported(good, "e1", hours=0.5), subject=f"p-{good}")

        async def handled() -> Any:
            return await app.database.find_one("logbooks", {"_id": good})

        async def parked() -> Any:
            return await app.database.find_one("parked_events", {"key": bad})

        await app.until(handled)
        assert "TooLarge" in (await app.until(parked))["problem"]
        retried = await parking_lot(TALKATIVE, app.runtime).retry_key(bad, OLGA, pace=Pace())
        assert (retried.handled, retried.left) == (0, 1)
        assert await app.database.count("logbooks", {"_id": bad}) == 0


async def test_a_topic_takes_no_record_that_is_larger_than_declared(stack: Stack) -> None:
    """Whoever may write to it is refused by Kafka itself."""
    async with started(LEDGER, stack, work=False) as app:
        huge = AIOKafkaProducer(bootstrap_servers=app.stack.kafka_url, max_request_size=8 * MEGABYTE)
        async with huge as producer:
            with pytest.raises(MessageSizeTooLargeError):
                await producer.send_and_wait(TOPIC, b"x" * 2 * MEGABYTE, key=b"k")


@asynccontextmanager
async def taking(kafka_url: str, size: int) -> AsyncIterator[None]:
    """The topic as somebody else may have made it: with records of `size` bytes."""

    async def set_to(config: dict[str, str]) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url)
        await admin.start()
        await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, TOPIC, config)])
        await admin.close()

    await set_to({**SUPERVISION.config(), "max.message.bytes": str(size)})
    try:
        yield
    finally:
        await set_to(SUPERVISION.config())


async def test_a_record_larger_than_a_fetch_is_parked_and_holds_up_nobody(stack: Stack) -> None:
    """Several megabytes of nothing, on a topic that lets them in: those behind it take effect."""
    (person,) = living_in(2, 1)
    async with (
        started(LEDGER, stack) as app,
        taking(stack.kafka_url, 8 * MEGABYTE),
        without_its_records(stack.kafka_url, TOPIC),
        AIOKafkaProducer(bootstrap_servers=stack.kafka_url, max_request_size=8 * MEGABYTE) as producer,
    ):

        async def accepted() -> bool:
            try:
                await producer.send_and_wait(TOPIC, b"x" * 5 * MEGABYTE, key=b"hostile", partition=2)
            except MessageSizeTooLargeError:
                return False
            return True

        await app.until(accepted)
        await story(app, [person], end=3)
        await everything(app, [person], 3)
        (parked,) = await app.database.find("parked_events", {"key": "hostile"})
        assert (len(parked["value"]), parked["problem"][:16]) == (5 * MEGABYTE, "not a CloudEvent")
