"""The servers of a run: three mongods and a broker, each behind a proxy, the mail catcher and the issuer."""

import sys
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from deploy.local.jars import JarStore
from deploy.local.kafka import KafkaNode, find_java
from deploy.local.mail import MailNode
from deploy.local.ports import free_ports
from deploy.local.processes import Child, start_child
from deploy.local.say import Say
from deploy.local.settings import LocalSettings
from tests.chaos.replica_set import ReplicaSet, replica_set
from tests.support.proxy import Proxy

REPOSITORY = Path(__file__).resolve().parents[2]


class Broker:
    """The one Kafka broker, whose clients find it at its proxy."""

    def __init__(self, folder: Path, *, say: Say) -> None:
        port, self._controller_port, proxy_port = free_ports(3)
        self.proxy = Proxy(port=proxy_port, target=port)
        self._node = KafkaNode(
            java=find_java(),
            port=port,
            controller_port=self._controller_port,
            folder=folder,
            advertised_port=proxy_port,
        )
        self._jars = JarStore(LocalSettings().cache_folder / "jars", say=say)
        self.child: Child | None = None

    @property
    def url(self) -> str:
        """Where clients begin."""
        return f"127.0.0.1:{self.proxy.port}"

    async def start(self) -> None:
        """Start it on its data; returns when it answers."""
        self.child = await self._node.start(await self._jars.class_path())

    async def kill(self) -> None:
        """SIGKILL."""
        if self.child is not None:
            await self.child.kill()


@dataclass(frozen=True, kw_only=True)
class Servers:
    """What runs, and where."""

    mongo: ReplicaSet
    kafka: Broker
    mail_port: int
    mail_page: str
    issuer: str

    @property
    def proxies(self) -> Iterable[Proxy]:
        """All ways to a server of data."""
        return (self.kafka.proxy, *(member.proxy for member in self.mongo.members))


@asynccontextmanager
async def servers(folder: Path, *, users: Sequence[str], say: Say) -> AsyncIterator[Servers]:
    """All of them on new data for the length of the block; killed at its end."""
    async with AsyncExitStack() as exits:
        mongo = await exits.enter_async_context(replica_set(folder, users))
        kafka = Broker(folder, say=say)
        await exits.enter_async_context(kafka.proxy.running())
        exits.push_async_callback(kafka.kill)
        await kafka.start()
        smtp, page, issuer_port = free_ports(3)
        mail = MailNode(smtp_port=smtp, page_port=page, folder=folder)
        exits.push_async_callback((await mail.start()).kill)
        url = f"http://127.0.0.1:{issuer_port}"
        issuer = await start_child(
            "issuer",
            [sys.executable, "-m", "shared.web.local_issuer", "--port", str(issuer_port)],
            log_file=folder / "issuer.log",
            cwd=REPOSITORY,
        )
        exits.push_async_callback(issuer.kill)
        await issuer.wait_ready(f"{url}/.well-known/openid-configuration")
        yield Servers(mongo=mongo, kafka=kafka, mail_port=smtp, mail_page=mail.page, issuer=url)
