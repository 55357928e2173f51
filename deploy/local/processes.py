"""Child processes that never outlive us: started, watched and stopped in order."""

import asyncio
import contextlib
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import httpx

from deploy.local.errors import ChildDied, NotFromTheMainThread, NotReady
from deploy.local.files import write_whole
from deploy.local.waiting import until

_WRAPPER = Path(__file__).with_name("die_with_parent.py")
_TAIL_LINES = 12
_TAIL_BYTES = 65_536
_TAIL_WIDTH = 500
_LOG_LIMIT_BYTES = 10_000_000
_CONNECT_S = 5.0
GRACE_S = 30.0
"""How long a child has to end in order: more than the 20 s in which a service ends."""

# mongod follows the line that tells why it ends with a hundred that do not.
_MONGOD_ERRORS = ('"s":"F"', '"s":"E"')

Probe = Callable[[], Awaitable[bool]]


@dataclass(frozen=True)
class Child:
    """One running child process. `log_start` is where this run begins in a log that outlives runs."""

    name: str
    process: asyncio.subprocess.Process
    log_file: Path
    log_start: int
    pid_file: Path | None

    @property
    def pid(self) -> int:
        """The process id; also that of its process group."""
        return self.process.pid

    @property
    def alive(self) -> bool:
        """Whether it still runs."""
        return self.process.returncode is None

    def last_lines(self) -> str:
        """What it wrote last in this run, for the error a person will read."""
        with self.log_file.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self.log_start, end - _TAIL_BYTES))
            lines = log.read().decode(errors="replace").splitlines()
        lines = [line for line in lines if any(mark in line for mark in _MONGOD_ERRORS)] or lines
        return "\n".join(f"  {line[:_TAIL_WIDTH]}" for line in lines[-_TAIL_LINES:])

    async def died(self) -> ChildDied:
        """Waits until it ends and says how."""
        await self.process.wait()
        return ChildDied(self.name, self.process.returncode, self.log_file, self.last_lines())

    async def finish(self) -> None:
        """Waits for its end, of one that ends by itself; if we are interrupted it is killed.

        Raises:
            ChildDied: it did not end well.
        """
        try:
            ended = await self.died()
        finally:
            await self.kill()
        if ended.code != 0:
            raise ended

    async def until(self, probe: Probe, *, within: float = 60.0) -> None:
        """Waits for the probe to say yes.

        Raises:
            ChildDied: the child ended; at once.
            NotReady: `within` seconds passed.
        """

        async def ready() -> bool:
            if await probe():
                return True
            if not self.alive:
                raise await self.died()
            return False

        try:
            await until(ready, within_s=within)
        except TimeoutError:
            raise NotReady(
                f"{self.name} runs but was not ready within {within:.0f} s: see {self.log_file}, "
                f"which closes with:\n{self.last_lines()}"
            ) from None

    async def bring_up(self, work: Coroutine[Any, Any, None]) -> None:
        """Does the work that makes the child ready; a child that it fails on is killed.

        Raises:
            ChildDied: the child ended, whatever the work ran into because of that.
        """
        working, dying = asyncio.create_task(work), asyncio.create_task(self.died())
        try:
            await asyncio.wait((working, dying), return_when=asyncio.FIRST_COMPLETED)
            if working.done() and working.exception() is not None:
                await asyncio.wait(
                    (dying,), timeout=1.0
                )  # the work may have failed because the child is ending
            await (_raised(dying) if dying.done() else working)
        except BaseException:
            await self.kill()
            raise
        finally:
            working.cancel()
            dying.cancel()
            await asyncio.gather(working, dying, return_exceptions=True)

    async def wait_ready(self, url: str, *, within: float = 60.0) -> None:
        """Waits until a GET of `url` is answered with 200."""
        async with httpx.AsyncClient(trust_env=False, timeout=5.0) as client:

            async def answers() -> bool:
                try:
                    return (await client.get(url)).status_code == httpx.codes.OK
                except httpx.TransportError:
                    return False

            await self.until(answers, within=within)

    async def stop(self, *, grace: float = GRACE_S) -> None:
        """SIGTERM, up to `grace` seconds to finish, then SIGKILL. A second Ctrl-C skips the grace."""
        with contextlib.suppress(ProcessLookupError):
            self.process.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.process.wait(), grace)
        except TimeoutError:
            pass
        finally:
            await self.kill()

    async def kill(self) -> None:
        """SIGKILL to its whole process group, as a crash would be. Returns when it is gone."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            await self.process.wait()
        if self.pid_file is not None:
            self.pid_file.unlink(missing_ok=True)


async def start_child(
    name: str,
    argv: Sequence[str | Path],
    *,
    log_file: Path,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    pid_file: Path | None = None,
) -> Child:
    """Starts `argv` so that it ends with this process. Its output is appended to `log_file`.

    Without `env` the child has this process's environment. With `pid_file`, a later run can find what a
    killed one may have left behind.
    """
    if threading.current_thread() is not threading.main_thread():
        raise NotFromTheMainThread(
            f"{name} must be started from the main thread: it ends with the one that did."
        )
    with _open_log(log_file) as log:
        start = log.tell()
        process = await asyncio.create_subprocess_exec(
            *map(str, (sys.executable, "-I", "-S", _WRAPPER, os.getpid(), *argv)),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            env=env,
            cwd=cwd,
        )
    if pid_file is not None:
        write_whole(pid_file, str(process.pid))
    return Child(name, process, log_file, start, pid_file)


async def _raised(died: asyncio.Task[ChildDied]) -> None:
    raise died.result()


def _open_log(file: Path) -> BinaryIO:
    """Appends, so that a crash and what followed are read together; starts over when it has grown large."""
    if file.exists() and file.stat().st_size > _LOG_LIMIT_BYTES:
        file.unlink()
    return file.open("ab")


async def port_open(port: int, *, host: str = "127.0.0.1") -> bool:
    """Whether something accepts connections on that port."""
    try:
        _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), _CONNECT_S)
    except OSError:  # a TimeoutError is one
        return False
    writer.close()
    with contextlib.suppress(OSError):
        await writer.wait_closed()
    return True
