"""KAFKA_URL and MONGO_URL: a stack on servers that somebody else runs."""

import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic import SecretStr
from pymongo import AsyncMongoClient

from deploy.local.errors import GivenServerUnusable
from deploy.local.given import as_user
from deploy.local.mongo import find_mongod
from deploy.local.ports import free_port
from deploy.local.processes import port_open, start_child
from deploy.local.settings import GivenServers
from deploy.local.stack import EmbeddedStack
from tests.support.embedded import needs_embedded

pytestmark = needs_embedded
REPOSITORY = Path(__file__).resolve().parents[2]
Client = AsyncMongoClient[dict[str, Any]]


def quiet(_line: str) -> None:
    """Progress is for people."""


@pytest.fixture(scope="module")
async def others(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[EmbeddedStack]:
    """The stack that owns the servers; it knows one service."""
    data = tmp_path_factory.mktemp("others")
    async with EmbeddedStack(data=data, say=quiet, mail=False, services=["training"]) as running:
        yield running


def given(mongo_url: str, *, kafka_url: str | None = None) -> GivenServers:
    return GivenServers.model_construct(kafka_url=kafka_url, mongo_url=SecretStr(mongo_url))


async def may_write(url: str, database: str) -> bool:
    """Whether the user of the URL is let into that database."""
    async with Client(url) as client:
        try:
            await client[database]["things"].insert_one({})
        except Exception:
            return False
    return True


async def test_given_servers_are_used_and_none_is_started(others: EmbeddedStack, tmp_path: Path) -> None:
    """Each service gets a user of its own on the given MongoDB, and the folder holds no server's data."""
    servers = given(others.urls.mongo_admin, kafka_url=others.urls.kafka)
    async with EmbeddedStack(
        data=tmp_path, say=quiet, mail=False, services=["billing"], given=servers
    ) as stack:
        assert stack.urls.kafka == others.urls.kafka
        assert await may_write(stack.urls.mongo_for("billing"), "billing")
        assert not await may_write(stack.urls.mongo_for("billing"), "training")
    assert not (tmp_path / "mongo").exists()
    assert not (tmp_path / "kafka").exists()
    assert await may_write(others.urls.mongo_for("training"), "training"), "what was given goes on running"


async def test_a_user_that_is_there_already_keeps_their_password(
    others: EmbeddedStack, tmp_path: Path
) -> None:
    """Somebody else's user is left alone: the service connects as the given one, and that is said."""
    said: list[str] = []
    servers = given(others.urls.mongo_admin, kafka_url=others.urls.kafka)
    async with EmbeddedStack(
        data=tmp_path, say=said.append, mail=False, services=["training"], given=servers
    ) as stack:
        assert stack.urls.mongo_for("training") == others.urls.mongo_admin
    assert any(
        "user training exists there with another password, so training connects as" in one for one in said
    )
    assert await may_write(others.urls.mongo_for("training"), "training")


async def test_a_user_who_may_make_none_serves_for_all(others: EmbeddedStack, tmp_path: Path) -> None:
    """Without the right to create users the given one is used, and that is said."""
    said: list[str] = []
    servers = given(others.urls.mongo_for("training"), kafka_url=others.urls.kafka)
    async with EmbeddedStack(
        data=tmp_path, say=said.append, mail=False, services=["shipping"], given=servers
    ) as stack:
        assert stack.urls.mongo_for("shipping") == others.urls.mongo_for("training")
    assert any("user shipping may not be made by the user of MONGO_URL" in line for line in said)


async def test_a_given_kafka_that_is_not_there_is_named(others: EmbeddedStack, tmp_path: Path) -> None:
    """A wrong address is refused before anything starts, with the ways on."""
    port = free_port()
    nowhere = f"127.0.0.1:{port}"
    servers = given(others.urls.mongo_admin, kafka_url=nowhere)
    with pytest.raises(
        GivenServerUnusable, match=rf"KAFKA_URL={nowhere}: no Kafka answers there\. Start it, "
    ):
        async with EmbeddedStack(data=tmp_path, say=quiet, mail=False, given=servers):
            pass


async def test_a_given_mongodb_that_lets_nobody_in_is_named_without_its_password(
    others: EmbeddedStack, tmp_path: Path
) -> None:
    """A wrong password is told with the server's own words, and is not printed."""
    wrong = others.urls.mongo_for("training").replace("training:", "training:mistaken")
    with pytest.raises(
        GivenServerUnusable, match=r"MONGO_URL at 127.0.0.1:\d+: Authentication failed"
    ) as told:
        async with EmbeddedStack(
            data=tmp_path, say=quiet, mail=False, given=given(wrong, kafka_url=others.urls.kafka)
        ):
            pass
    assert "mistaken" not in str(told.value)


async def test_a_given_mongodb_that_is_no_replica_set_is_named(others: EmbeddedStack, tmp_path: Path) -> None:
    """Transactions need a replica set, so a MongoDB that stands alone is refused at once."""
    port = free_port()
    (tmp_path / "db").mkdir()
    alone = await start_child(
        "mongod",
        [find_mongod().program, "--dbpath", tmp_path / "db", "--port", str(port), "--nounixsocket"],
        log_file=tmp_path / "mongo.log",
    )
    try:
        await alone.until(lambda: port_open(port))
        servers = given(f"mongodb://127.0.0.1:{port}", kafka_url=others.urls.kafka)
        with pytest.raises(GivenServerUnusable, match=r"it is no replica set, .*--replSet"):
            async with EmbeddedStack(data=tmp_path / "data", say=quiet, mail=False, given=servers):
                pass
    finally:
        await alone.kill()


async def test_the_command_reads_both_from_the_environment(others: EmbeddedStack, tmp_path: Path) -> None:
    """`up` with KAFKA_URL and MONGO_URL prints those, and starts the mail catcher alone."""
    child = await start_child(
        "up",
        [sys.executable, "-m", "deploy.local", "up", "--data", tmp_path / "data", "--free-ports", "--json"],
        log_file=tmp_path / "log",
        env={**os.environ, "KAFKA_URL": others.urls.kafka, "MONGO_URL": others.urls.mongo_admin},
        cwd=REPOSITORY,
    )

    async def printed() -> bool:
        return "{" in (tmp_path / "log").read_text()

    try:
        await child.until(printed)
        line = next(line for line in (tmp_path / "log").read_text().splitlines() if line.startswith("{"))
        urls = json.loads(line)
        assert (urls["kafka"], urls["mongo_admin"]) == (others.urls.kafka, others.urls.mongo_admin)
        assert sorted(one.name for one in (tmp_path / "data").glob("*.pid")) == ["mail.pid"]
    finally:
        await child.kill()


def test_options_of_the_given_url_are_kept() -> None:
    """A service's own URL leads to the same servers with the same options, as another user."""
    found = as_user(
        "mongodb://admin:a%40b@one:1,two:2/?replicaSet=rs0&authSource=admin&tls=true", "training", "p/w"
    )
    assert (
        found == "mongodb://training:p%2Fw@one:1,two:2/training?replicaSet=rs0&tls=true&authSource=training"
    )
