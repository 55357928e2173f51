"""The embedded stack as one async context manager: enter it, use its `urls`, leave it and all of it stops."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from deploy.local.data import DataFolder, FreeBytes, free_bytes
from deploy.local.errors import UnknownService
from deploy.local.given import check_kafka, service_urls
from deploy.local.jars import KAFKA_VERSION, JarStore
from deploy.local.kafka import KafkaNode, find_java
from deploy.local.mail import MailNode
from deploy.local.mongo import ADMIN, MongoNode, find_mongod
from deploy.local.ports import Ports, check_ports
from deploy.local.processes import Child
from deploy.local.say import Say, say_on_stderr
from deploy.local.settings import GivenServers, LocalSettings
from deploy.local.waiting import all_at_once

SERVICES = ("recruitment", "training", "supervision", "notifications")


@dataclass(frozen=True)
class StackUrls:
    """How to reach what runs. `mongo` holds one connection string per service, `kafka` is host:port."""

    mongo_admin: str
    mongo: Mapping[str, str]
    kafka: str
    smtp_host: str
    smtp_port: int
    mail_page: str

    def mongo_for(self, service: str) -> str:
        """The connection string of that service's own user, who sees that service's own database only."""
        try:
            return self.mongo[service]
        except KeyError:
            raise UnknownService(
                f"the stack has no database for {service!r}, only for {', '.join(self.mongo)}: "
                f"name it in EmbeddedStack(services=...)."
            ) from None


class EmbeddedStack:
    """MongoDB, Kafka and (unless `mail` is False) the mail catcher. Entering it raises StackError.

    A server that is `given` is used in place of our own. `more_ports` are those of whoever uses the stack, by
    name: they are looked at together with its own, before anything starts.
    """

    urls: StackUrls

    def __init__(
        self,
        *,
        data: Path,
        ports: Ports | None = None,
        say: Say = say_on_stderr,
        mail: bool = True,
        services: Sequence[str] = SERVICES,
        given: GivenServers | None = None,
        more_ports: Mapping[str, int] | None = None,
        settings: LocalSettings | None = None,
        free_bytes: FreeBytes = free_bytes,
    ) -> None:
        self._folder = DataFolder(data, say=say, free_bytes=free_bytes)
        self._ports = ports or Ports.free()
        self._given = given or GivenServers.none()
        self._more_ports = more_ports or {}
        self._say = say
        self._with_mail = mail
        self._services = tuple(services)
        self._jars = JarStore((settings or LocalSettings()).cache_folder / "jars", say=say)
        self._running: dict[str, Child] = {}
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Starts everything at once and returns when all of it answers."""
        try:
            await self._open()
        except BaseException:
            await self._close()
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops in the reverse order of dependence: mail, Kafka, MongoDB."""
        await self._close()

    async def _open(self) -> None:
        given = self._given
        mongod = None if given.mongo_url else find_mongod()
        java = None if given.kafka_url else find_java()
        versions = {"mongodb": mongod.series} if mongod else {}
        versions |= {"kafka": KAFKA_VERSION} if java else {}
        self._exit.enter_context(self._folder.held(versions))
        check_ports({**self._own_ports(), **self._more_ports})
        folder, passwords = self._folder.path, self._folder.passwords([ADMIN, *self._services])
        if mongod:
            self._folder.secret("mongo.key")
            self._mongo = MongoNode(mongod=mongod, port=self._ports.mongo, folder=folder, passwords=passwords)
        if java:
            self._kafka = KafkaNode(
                java=java, port=self._ports.kafka, controller_port=self._ports.kafka_controller, folder=folder
            )
        self._mail = MailNode(smtp_port=self._ports.smtp, page_port=self._ports.mail_page, folder=folder)
        self.urls = await self._make_urls({name: passwords[name] for name in self._services})
        await all_at_once(self._starts())

    def _own_ports(self) -> dict[str, int]:
        ports, given = self._ports, self._given
        own = {} if given.mongo_url else {"mongo": ports.mongo}
        own |= {} if given.kafka_url else {"kafka": ports.kafka, "kafka controller": ports.kafka_controller}
        return own | ({"smtp": ports.smtp, "mail page": ports.mail_page} if self._with_mail else {})

    def _starts(self) -> Iterable[Coroutine[Any, Any, None]]:
        if not self._given.mongo_url:
            yield self.start_mongo()
        if not self._given.kafka_url:
            yield self.start_kafka()
        if self._with_mail:
            yield self._start_mail()

    async def _make_urls(self, passwords: Mapping[str, str]) -> StackUrls:
        """Raises GivenServerUnusable when what was given is not there."""
        given, ports = self._given, self._ports
        if given.kafka_url:
            await check_kafka(given.kafka_url)
        if given.mongo_url:
            admin = given.mongo_url.get_secret_value()
            mongo = await service_urls(admin, passwords, say=self._say)
        else:
            admin = self._mongo.url_for(ADMIN)
            mongo = {service: self._mongo.url_for(service) for service in self._services}
        return StackUrls(
            mongo_admin=admin,
            mongo=mongo,
            kafka=given.kafka_url or self._kafka.bootstrap,
            smtp_host="127.0.0.1",
            smtp_port=ports.smtp,
            mail_page=self._mail.page,
        )

    async def _close(self) -> None:
        try:
            for name in ("mail", "kafka", "mongod"):
                await self._stop(name)
        finally:
            for child in self._running.values():  # only what a second Ctrl-C interrupted is left here
                await child.kill()
            await self._exit.aclose()

    async def until_a_child_dies(self) -> NoReturn:
        """Waits for ever; raises ChildDied when one of the children ends by itself."""
        waiting = [asyncio.create_task(child.died()) for child in self._running.values()]
        try:
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waiting:
                task.cancel()
        raise done.pop().result()

    async def start_mongo(self) -> None:
        """Starts mongod on the same port and data; returns when it takes writes."""
        await self._timed("mongod", self._mongo.start)

    async def kill_mongo(self) -> None:
        """Ends mongod as a crash would (SIGKILL)."""
        await self._kill("mongod")

    async def start_kafka(self) -> None:
        """Starts the broker on the same port and data; returns when it answers."""

        async def start() -> Child:
            return await self._kafka.start(await self._jars.class_path())

        await self._timed("kafka", start)

    async def stop_kafka(self) -> None:
        """Stops the broker in order (SIGTERM)."""
        await self._stop("kafka")

    async def kill_kafka(self) -> None:
        """Ends the broker as a crash would (SIGKILL)."""
        await self._kill("kafka")

    async def _start_mail(self) -> None:
        await self._timed("mail", self._mail.start)

    async def _timed(self, name: str, start: Callable[[], Awaitable[Child]]) -> None:
        began = time.monotonic()
        self._running[name] = await start()
        self._say(f"{name}: ready in {time.monotonic() - began:.1f} s")

    async def _stop(self, name: str) -> None:
        if name in self._running:
            began = time.monotonic()
            await self._running[name].stop()
            del self._running[name]
            self._say(f"{name}: stopped in {time.monotonic() - began:.1f} s")

    async def _kill(self, name: str) -> None:
        if name in self._running:
            await self._running.pop(name).kill()
