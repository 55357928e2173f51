"""The service processes of a run: each is started again when it dies, as any orchestrator would."""

import asyncio
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psutil

from deploy.local.processes import Child, start_child
from deploy.local.waiting import until
from tests.chaos.history import Record
from tests.chaos.process import FATAL, Fault
from tests.chaos.servers import REPOSITORY

AGAIN_AFTER_S = 0.3
ITS_TIME_S = 40.0
"""So long a process is left to come to its own fault: a session and a lease of 10 s, and some work."""
WATCH_S = 0.25
READY_WITHIN_S = 120.0
KILLED = -signal.SIGKILL


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run: `service` is a `module:attribute`; `code` the folder its packages are in."""

    name: str
    service: str
    role: str
    settings: Mapping[str, str]
    port: int
    code: Path = REPOSITORY

    @property
    def full_name(self) -> str:
        return f"{self.name} {self.role}"

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"


@dataclass(kw_only=True)
class Process:
    """One program, kept running. `fault_for` gives the fault of its next start, unless the last has yet to strike."""

    program: Program
    folder: Path
    faults: Record
    fault_for: Callable[[], Fault | None]
    pause_s: Callable[[], float]
    kills: int = 0
    killed_itself_at: Counter[str] = field(default_factory=Counter)
    """How often at which step."""
    child: Child | None = None
    _killed_from_outside: bool = field(default=False, init=False)
    _paused: bool = False
    _fault: Fault | None = field(default=None, init=False)
    _left_over: Fault | None = field(default=None, init=False)
    _started_at: float = field(default=0.0, init=False)

    @property
    def name(self) -> str:
        return self.program.full_name

    @property
    def running(self) -> bool:
        return self.child is not None and self.child.alive

    @property
    def may_break_itself(self) -> bool:
        """Has it a fault that it may still come to?"""
        return self._fault is not None and time.monotonic() - self._started_at < ITS_TIME_S

    async def keep_running(self) -> None:
        """Until cancelled."""
        while True:
            await self._start()
            assert self.child is not None
            watcher = asyncio.create_task(self._have_it_go_on(self.child))
            try:
                await self.child.process.wait()
            finally:
                watcher.cancel()
            self._note_end(self.child.process.returncode)
            await asyncio.sleep(AGAIN_AFTER_S)

    async def kill(self) -> bool:
        """SIGKILL; False where it was not running."""
        if not self.running or self.child is None:
            return False
        self._killed_from_outside = True
        await self.child.kill()
        return True

    async def disarm(self) -> None:
        """No more faults of its own: where one is still to come, it is stopped in order and begins anew."""
        self.fault_for, self._left_over = lambda: None, None
        await until(self.answers, within_s=READY_WITHIN_S, every_s=0.5)
        if self._fault is not None and self.child is not None:
            await self.child.stop()

    def pause(self) -> None:
        """SIGSTOP."""
        self._signal(signal.SIGSTOP)
        self._paused = True

    def go_on(self) -> None:
        """SIGCONT."""
        self._paused = False
        self._signal(signal.SIGCONT)

    async def answers(self) -> bool:
        """Does it say that it can do its work?"""
        with suppress(httpx.HTTPError):
            async with httpx.AsyncClient(trust_env=False, timeout=3.0) as http:
                return (await http.get(f"{self.program.url}/health/ready")).status_code == httpx.codes.OK
        return False

    def _signal(self, number: signal.Signals) -> None:
        if self.running and self.child is not None:
            with suppress(ProcessLookupError):
                os.killpg(self.child.pid, number)

    async def _start(self) -> None:
        program, self._started_at = self.program, time.monotonic()
        self._fault = self._left_over or self.fault_for()
        settings = {**program.settings, "PORT": str(program.port), "CHAOS_STEPS": str(self.folder / "steps")}
        if self._fault is not None:
            settings["CHAOS_FAULT"] = str(self._fault)
        argv = [sys.executable, "-m", "tests.chaos.process", program.service, program.role]
        log_file = self.folder / f"{self.name.replace(' ', '-')}.log"
        self.child = await start_child(self.name, argv, log_file=log_file, env=settings, cwd=program.code)
        self.faults.note("start", target=self.name, fault=str(self._fault) if self._fault else None)

    def _note_end(self, code: int | None) -> None:
        fault = None if self._killed_from_outside or code != KILLED else self._fault
        fatal = self._fault is not None and self._fault.action in FATAL
        self._left_over = self._fault if fatal and fault is None else None
        self.kills += code == KILLED
        if fault is not None:
            self.killed_itself_at[fault.step] += 1
        self.faults.note(
            "killed" if code == KILLED else "ended", target=self.name, code=code, fault=str(fault)
        )
        self._killed_from_outside = False

    async def _have_it_go_on(self, child: Child) -> None:
        """A process that stopped itself at its step goes on some time later."""
        while child.alive:
            await asyncio.sleep(WATCH_S)
            if not self._paused and _is_stopped(child.pid):
                seconds = self.pause_s()
                self.faults.note("stopped itself", target=self.name, fault=str(self._fault), seconds=seconds)
                await asyncio.sleep(seconds)
                self.go_on()


def _is_stopped(pid: int) -> bool:
    with suppress(psutil.Error):
        return bool(psutil.Process(pid).status() == psutil.STATUS_STOPPED)
    return False


async def migrate(program: Program, folder: Path) -> None:
    """Run its `migrate` to the end."""
    child = await start_child(
        f"{program.name} migrate",
        [sys.executable, "-m", "tests.chaos.process", program.service, "migrate"],
        log_file=folder / f"{program.name}-migrate.log",
        env=program.settings,
        cwd=program.code,
    )
    await child.finish()


@asynccontextmanager
async def kept_running(processes: Sequence[Process]) -> AsyncIterator[None]:
    """All of them for the length of the block, which begins when all are ready."""
    tasks = [asyncio.create_task(process.keep_running(), name=process.name) for process in processes]
    try:
        await all_ready(processes)
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.gather(*(process.kill() for process in processes))


async def all_ready(processes: Sequence[Process]) -> None:
    """Wait until each says that it can do its work."""

    async def ready() -> bool:
        return all(await asyncio.gather(*(process.answers() for process in processes)))

    await until(ready, within_s=READY_WITHIN_S, every_s=0.5)
