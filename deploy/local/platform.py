"""The whole platform as one async context manager: the embedded stack, the issuer and every service's processes."""

import asyncio
import random
import sys
import time
from collections.abc import Coroutine, Iterator, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from deploy.local.errors import PortTaken, StackError
from deploy.local.ports import Ports, is_free
from deploy.local.processes import Child, start_child
from deploy.local.stack import SERVICES, EmbeddedStack, Say, StackUrls, say_on_stderr

_REPOSITORY = Path(__file__).resolve().parents[2]
_FREE_RANGE = range(20_000, 32_000)
_STOP_ORDER = ("api", "worker", "issuer")
"""First nobody can ask for anything new, then what was asked is published, then nobody needs a token."""


@dataclass(frozen=True, kw_only=True)
class PlatformPorts:
    """One port per listener. `fixed` are those of `make run`."""

    stack: Ports
    issuer: int
    apis: Mapping[str, int]
    workers: Mapping[str, int]

    @classmethod
    def fixed(cls) -> Self:
        """APIs from 8001, workers from 8101, in the order of the story."""
        return cls(
            stack=Ports(),
            issuer=8090,
            apis={name: 8001 + place for place, name in enumerate(SERVICES)},
            workers={name: 8101 + place for place, name in enumerate(SERVICES)},
        )

    @classmethod
    def free(cls) -> Self:
        """Ports nobody listens on now; for tests and the journey."""
        stack = Ports.free()
        taken = set(vars(stack).values())
        chosen = _free_ports(taken)
        return cls(
            stack=stack,
            issuer=next(chosen),
            apis={name: next(chosen) for name in SERVICES},
            workers={name: next(chosen) for name in SERVICES},
        )

    def check(self) -> None:
        """Raises PortTaken for the first port of issuer or services that is in use."""
        for name, port in {
            "issuer": self.issuer,
            **{f"{name} api": port for name, port in self.apis.items()},
            **{f"{name} worker": port for name, port in self.workers.items()},
        }.items():
            if not is_free(port):
                raise PortTaken(
                    f"port {port} ({name}) is taken by another program: end it, or choose other ports."
                )


def _free_ports(taken: set[int]) -> Iterator[int]:
    for port in random.SystemRandom().sample(_FREE_RANGE, k=400):
        if port not in taken and is_free(port):
            yield port
    raise PortTaken("no free port was found between 20000 and 32000: end some programs.")


@dataclass(frozen=True, kw_only=True)
class PlatformUrls:
    """Where everything answers. `apis` and `workers` hold one base URL per service."""

    stack: StackUrls
    issuer: str
    apis: Mapping[str, str]
    workers: Mapping[str, str]


@dataclass
class _Tier:
    """Processes that start and stop together."""

    children: list[Child] = field(default_factory=list)

    async def stop(self) -> None:
        """All at once, each with its own grace."""
        await asyncio.gather(*(child.stop() for child in self.children))

    async def kill(self) -> None:
        """Whatever is left."""
        for child in self.children:
            await child.kill()


