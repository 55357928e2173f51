"""Carries out strikes: never more than one database node, or the broker, is away at a time."""

import asyncio
import os
import signal
from collections.abc import Callable, Coroutine, Mapping, Sequence
from contextlib import suppress
from typing import Any

from deploy.local.processes import Child
from tests.chaos.fleet import Process
from tests.chaos.history import Record
from tests.chaos.schedule import Schedule, Strike
from tests.chaos.servers import Servers


class Havoc:
    """Strikes one after the other, each mended by itself; `kills` counts servers killed, not processes."""

    def __init__(
        self, servers: Servers, processes: Sequence[Process], schedule: Schedule, faults: Record
    ) -> None:
        self._servers = servers
        self._processes = processes
        self._schedule = schedule
        self._faults = faults
        self._mongo, self._kafka = asyncio.Lock(), asyncio.Lock()
        self._begun: list[asyncio.Task[None]] = []
        self._of_servers = 0
        self._do: Mapping[str, Callable[[Strike], Coroutine[Any, Any, None]]] = {
            "kill process": self._kill_process,
            "pause process": self._pause_process,
            "kill broker": self._kill_broker,
            "pause broker": self._pause_broker,
            "kill primary": self._kill_mongod,
            "kill secondary": self._kill_mongod,
            "pause mongod": self._pause_mongod,
            "step down": self._step_down,
            "cut from kafka": self._cut_from_kafka,
            "cut from mongo": self._cut_from_mongo,
            "reset": self._reset,
        }

    @property
    def kills(self) -> int:
        """Everything that was killed with SIGKILL so far."""
        return self._of_servers + sum(process.kills for process in self._processes)

    async def until_killed(self, kills: int) -> None:
        """Strike until so many were killed; what is broken then is mended later, see `mended`.

        Raises what a strike raised: what it broke might stay so, and the run would only look slow.
        """
        while self.kills < kills:
            strike = self._schedule.next_strike()
            await asyncio.sleep(strike.after_s)
            for task in self._begun:
                if task.done():
                    task.result()
            self._begun.append(asyncio.create_task(self._do[strike.kind](strike), name=strike.kind))

    async def mended(self) -> None:
        """Wait until nothing is broken any more. Raises what a strike raised."""
        await asyncio.gather(*self._begun)

    async def _kill_process(self, strike: Strike) -> None:
        # Whoever is to end at a step of its own is left to come to it.
        others = [process for process in self._processes if not process.may_break_itself]
        process = (others or self._processes)[strike.target % len(others or self._processes)]
        if await process.kill():
            self._note(strike, process.name)

    async def _pause_process(self, strike: Strike) -> None:
        process = self._process(strike)
        if process.running:
            self._note(strike, process.name)
            process.pause()
            await asyncio.sleep(strike.seconds)
            process.go_on()

    async def _kill_broker(self, strike: Strike) -> None:
        if self._kafka.locked():
            return  # One is away already.
        async with self._kafka:
            self._note(strike, "kafka")
            await self._servers.kafka.kill()
            self._of_servers += 1
            await asyncio.sleep(min(strike.seconds, 5))
            await self._servers.kafka.start()

    async def _pause_broker(self, strike: Strike) -> None:
        if self._kafka.locked():
            return  # One is away already.
        async with self._kafka:
            self._note(strike, "kafka")
            await _paused(self._servers.kafka.child, strike.seconds)

    async def _kill_mongod(self, strike: Strike) -> None:
        if self._mongo.locked():
            return  # One is away already.
        async with self._mongo:
            leader = await self._servers.mongo.primary()
            others = [one for one in self._servers.mongo.members if one is not leader]
            member = leader if strike.kind == "kill primary" else others[strike.target % len(others)]
            self._note(strike, member.name)
            await member.kill()
            self._of_servers += 1
            await asyncio.sleep(strike.seconds)
            await member.start()
            await self._servers.mongo.caught_up()

    async def _pause_mongod(self, strike: Strike) -> None:
        if self._mongo.locked():
            return  # One is away already.
        async with self._mongo:
            members = self._servers.mongo.members
            member = members[strike.target % len(members)]
            self._note(strike, member.name)
            await _paused(member.child, strike.seconds)
            await self._servers.mongo.caught_up()

    async def _step_down(self, strike: Strike) -> None:
        if self._mongo.locked():
            return  # One is away already.
        async with self._mongo:
            self._note(strike, await self._servers.mongo.step_down())
            await self._servers.mongo.caught_up()

    async def _cut_from_kafka(self, strike: Strike) -> None:
        client = self._client(strike)
        self._note(strike, client)
        self._servers.kafka.proxy.cut(client)
        await asyncio.sleep(strike.seconds)
        await self._servers.kafka.proxy.mend(client)

    async def _cut_from_mongo(self, strike: Strike) -> None:
        client = self._client(strike)
        self._note(strike, client)
        proxies = [member.proxy for member in self._servers.mongo.members]
        for proxy in proxies:
            proxy.cut(client)
        await asyncio.sleep(strike.seconds)
        for proxy in proxies:
            await proxy.mend(client)

    async def _reset(self, strike: Strike) -> None:
        client = self._client(strike)
        self._note(strike, client)
        for proxy in self._servers.proxies:
            proxy.reset(client)

    def _process(self, strike: Strike) -> Process:
        return self._processes[strike.target % len(self._processes)]

    def _client(self, strike: Strike) -> str:
        """How a service is known to the servers: MongoDB's appname, Kafka's client id."""
        return f"peerpath-{self._process(strike).program.name}"

    def _note(self, strike: Strike, target: str) -> None:
        self._faults.note(strike.kind, target=target, seconds=round(strike.seconds, 1))


async def _paused(child: Child | None, seconds: float) -> None:
    assert child is not None
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGSTOP)
    await asyncio.sleep(seconds)
    with suppress(ProcessLookupError):
        os.killpg(child.pid, signal.SIGCONT)
