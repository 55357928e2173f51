"""The database's part of the compose file on a real mongod: its key, its users, and a migrate as one of them."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from pymongo import MongoClient
from pymongo.errors import OperationFailure

from deploy.local.mongo import find_mongod
from deploy.local.ports import Ports
from deploy.local.processes import port_open, start_child
from tests.deploy.compose import REPOSITORY, containers, services, variables
from tests.support.embedded import needs_embedded
from tests.support.stack import Stack

pytestmark = needs_embedded
UNAUTHORIZED, AUTHENTICATION_FAILED = 13, 18


@dataclass(frozen=True, kw_only=True)
class Database:
    """A mongod that was started by the compose file's command."""

    port: int

    def url_of(self, service: str) -> str:
        """The service's connection string of the compose file, leading here."""
        url = variables(containers()[f"{service}-api"])["MONGO_URL"]
        return url.replace("mongo:27017", f"127.0.0.1:{self.port}")

    async def make_users(self, **changed: str) -> str:
        """Runs the mongo-users container's command with its environment; returns what it says."""
        here = {"MONGO_SERVER": f"127.0.0.1:{self.port}", "MONGO_MEMBER": f"127.0.0.1:{self.port}"}
        container = containers()["mongo-users"]
        return await ran(container["entrypoint"], {**variables(container), **here, **changed})


async def ran(command: list[str], environment: Mapping[str, str]) -> str:
    """What a Python command prints; raises CalledProcessError when it fails."""

    def run() -> str:
        return subprocess.run(  # noqa: S603
            [sys.executable, *command[1:]],
            env=dict(environment),
            cwd=REPOSITORY,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=True,
            timeout=60,
        ).stdout

    try:
        return await asyncio.to_thread(run)
    except subprocess.CalledProcessError as failed:
        failed.add_note(failed.stdout)
        raise


def make_key(folder: Path) -> bytes:
    """Runs the mongo-key container's script in a folder; returns the key it made or found."""
    script = containers()["mongo-key"]["command"][0].replace("/data/configdb", str(folder))
    subprocess.run(["/bin/sh", "-euc", script], check=True)  # noqa: S603
    return (folder / "keyfile").read_bytes()


@asynccontextmanager
async def database(folder: Path) -> AsyncIterator[Database]:
    """The compose file's mongod with other paths and a free port, empty and without users."""
    make_key(folder)
    (folder / "db").mkdir()
    port = Ports.free().mongo
    program, *arguments = containers()["mongo"]["command"]
    assert program == "mongod"
    arguments = [word.replace("/data/configdb", str(folder)) for word in arguments if word != "--bind_ip_all"]
    child = await start_child(
        "mongod",
        [
            find_mongod().program,
            *arguments,
            *("--port", str(port), "--dbpath", folder / "db", "--nounixsocket", "--quiet"),
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
        ],
        log_file=folder / "mongo.log",
    )
    try:
        await child.until(lambda: port_open(port))
        yield Database(port=port)
    finally:
        await child.kill()


def refusal(url: str, database: str) -> int | None:
    """The code with which MongoDB refuses a write into that database to the user of the URL."""
    client: MongoClient[dict[str, Any]]
    with MongoClient(url) as client:
        try:
            client[database].things.update_one({"_id": 1}, {"$inc": {"tries": 1}}, upsert=True)
        except OperationFailure as refused:
            return refused.code
    return None


def test_the_key_is_made_once_and_readable_by_its_owner_only(tmp_path: Path) -> None:
    """A second start finds the key of the first; MongoDB takes no key that others can read."""
    first = make_key(tmp_path)
    assert make_key(tmp_path) == first
    assert len(first) == 128
    assert (tmp_path / "keyfile").stat().st_mode & 0o777 == 0o400


async def test_each_user_writes_to_its_own_database_only(tmp_path: Path) -> None:
    """A service's user is let into its own database and into none of the others; nobody gets in without one."""
    async with database(tmp_path) as mongo:
        await mongo.make_users()
        for service in services():
            allowed = {name for name in services() if refusal(mongo.url_of(service), name) is None}
            assert allowed == {service}
        assert refusal(f"mongodb://127.0.0.1:{mongo.port}", "training") == UNAUTHORIZED


async def test_a_second_run_brings_passwords_up_to_date(tmp_path: Path) -> None:
    """After `up` with another password the old one is refused and the new one works; the rest stays."""
    async with database(tmp_path) as mongo:
        await mongo.make_users()
        said = await mongo.make_users(MONGO_PASSWORDS__TRAINING="another")
        assert said.splitlines() == [f"user {service}: brought up to date" for service in services()]
        old = mongo.url_of("training")
        assert refusal(old, "training") == AUTHENTICATION_FAILED
        assert refusal(old.replace("development-only-training", "another"), "training") is None
        assert refusal(mongo.url_of("supervision"), "supervision") is None


async def test_a_wrong_administrator_ends_the_run(tmp_path: Path) -> None:
    """With another administrator's password than the data was made with, nothing starts on half a set-up."""
    async with database(tmp_path) as mongo:
        await mongo.make_users()
        with pytest.raises(subprocess.CalledProcessError) as failed:
            await mongo.make_users(MONGO_PASSWORDS__ADMIN="another")
        assert "Authentication failed" in failed.value.stdout


async def test_migrate_can_do_its_work_as_the_services_user(tmp_path: Path, stack: Stack) -> None:
    """The roles on its own database are enough for collections, validators and indexes; twice."""
    async with database(tmp_path) as mongo:
        await mongo.make_users()
        migrate = containers()["notifications-migrate"]
        here = {"MONGO_URL": mongo.url_of("notifications"), "KAFKA_URL": stack.kafka_url}
        for _ in range(2):
            await ran(
                ["python", "-m", "services.notifications", *migrate["command"]],
                {**variables(migrate), **here},
            )
        assert refusal(mongo.url_of("notifications"), "notifications") is None
