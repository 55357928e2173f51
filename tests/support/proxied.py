"""A service process whose way to MongoDB can be cut and slowed down, and what is known of it from outside."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
import psutil
from pymongo.uri_parser import parse_uri

from deploy.local.ports import free_port
from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.messaging.positions import Positions
from shared.storage.mongo import Database, connect
from shared.web.local_issuer import LocalIssuer
from tests.support.ledger_process import ServiceProcess, issuer_served
from tests.support.ledger_service import LEDGER
from tests.support.proxy import Proxy
from tests.support.running import ends_of
from tests.support.stack import Stack

MEGABYTE = 1024 * 1024


@dataclass(kw_only=True)
class Proxied:
    """The ledger service as a process; `database` is a look into its database past the proxy."""

    process: ServiceProcess
    mongo: Proxy
    database: Database
    issuer: LocalIssuer
    kafka_url: str

    def token(self, person: str = "ana") -> str:
        """What a supervisor at leeds signs in with."""
        return self.issuer.token(person, Grant(role=Role.SUPERVISOR, site="leeds"))

    @property
    def megabytes(self) -> float:
        """Its resident memory."""
        assert self.process.child is not None
        return psutil.Process(self.process.child.pid).memory_info().rss / MEGABYTE

    async def lacks(self) -> set[str]:
        """What it says it needs and does not have."""
        async with httpx.AsyncClient(trust_env=False, timeout=30.0) as client:
            return set((await client.get(f"{self.process.url}/health/ready")).json()["missing"])

    async def metric(self, name: str) -> float:
        """The sum of a metric over its labels."""
        async with httpx.AsyncClient(trust_env=False) as client:
            text = (await client.get(f"{self.process.url}/metrics")).text
        return sum(
            float(line.rsplit(" ", 1)[1]) for line in text.splitlines() if re.match(rf"{name}[ {{]", line)
        )


def before_mongo(stack: Stack) -> Proxy:
    """A proxy before the MongoDB of this run."""
    ((_, target),) = parse_uri(stack.mongo_url)["nodelist"]
    return Proxy(port=free_port(), target=target)


@asynccontextmanager
async def proxied(stack: Stack, logs: Path, *, role: str = "all", **more: str) -> AsyncIterator[Proxied]:
    """The process, started, for the length of the block; `more` are further settings."""
    name = f"limits-{new_id()}"
    async with (
        issuer_served() as issuer,
        before_mongo(stack).running() as mongo,
        connect(stack.mongo_url, name) as database,
    ):
        process = ServiceProcess(
            module="tests.support.ledger_process",
            role=role,
            mongo_url=by_way_of(mongo.port, stack.mongo_url),
            kafka_url=stack.kafka_url,
            issuer_url=issuer.discovery()["issuer"],
            database=name,
            logs=logs,
            more=more,
        )
        await process.migrate()
        ends = await ends_of(stack.kafka_url, LEDGER.reactions.topics)
        await Positions(database, f"peerpath-{database.name}").begin(ends)
        await process.start()
        try:
            yield Proxied(
                process=process, mongo=mongo, database=database, issuer=issuer, kafka_url=stack.kafka_url
            )
        finally:
            await process.kill()
            await database.drop()


def by_way_of(port: int, url: str) -> str:
    """The same MongoDB and user; directly, because a set tells its clients where else it can be reached."""
    url = re.sub(r"(//[^/]*@)[^/]+", rf"\g<1>127.0.0.1:{port}", url)
    return (
        re.sub(r"[?&](replicaSet|directConnection)=[^&]*&?", "?", url).rstrip("?") + "&directConnection=true"
    )
