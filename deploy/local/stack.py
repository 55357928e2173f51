"""The embedded stack as one async context manager: enter it, use its `urls`, leave it and all of it stops."""

import asyncio
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NoReturn, Self

from deploy.local.data import DataFolder, FreeBytes, free_bytes
from deploy.local.errors import UnknownService
from deploy.local.jars import KAFKA_VERSION, JarStore
from deploy.local.kafka import KafkaNode, find_java
from deploy.local.mail import MailNode
from deploy.local.mongo import ADMIN, MongoNode, find_mongod
from deploy.local.ports import Ports
from deploy.local.processes import Child
from deploy.local.settings import LocalSettings

SERVICES = ("recruitment", "training", "supervision", "notifications")

Say = Callable[[str], None]


def say_on_stderr(line: str) -> None:
    """Progress goes to stderr, so that what a program reads on stdout stays clean."""
    print(line, file=sys.stderr, flush=True)


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
    """MongoDB, Kafka and (unless `mail` is False) the mail catcher. Entering it raises StackError."""

    urls: StackUrls

    def __init__(
        self,
        *,
        data: Path,
        ports: Ports | None = None,
        say: Say = say_on_stderr,
        mail: bool = True,
        services: Sequence[str] = SERVICES,
        settings: LocalSettings | None = None,
        free_bytes: FreeBytes = free_bytes,
    ) -> None:
        self._folder = DataFolder(data, say=say, free_bytes=free_bytes)
        self._ports = ports or Ports.free()
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
        mongod, java = find_mongod(), find_java()
        versions = {"mongodb": mongod.series, "kafka": KAFKA_VERSION}
        self._exit.enter_context(self._folder.held(versions))
        self._ports.check(mail=self._with_mail)
        self._folder.secret("mongo.key")
        passwords = self._folder.passwords([ADMIN, *self._services])
        folder = self._folder.path
        self._mongo = MongoNode(mongod=mongod, port=self._ports.mongo, folder=folder, passwords=passwords)
        self._kafka = KafkaNode(
            java=java, port=self._ports.kafka, controller_port=self._ports.kafka_controller, folder=folder
        )
        self._mail = MailNode(smtp_port=self._ports.smtp, page_port=self._ports.mail_page, folder=folder)
        self.urls = self._make_urls()
        await _all_or_first_error(self.start_mongo, self.start_kafka, *([self._start_mail] * self._with_mail))

    def _make_urls(self) -> StackUrls:
        return StackUrls(
            mongo_admin=self._mongo.url_for(ADMIN),
            mongo={service: self._mongo.url_for(service) for service in self._services},
            kafka=self._kafka.bootstrap,
            smtp_host="127.0.0.1",
            smtp_port=self._ports.smtp,
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


async def _all_or_first_error(*starts: Callable[[], Any]) -> None:
    try:
        async with asyncio.TaskGroup() as group:
            for start in starts:
                group.create_task(start())
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
