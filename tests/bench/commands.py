"""Commands over HTTP, so many at once, against servers in processes of their own."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path

from deploy.local.ports import free_port
from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.messaging.outbox import OUTBOX
from shared.messaging.positions import Positions
from shared.storage.errors import Unavailable
from shared.storage.mongo import connect
from shared.storage.unit_of_work import Change, Committer, Write, running
from shared.web.local_issuer import LocalIssuer
from tests.bench.ground import ends_of
from tests.support.ledger_process import ServiceProcess
from tests.support.ledger_service import Tally
from tests.support.running import until
from tests.support.stack import Stack

TALLIES = 512
LEDGER = "tests.support.ledger_process"
PLAIN = "tests.bench.plain"


@dataclass
class Answers:
    """What came back: seconds per request, and seconds in all."""

    took: list[float] = field(default_factory=list)
    in_all: float = 0.0

    @property
    def per_second(self) -> float:
        return len(self.took) / self.in_all

    def add(self, other: "Answers") -> None:
        self.took += other.took
        self.in_all += other.in_all


@dataclass(frozen=True)
class Way:
    """One way to take a command: which server in which processes, at which address, with or without a key each."""

    what: str
    module: str
    roles: Sequence[str] = ("-",)
    path: str = "/tallies"
    keys: bool = False


@dataclass(frozen=True)
class Serving:
    """A way that is up: the process that answers, and tallies to add to."""

    way: Way
    process: ServiceProcess
    issuer: LocalIssuer
    tallies: Sequence[str]

    async def measure(self, count: int, *, at_once: int) -> Answers:
        """So many commands at once.

        A plain route answers when Kafka has the event; our command when the database has it. So ours are over, and
        their time counted, when the outbox is empty again.
        """
        ready = self._requests(count)
        began = time.perf_counter()
        answers = await call(self.process.port, ready, at_once=at_once)
        if self.way.module == LEDGER:
            await until_relayed(self.process)
            answers.in_all = time.perf_counter() - began
        return answers

    def _requests(self, count: int) -> Iterator[bytes]:
        """Ready-made requests: the client must cost as little as it can, it runs on the same cores."""
        token = self.issuer.token("p2", Grant(role=Role.SUPERVISOR, site="leeds"))
        for number in range(count):
            body = json.dumps({"entry": f"e{number}", "hours": 0.5}).encode()
            key = f"Idempotency-Key: {new_id()}\r\n" if self.way.keys else ""
            tally = self.tallies[number % len(self.tallies)]
            head = (
                f"POST {self.way.path}/{tally}/hours HTTP/1.1\r\nHost: 127.0.0.1:{self.process.port}\r\n"
                f"Authorization: Bearer {token}\r\n{key}Content-Type: application/json\r\n"
                f"Content-Length: {len(body)}\r\n\r\n"
            )
            yield head.encode() + body


@asynccontextmanager
async def serving(stack: Stack, issuer: LocalIssuer, logs: Path, way: Way) -> AsyncIterator[Serving]:
    """Every process of a way on a database of its own, for the length of the block."""
    first = server(stack, issuer, logs, module=way.module, role=way.roles[0])
    if way.module == LEDGER:
        await first.migrate()
    async with AsyncExitStack() as exits:
        exits.push_async_callback(drop, first)
        tallies = await open_tallies(first)
        for role in way.roles:
            process = first if role == first.role else replace(first, role=role, port=free_port())
            exits.push_async_callback(process.kill)
            await process.start()
        yield Serving(way, first, issuer, tallies)


def server(stack: Stack, issuer: LocalIssuer, logs: Path, *, module: str, role: str) -> ServiceProcess:
    return ServiceProcess(
        module=module,
        role=role,
        mongo_url=stack.mongo_url,
        kafka_url=stack.kafka_url,
        issuer_url=issuer.discovery()["issuer"],
        database=f"bench-{new_id()}",
        logs=logs,
    )


async def drop(process: ServiceProcess) -> None:
    # A killed process may leave a transaction open, and its locks are in the way for up to a minute.
    with suppress(Unavailable):
        async with connect(process.mongo_url, process.database) as database:
            await database.drop()


async def open_tallies(process: ServiceProcess) -> list[str]:
    """Tallies to add hours to, so many that no two requests at once meet on one.

    A worker beside begins where the topic ends now: what others measured is not its business.
    """
    tallies = [Tally(id=new_id(), site="leeds", person="p1", version=1) for _ in range(TALLIES)]
    async with (
        connect(process.mongo_url, process.database) as database,
        running(Committer(database)) as saving,
    ):
        positions = Positions(database, f"peerpath-{process.database}")
        await positions.begin(await ends_of(process.kafka_url))
        await saving.commit(
            Change(writes=tuple(Write.insert("tallies", tally.document()) for tally in tallies))
        )
    return [tally.id for tally in tallies]


async def until_relayed(process: ServiceProcess) -> None:
    """Wait until everything that was announced has reached Kafka."""
    async with connect(process.mongo_url, process.database) as database:

        async def all_gone() -> bool:
            return await database.count(OUTBOX, {}, limit=1) == 0

        await until(all_gone, every_s=0.005)


async def call(port: int, ready: Iterator[bytes], *, at_once: int) -> Answers:
    """Send all requests over as many kept-alive connections; every answer has to be a 200."""
    answers = Answers()

    async def one_connection() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for request in ready:
            began = time.perf_counter()
            writer.write(request)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            body = await reader.readexactly(length)
            answers.took.append(time.perf_counter() - began)
            assert head.startswith(b"HTTP/1.1 200"), (head, body)
        writer.close()

    began = time.perf_counter()
    await asyncio.gather(*(one_connection() for _ in range(at_once)))
    answers.in_all = time.perf_counter() - began
    return answers
