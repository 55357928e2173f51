"""Who ends when, and what is left: the stack as the process a person starts and stops."""

import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest
from pymongo import AsyncMongoClient

from deploy.local.processes import Child, start_child
from tests.support.embedded import needs_embedded
from tests.support.stack import without_given_servers

pytestmark = needs_embedded
Client = AsyncMongoClient[dict[str, Any]]
REPOSITORY = Path(__file__).resolve().parents[2]


class Up:
    """A running `python -m deploy.local up --json`, its addresses and its children."""

    def __init__(self, child: Child) -> None:
        self.child = child

    @property
    def lines(self) -> list[str]:
        log = self.child.log_file.read_bytes()[self.child.log_start :]
        return log.decode().splitlines()

    @property
    def urls(self) -> dict[str, Any]:
        [line] = [line for line in self.lines if line.startswith("{")]
        addresses: dict[str, Any] = json.loads(line)
        return addresses

    @property
    def children(self) -> dict[str, psutil.Process]:
        return {
            process.name(): process for process in psutil.Process(self.child.pid).children(recursive=True)
        }

    async def ready(self) -> bool:
        return any(line.startswith("{") for line in self.lines)

    async def exit_code(self) -> int:
        return await self.child.process.wait()


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests here: each also shows that what the one before left can be started again."""
    return tmp_path_factory.mktemp("lifetime") / "data"


@asynccontextmanager
async def up(data: Path) -> AsyncIterator[Up]:
    child = await start_child(
        "up",
        [sys.executable, "-m", "deploy.local", "up", "--data", data, "--free-ports", "--json"],
        log_file=data.with_suffix(".log"),
        env=without_given_servers(),
        cwd=REPOSITORY,
    )
    try:
        running = Up(child)
        await child.until(running.ready)
        yield running
    finally:
        await child.kill()


async def test_a_killed_parent_leaves_no_orphan_and_no_loss(data: Path) -> None:
    """SIGKILL of the parent ends all its children; the next run takes up the same data, on other ports."""
    async with up(data) as first:
        children = first.children
        assert {"mongod", "java"} < set(children)
        async with Client(first.urls["mongo"]["training"]) as client:
            await client.get_default_database()["kept"].insert_one({"_id": 1})
        os.kill(first.child.pid, signal.SIGKILL)
        assert await first.exit_code() == -signal.SIGKILL
        _, alive = psutil.wait_procs(list(children.values()), timeout=60)
        assert alive == []

    async with up(data) as second:
        assert any("the last run" in line and "was killed" in line for line in second.lines)
        async with Client(second.urls["mongo"]["training"]) as client:
            assert await client.get_default_database()["kept"].count_documents({}) == 1


async def test_ctrl_c_stops_in_order(data: Path) -> None:
    """Ctrl-C stops mail, then Kafka, then MongoDB, and is no failure; nothing claims to have been killed."""
    async with up(data) as running:
        children = running.children
        os.kill(running.child.pid, signal.SIGINT)
        assert await running.exit_code() == 0
        stopped = [line.split(":")[0] for line in running.lines if ": stopped in" in line]
        assert stopped == ["mail", "kafka", "mongod"]
        assert not any(process.is_running() for process in children.values())
        assert not any(name.endswith(".pid") for name in os.listdir(data))


async def test_a_child_that_dies_ends_the_stack_with_its_name(data: Path) -> None:
    """When mongod is killed under a running stack, the stack stops, says who died and ends with code 1."""
    async with up(data) as running:
        running.children["mongod"].kill()
        assert await running.exit_code() == 1
        assert any(line.startswith("mongod was ended by signal 9: see") for line in running.lines)
