"""The ledger service as a process of its own, for tests that end it: `python -m tests.support.ledger_process all`."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import uvicorn

from deploy.local.ports import free_port
from deploy.local.processes import Child, start_child
from shared.service import main
from shared.web import local_issuer
from tests.support.ledger_service import LEDGER

REPOSITORY = Path(__file__).resolve().parents[2]


@asynccontextmanager
async def issuer_served() -> AsyncIterator[local_issuer.LocalIssuer]:
    """The development issuer over HTTP in this process, for services that are not."""
    port = free_port()
    issuer = local_issuer.LocalIssuer(f"http://127.0.0.1:{port}")
    config = uvicorn.Config(local_issuer.create_app(issuer), port=port, log_config=None, lifespan="off")
    server = uvicorn.Server(config)
    listener = socket.create_server(("127.0.0.1", port))
    task = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield issuer
    finally:
        server.should_exit = True
        await task
        listener.close()


@dataclass(kw_only=True)
class ServiceProcess:
    """One service process that can be started, killed and started again on the same database and port."""

    module: str
    """What Python runs, with arguments before the role where it takes any."""
    role: str
    mongo_url: str
    kafka_url: str
    issuer_url: str
    database: str
    logs: Path
    port: int = field(default_factory=free_port)
    more: Mapping[str, str] = field(default_factory=dict)
    """Further settings, or others than these."""
    child: Child | None = None

    @property
    def url(self) -> str:
        """Where it answers HTTP."""
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> Child:
        """Start it; returns when it answers."""
        self.child = await self._run(self.role)
        try:
            await self.child.wait_ready(f"{self.url}/health/live")
        except BaseException:
            await self.child.kill()
            raise
        return self.child

    async def kill(self) -> None:
        """SIGKILL, as the kernel does when memory runs out."""
        if self.child is not None:
            await self.child.kill()

    def pause(self) -> None:
        """SIGSTOP: it keeps what it has and does nothing, as a process does that is out of processor time."""
        assert self.child is not None
        os.killpg(self.child.pid, signal.SIGSTOP)

    def go_on(self) -> None:
        """SIGCONT after `pause`."""
        assert self.child is not None
        os.killpg(self.child.pid, signal.SIGCONT)

    async def migrate(self) -> None:
        """Run its `migrate` role to its end."""
        await self.run("migrate")

    async def run(self, command: str) -> None:
        """Run one of its commands that end by themselves. Raises ChildDied unless it ends well."""
        await (await self._run(command)).finish()

    async def _run(self, role: str) -> Child:
        env = {
            **os.environ,
            "ENVIRONMENT": "development",
            "MONGO_URL": self.mongo_url,
            "KAFKA_URL": self.kafka_url,
            "DATABASE": self.database,
            "OIDC_ISSUER": self.issuer_url,
            "PORT": str(self.port),
            "LOG_LEVEL": "warning",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
            **self.more,
        }
        argv = [sys.executable, "-m", *self.module.split(), *role.split()]
        log_file = self.logs / f"{self.database}-{role.replace(' ', '-')}.log"
        return await start_child(f"{self.module} {role}", argv, log_file=log_file, env=env, cwd=REPOSITORY)


@asynccontextmanager
async def service_process(process: ServiceProcess) -> AsyncIterator[ServiceProcess]:
    """Migrate and start it; whatever still runs at the end is killed."""
    await process.migrate()
    await process.start()
    try:
        yield process
    finally:
        await process.kill()


if __name__ == "__main__":
    main(LEDGER)
