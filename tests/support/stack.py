"""Real Kafka and MongoDB for the tests: given URLs, else containers when a Docker engine answers, else embedded."""

import os
import tempfile
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

_GIVEN = ("KAFKA_URL", "MONGO_URL")


class Kind(StrEnum):
    """Where the servers of a test run come from."""

    GIVEN = "given by KAFKA_URL and MONGO_URL"
    CONTAINERS = "testcontainers"
    EMBEDDED = "the embedded stack"


class Unusable(Exception):
    """The servers of the tests can't be had; the text says what to do."""


@dataclass(frozen=True, kw_only=True)
class Stack:
    """Where the real services are. `mongo_url` may create any database."""

    mongo_url: str
    kafka_url: str


def choose(environment: Mapping[str, str], *, engine_answers: Callable[[], bool]) -> Kind:
    """Where they come from. Raises Unusable when only one of the two URLs is given."""
    given = [name for name in _GIVEN if environment.get(name)]
    if len(given) == 1:
        raise Unusable(f"{given[0]} is set alone: set both {' and '.join(_GIVEN)}, or neither.")
    if given:
        return Kind.GIVEN
    return Kind.CONTAINERS if engine_answers() else Kind.EMBEDDED


@cache
def kind() -> Kind:
    """The choice for this run. Raises what `choose` raises."""
    return choose(os.environ, engine_answers=_engine_answers)


def _engine_answers() -> bool:
    from tests.support import containers  # what testcontainers brings takes 0.3 s to import

    return containers.engine_answers()


def without_given_servers() -> dict[str, str]:
    """The environment for a process that is to run a stack of its own."""
    return {name: value for name, value in os.environ.items() if name not in _GIVEN}


@asynccontextmanager
async def real_services() -> AsyncIterator[Stack]:
    """The services of this test run, ended with it if we started them."""
    if kind() is Kind.GIVEN:
        yield Stack(mongo_url=os.environ["MONGO_URL"], kafka_url=os.environ["KAFKA_URL"])
        return
    async with (_in_containers if kind() is Kind.CONTAINERS else _embedded)() as stack:
        yield stack


@asynccontextmanager
async def _in_containers() -> AsyncIterator[Stack]:
    from tests.support import containers

    async with containers.kafka() as kafka_url, containers.mongo() as mongo_url:
        yield Stack(mongo_url=mongo_url, kafka_url=kafka_url)


@asynccontextmanager
async def _embedded() -> AsyncIterator[Stack]:
    from deploy.local.stack import EmbeddedStack

    with tempfile.TemporaryDirectory(prefix="peerpath-tests-") as data:
        async with EmbeddedStack(data=Path(data), mail=False) as running:
            yield Stack(mongo_url=running.urls.mongo_admin, kafka_url=running.urls.kafka)
