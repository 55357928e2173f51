"""Real Kafka and MongoDB for the tests: given URLs, else a Docker engine, else the embedded stack."""

import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Where the real services are. `mongo_url` may create any database."""

    mongo_url: str
    kafka_url: str
    kind: str


@asynccontextmanager
async def real_services() -> AsyncIterator[Stack]:
    """The services of this test run, ended with it if we started them."""
    mongo_url, kafka_url = os.environ.get("MONGO_URL"), os.environ.get("KAFKA_URL")
    if mongo_url and kafka_url:
        yield Stack(mongo_url=mongo_url, kafka_url=kafka_url, kind="given")
        return
    async with _embedded() as stack:
        yield stack


@asynccontextmanager
async def _embedded() -> AsyncIterator[Stack]:
    from deploy.local.stack import EmbeddedStack

    with tempfile.TemporaryDirectory(prefix="peerpath-tests-") as data:
        async with EmbeddedStack(data=Path(data), mail=False) as running:
            yield Stack(mongo_url=running.urls.mongo_admin, kafka_url=running.urls.kafka, kind="embedded")
