import asyncio
import os
import sys
import tempfile
from pathlib import Path

import psutil
import pytest

REPOSITORY = Path(__file__).resolve().parents[2]


@pytest.mark.timeout(300)
async def test_an_applicant_becomes_a_certified_mentor() -> None:
    """From application to public verification, with everybody told once and nothing left behind."""
    with tempfile.TemporaryDirectory() as folder:
        journey = await begun(folder)
        try:
            told, _ = await journey.communicate()
        finally:
            if journey.returncode is None:
                journey.terminate()
                await journey.wait()
        assert journey.returncode == 0, told.decode()
        assert os.listdir(folder) == []
    assert processes_in_session(journey.pid) == []


async def begun(folder: str) -> asyncio.subprocess.Process:
    """The journey as somebody runs it, in a session of its own and with `folder` for what is temporary."""
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.local", "journey"),
        cwd=REPOSITORY,
        env={"HOME": str(Path.home()), "TMPDIR": folder},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


def processes_in_session(session: int) -> list[int]:
    """Whoever still lives of what was started in a session."""
    return [pid for pid in psutil.pids() if session_of(pid) == session]


def session_of(pid: int) -> int | None:
    """None for a process that has just ended."""
    try:
        return os.getsid(pid)
    except ProcessLookupError:
        return None
