"""The journey as somebody runs it: `python -m deploy.local journey`."""

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import psutil

from deploy.local.ports import free_port
from tests.support.embedded import needs_embedded
from tests.support.stack import without_given_servers

REPOSITORY = Path(__file__).resolve().parents[2]


@needs_embedded
async def test_an_applicant_becomes_a_certified_mentor(tmp_path: Path) -> None:
    """From application to public verification, with everybody told once and nothing left behind."""
    async with journey(tmp_path) as running:
        told, _ = await running.communicate()
    assert running.returncode == 0, told.decode()
    assert os.listdir(tmp_path) == []
    assert processes_in_session(running.pid) == []


@needs_embedded
async def test_an_interrupted_journey_is_no_success(tmp_path: Path) -> None:
    """Ctrl-C ends it with 130, with nothing left behind."""
    async with journey(tmp_path) as running:
        assert running.stdout is not None
        async for line in running.stdout:
            if b"mongod: ready" in line:
                break
        running.send_signal(signal.SIGINT)
        await running.communicate()
    assert running.returncode == 128 + signal.SIGINT
    assert os.listdir(tmp_path) == []
    assert processes_in_session(running.pid) == []


async def test_a_journey_that_fails_keeps_its_logs(tmp_path: Path) -> None:
    """The folder stays, and where it is is said: here of one that is sent to a Kafka that is not there."""
    port = free_port()
    async with journey(tmp_path, KAFKA_URL=f"127.0.0.1:{port}", MONGO_URL="mongodb://nobody") as running:
        told, _ = await running.communicate()
    assert running.returncode == 1
    [kept] = os.listdir(tmp_path)
    assert f"the logs are kept in {tmp_path / kept};" in told.decode()
    assert re.search(r"^KAFKA_URL=.* no Kafka answers there", told.decode(), re.MULTILINE)


@asynccontextmanager
async def journey(folder: Path, **more: str) -> AsyncIterator[asyncio.subprocess.Process]:
    """The journey in a session of its own, with `folder` for what is temporary; ended if it still runs."""
    environment: Mapping[str, str] = {**without_given_servers(), "TMPDIR": str(folder), **more}
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local", "journey"),
        cwd=REPOSITORY,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        yield running
    finally:
        if running.returncode is None:
            running.terminate()
            await running.wait()


def processes_in_session(session: int) -> list[int]:
    """Whoever still lives of what was started in a session."""
    return [pid for pid in psutil.pids() if session_of(pid) == session]


def session_of(pid: int) -> int | None:
    """None for a process that has just ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
