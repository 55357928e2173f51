"""One run: servers, services, load and faults; then quiet, and the checker in a process of its own."""

import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import httpx

from deploy.local.people import Town
from deploy.local.say import Say
from deploy.local.stack import SERVICES
from shared.steps import Step
from tests.chaos import platform
from tests.chaos.asking import PATIENCE_S, AskAgain
from tests.chaos.fleet import Process, Program, all_ready, kept_running
from tests.chaos.havoc import Havoc
from tests.chaos.history import Record
from tests.chaos.load import Load
from tests.chaos.schedule import Schedule
from tests.chaos.servers import REPOSITORY, Servers, servers

SITES, PEOPLE = 3, 2
"""Busy at once: three sites with two people each, which two cores hold beside everything else."""
REPORT_EVERY_S = 15.0
REST_WITHIN_S = 180.0
MANY, MAIL_WITHIN_S = 100, 420.0
"""After so many kills also e-mails are waited for whose sender was killed: its claim lasts five minutes."""


@dataclass(frozen=True, kw_only=True)
class Options:
    """What to run, and how much more time everything has than by itself."""

    kills: int
    seed: int
    pace: float
    folder: Path


async def run(options: Options, *, say: Say) -> int:
    """Run it and check it; the checker's exit code, 0 where every number is 0."""
    began = time.monotonic()
    with Record(options.folder / "faults.jsonl") as faults:
        async with servers(options.folder, users=SERVICES, say=say) as running:
            programs = platform.programs(running)
            await platform.migrate_all(programs, options.folder)
            schedule = Schedule(options.seed, pace=options.pace)
            processes = platform.processes(programs, folder=options.folder, faults=faults, schedule=schedule)
            havoc = Havoc(running, processes, schedule, faults)
            async with kept_running(processes):
                say(f"ready after {time.monotonic() - began:.0f} s")
                async with town(programs, running, options.folder) as (people, history):
                    await _under_load(options, people, history, havoc, processes, say=say)
                await all_ready(processes)
                for line in _steps(options.folder, processes):
                    say(line)
                say(f"{havoc.kills} kills in {time.monotonic() - began:.0f} s; checking")
                return await _check(running, options.folder, kills=havoc.kills)


async def _under_load(
    options: Options,
    town: Town,
    history: Record,
    havoc: Havoc,
    processes: Sequence[Process],
    *,
    say: Say,
) -> None:
    """People get on while things break; then nothing breaks any more, and each story ends with its act."""
    over = asyncio.Event()
    load = Load(town, history, seed=options.seed, sites=SITES, people=PEOPLE, enough=over.is_set)
    async with asyncio.TaskGroup() as group:
        group.create_task(load.run())
        reporting = group.create_task(_report(havoc, load, options, say))
        await havoc.until_killed(options.kills)
        over.set()
        reporting.cancel()
        await asyncio.gather(havoc.mended(), *(process.disarm() for process in processes))


async def _report(havoc: Havoc, load: Load, options: Options, say: Say) -> None:
    while True:
        await asyncio.sleep(REPORT_EVERY_S)
        say(f"kills {havoc.kills} of {options.kills}; people {load.begun}, certified {load.finished}")


def _steps(folder: Path, processes: Sequence[Process]) -> Iterator[str]:
    """Which of the named steps the services have been at, and which were the end of one."""
    reached = set((folder / "steps").read_text().split())
    never = [step.value for step in Step if step not in reached]
    yield f"{len(Step) - len(never)} of {len(Step)} steps reached" + (f"; never {never}" if never else "")
    killed: Counter[str] = sum((process.killed_itself_at for process in processes), Counter())
    counts = ", ".join(f"{step.removeprefix('peerpath.')} {killed[step]}" for step in Step)
    yield f"killed at a step of their own: {counts}"


@asynccontextmanager
async def town(
    programs: Sequence[Program], servers: Servers, folder: Path
) -> AsyncIterator[tuple[Town, Record]]:
    """People in front of the services who ask again until they are answered, and the history of it."""
    services = {program.port: program.name for program in programs if program.role == "api"}
    with Record(folder / "history.jsonl") as history:
        async with httpx.AsyncClient(transport=AskAgain(history, services), trust_env=False) as http:
            urls = platform.urls(programs, servers)
            yield Town(http, urls, now=datetime.now(UTC), patience_s=PATIENCE_S), history


async def _check(servers: Servers, folder: Path, *, kills: int) -> int:
    """What the checker says on stdout is passed on; returns its exit code."""
    where = {
        "mongo": servers.mongo.url_for("admin"),
        "kafka": servers.kafka.url,
        "databases": {name: name for name in SERVICES},
        "kills": kills,
        "rules": "platform",
        "rest_within_s": REST_WITHIN_S,
        "mail_within_s": MAIL_WITHIN_S if kills >= MANY else 0.0,
    }
    (folder / "where.json").write_text(json.dumps(where))
    checker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.chaos.checker", str(folder), cwd=REPOSITORY
    )
    return await checker.wait()
