"""Commands over HTTP, 32 at once, against a server in a process of its own."""

import asyncio
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.messaging.outbox import OUTBOX
from shared.messaging.positions import Positions
from shared.storage.mongo import connect
from shared.storage.unit_of_work import Change, Committer, Write, running
from shared.web.local_issuer import LocalIssuer
from tests.bench.ground import ends_of
from tests.support.ledger_process import ServiceProcess
from tests.support.ledger_service import Tally
from tests.support.running import until
from tests.support.stack import Stack

TALLIES = 512


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
    """One way to take a command: which server, at which address, with or without an Idempotency-Key."""

    what: str
    module: str
    role: str = "-"
    path: str = "/tallies"
    keys: bool = False


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


async def open_tallies(process: ServiceProcess) -> list[str]:
    """Tallies to add hours to, so many that no two requests at once meet on one.

    A worker in the same process begins where the topic ends now: what others measured is not its business.
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


def requests(
    process: ServiceProcess, issuer: LocalIssuer, tallies: Sequence[str], way: Way, *, begin: int, count: int
) -> Iterator[bytes]:
    """Ready-made requests: the client must cost as little as it can, it runs on the same cores."""
    token = issuer.token("p2", Grant(role=Role.SUPERVISOR, site="leeds"))
    for number in range(begin, begin + count):
        body = json.dumps({"entry": f"e{number}", "hours": 0.5}).encode()
        key = f"Idempotency-Key: k{number}\r\n" if way.keys else ""
        head = (
            f"POST {way.path}/{tallies[number % len(tallies)]}/hours HTTP/1.1\r\nHost: 127.0.0.1:{process.port}\r\n"
            f"Authorization: Bearer {token}\r\n{key}Content-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


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
