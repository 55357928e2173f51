"""The whole platform as one async context manager: the embedded stack, the issuer and every service's processes."""

import asyncio
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from deploy.local.ports import Ports, free_ports
from deploy.local.processes import Child, start_child
from deploy.local.say import Say, say_on_stderr
from deploy.local.settings import GivenServers
from deploy.local.stack import SERVICES, EmbeddedStack, StackUrls
from deploy.local.waiting import all_at_once

_REPOSITORY = Path(__file__).resolve().parents[2]
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
        stack, services = 5, len(SERVICES)
        chosen = free_ports(stack + 1 + 2 * services)
        return cls(
            stack=Ports(*chosen[:stack]),
            issuer=chosen[stack],
            apis=dict(zip(SERVICES, chosen[-2 * services : -services], strict=True)),
            workers=dict(zip(SERVICES, chosen[-services:], strict=True)),
        )

    @property
    def of_processes(self) -> Mapping[str, int]:
        """Every port but the stack's own, by the name of the process."""
        return {
            "issuer": self.issuer,
            **{f"{name} api": port for name, port in self.apis.items()},
            **{f"{name} worker": port for name, port in self.workers.items()},
        }


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

    def __init__(
        self,
        *,
        data: Path,
        ports: PlatformPorts,
        given: GivenServers | None = None,
        say: Say = say_on_stderr,
    ) -> None:
        self._data = data.resolve()
        self._ports = ports
        self._say = say
        self._stack = EmbeddedStack(
            data=data, ports=ports.stack, more_ports=ports.of_processes, given=given, say=say
        )
        self._tiers = {tier: _Tier() for tier in _STOP_ORDER}
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """The stack, then the issuer and every migration, then every process."""
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
        await self._exit.enter_async_context(self._stack)
        self.urls = self._make_urls()
        await all_at_once([self._start_issuer(), *(self._migrate(name) for name in SERVICES)])
        await all_at_once(self._start(name, role) for name, role in _processes())

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
        began = time.monotonic()
        child = await start_child(
            f"{name} migrate",
            [sys.executable, "-m", f"services.{name}", "migrate"],
            log_file=self._data / f"{name}-migrate.log",
            env=self._settings(name, port=0),
            cwd=_REPOSITORY,
        )
        await child.finish()
        self._say(f"{name} migrate: done in {time.monotonic() - began:.1f} s")

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
        began = time.monotonic()
        child = await start_child(
            name,
            [sys.executable, *words],
            log_file=self._data / f"{name.replace(' ', '-')}.log",
            env=env,
            cwd=_REPOSITORY,
        )
        self._tiers[tier].children.append(child)
        await child.wait_ready(ready)
        self._say(f"{name}: ready in {time.monotonic() - began:.1f} s")

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