class Platform:
    """Entering it returns when every process is ready, and raises StackError when one can't be."""

    urls: PlatformUrls

    def __init__(self, *, data: Path, ports: PlatformPorts, say: Say = say_on_stderr) -> None:
        self._data = data.resolve()
        self._ports = ports
        self._say = say
        self._stack = EmbeddedStack(data=data, ports=ports.stack, say=say)
        self._tiers = {tier: _Tier() for tier in _STOP_ORDER}
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Stack and issuer, then every migration, then every process."""
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """APIs, workers, issuer, stack: in that order."""
        await self._close()

    async def until_a_child_dies(self) -> NoReturn:
        """Waits for ever; raises ChildDied when any process ends by itself."""
        watching: list[asyncio.Task[Any]] = [asyncio.create_task(self._stack.until_a_child_dies())]
        for tier in self._tiers.values():
            watching += [asyncio.create_task(child.died()) for child in tier.children]
        try:
            done, _ = await asyncio.wait(watching, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in watching:
                task.cancel()
        raise done.pop().result()

    async def _open(self) -> None:
        self._ports.check()
        await self._exit.enter_async_context(self._stack)
        self.urls = self._make_urls()
        await self._timed("issuer", self._start_issuer())
        await self._timed("migrations", _all(self._migrate(name) for name in SERVICES))
        await self._timed("services", _all(self._start(name, role) for name, role in _processes()))

    def _make_urls(self) -> PlatformUrls:
        return PlatformUrls(
            stack=self._stack.urls,
            issuer=_url(self._ports.issuer),
            apis={name: _url(port) for name, port in self._ports.apis.items()},
            workers={name: _url(port) for name, port in self._ports.workers.items()},
        )

    async def _start_issuer(self) -> None:
        await self._begin(
            "issuer",
            ["-m", "shared.web.local_issuer", "--port", str(self._ports.issuer)],
            tier="issuer",
            env={},
            ready=f"{self.urls.issuer}/.well-known/openid-configuration",
        )

    async def _migrate(self, name: str) -> None:
        child = await start_child(
            f"{name} migrate",
            [sys.executable, "-m", f"services.{name}", "migrate"],
            log_file=self._data / f"{name}-migrate.log",
            env=self._settings(name, port=0),
            cwd=_REPOSITORY,
        )
        try:
            ended = await child.died()
        finally:
            await child.kill()
        if ended.code != 0:
            raise ended

    async def _start(self, name: str, role: str) -> None:
        port = (self._ports.apis if role == "api" else self._ports.workers)[name]
        await self._begin(
            f"{name} {role}",
            ["-m", f"services.{name}", role],
            tier=role,
            env=self._settings(name, port=port),
            ready=f"{_url(port)}/health/ready",
        )

    async def _begin(
        self, name: str, words: Sequence[str], *, tier: str, env: Mapping[str, str], ready: str
    ) -> None:
        child = await start_child(
            name,
            [sys.executable, *words],
            log_file=self._data / f"{name.replace(' ', '-')}.log",
            env=env,
            cwd=_REPOSITORY,
        )
        self._tiers[tier].children.append(child)
        await child.wait_ready(ready)

    def _settings(self, name: str, *, port: int) -> Mapping[str, str]:
        """A service's whole environment: nothing of this process's own gets in, a proxy for instance."""
        stack = self.urls.stack
        return {
            "ENVIRONMENT": "development",
            "MONGO_URL": stack.mongo_for(name),
            "KAFKA_URL": stack.kafka,
            "OIDC_ISSUER": self.urls.issuer,
            "PUBLIC_URL": self.urls.apis[name],
            "PORT": str(port),
            "SMTP_HOST": stack.smtp_host,
            "SMTP_PORT": str(stack.smtp_port),
        }

    async def _timed(self, name: str, work: Coroutine[Any, Any, None]) -> None:
        began = time.monotonic()
        await work
        self._say(f"{name}: ready in {time.monotonic() - began:.1f} s")

    async def _close(self) -> None:
        try:
            for name in _STOP_ORDER:
                await self._stop(name)
        finally:
            for tier in self._tiers.values():  # only what a second Ctrl-C interrupted is left here
                await tier.kill()
            await self._exit.aclose()

    async def _stop(self, name: str) -> None:
        tier = self._tiers[name]
        if tier.children:
            began = time.monotonic()
            await tier.stop()
            self._say(f"{name}: {len(tier.children)} stopped in {time.monotonic() - began:.1f} s")


def _processes() -> list[tuple[str, str]]:
    return [(name, role) for name in SERVICES for role in ("api", "worker")]


def _url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


async def _all(works: Iterator[Coroutine[Any, Any, None]]) -> None:
    """Everything at once; the first refusal, in its own words, ends the rest."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failed:
        refusals = failed.subgroup(StackError)
        raise (refusals or failed).exceptions[0] from None
