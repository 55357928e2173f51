"""A MongoDB replica set of three, each member behind a proxy of its own, through which everybody reaches it.

The proxy's address is the member's host in the set's configuration: clients and the other members know no other.
"""

import asyncio
import secrets
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import PyMongoError

from deploy.local.mongo import ADMIN, find_mongod
from deploy.local.ports import free_ports
from deploy.local.processes import Child, port_open, start_child
from deploy.local.waiting import until
from tests.support.proxy import Proxy

SET, MEMBERS = "rs0", 3
PATIENCE_S = 120.0
STEP_DOWN_S = 8
LAG = timedelta(seconds=2)
Client = AsyncMongoClient[dict[str, Any]]
_SETTINGS = {"electionTimeoutMillis": 3_000, "heartbeatIntervalMillis": 500, "chainingAllowed": True}


@dataclass(kw_only=True)
class Member:
    """One mongod on a folder of its own."""

    number: int
    program: Path
    folder: Path
    proxy: Proxy
    child: Child | None = field(default=None, init=False)

    @property
    def name(self) -> str:
        return f"mongod-{self.number}"

    @property
    def host(self) -> str:
        """Where the others find it."""
        return f"127.0.0.1:{self.proxy.port}"

    async def start(self) -> None:
        """Start it; returns when it accepts connections."""
        data = self.folder / self.name
        data.mkdir(exist_ok=True)
        argv: list[str | Path] = [
            self.program,
            *("--dbpath", data, "--port", str(self.proxy.target), "--bind_ip", "127.0.0.1"),
            *("--replSet", SET, "--keyFile", self.folder / "mongo.key"),
            *("--wiredTigerCacheSizeGB", "0.25", "--oplogSize", "256", "--nounixsocket", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            *("--setParameter", "transactionLifetimeLimitSeconds=10"),
        ]
        self.child = await start_child(self.name, argv, log_file=self.folder / f"{self.name}.log")
        await self.child.until(lambda: port_open(self.proxy.target))

    async def kill(self) -> None:
        """SIGKILL."""
        if self.child is not None:
            await self.child.kill()

    async def is_primary(self) -> bool:
        """Does it take writes? Asked past its proxy."""
        try:
            async with Client(
                "127.0.0.1", self.proxy.target, directConnection=True, serverSelectionTimeoutMS=500
            ) as anyone:
                return bool((await anyone.admin.command("hello"))["isWritablePrimary"])
        except PyMongoError:
            return False


class ReplicaSet:
    """The three members and their users."""

    def __init__(self, members: Sequence[Member], passwords: Mapping[str, str]) -> None:
        self.members = members
        self._passwords = passwords

    def url_for(self, user: str) -> str:
        """The connection string of a user whose database has the user's name."""
        hosts = ",".join(member.host for member in self.members)
        return f"mongodb://{user}:{self._passwords[user]}@{hosts}/{user}?replicaSet={SET}&authSource={user}"

    async def primary(self) -> Member:
        """Whoever takes writes, once there is one."""

        async def leader() -> Member | None:
            found = await asyncio.gather(*(member.is_primary() for member in self.members))
            return next((member for member, leads in zip(self.members, found, strict=True) if leads), None)

        found = await until(leader, within_s=PATIENCE_S, every_s=0.1)
        assert found is not None
        return found

    async def step_down(self) -> str:
        """The primary makes way in order; returns its name, or nothing where that could not be."""
        leader = await self.primary()
        async with self._admin(leader) as admin:
            with suppress(PyMongoError):  # It closes our connection, too.
                await admin.admin.command("replSetStepDown", STEP_DOWN_S, secondaryCatchUpPeriodSecs=5)
        return leader.name

    async def initiate(self) -> None:
        """Make the set and its users."""
        first = self.members[0]
        members = [{"_id": one.number, "host": one.host} for one in self.members]
        async with Client("127.0.0.1", first.proxy.target, directConnection=True) as anyone:
            config = {"_id": SET, "members": members, "settings": _SETTINGS}
            await anyone.admin.command("replSetInitiate", config)
        leader = await self.primary()
        async with Client("127.0.0.1", leader.proxy.target, directConnection=True) as anyone:
            await anyone.admin.command("createUser", ADMIN, pwd=self._passwords[ADMIN], roles=["root"])
        async with self._admin(leader) as admin:
            for name in self._passwords.keys() - {ADMIN}:
                roles = [{"role": role, "db": name} for role in ("readWrite", "dbAdmin")]
                await admin[name].command("createUser", name, pwd=self._passwords[name], roles=roles)
        await self.caught_up()

    async def caught_up(self) -> None:
        """Wait until every member has what the primary has, within a second or so."""

        async def whole() -> bool:
            with suppress(PyMongoError):
                async with self._admin(await self.primary()) as admin:
                    found = (await admin.admin.command("replSetGetStatus"))["members"]
                    behind = max(one["optimeDate"] for one in found) - min(one["optimeDate"] for one in found)
                    return sorted(one["state"] for one in found) == [1, 2, 2] and behind <= LAG
            return False

        await until(whole, within_s=PATIENCE_S, every_s=0.2)

    def _admin(self, member: Member) -> Client:
        return Client(
            "127.0.0.1",
            member.proxy.target,
            directConnection=True,
            username=ADMIN,
            password=self._passwords[ADMIN],
            serverSelectionTimeoutMS=5_000,
        )


@asynccontextmanager
async def replica_set(folder: Path, users: Sequence[str]) -> AsyncIterator[ReplicaSet]:
    """Three members on new data for the length of the block; whatever runs at its end is killed."""
    (folder / "mongo.key").write_text(secrets.token_hex(32))
    (folder / "mongo.key").chmod(0o600)
    ports = free_ports(2 * MEMBERS)
    passwords = {name: secrets.token_hex(16) for name in (ADMIN, *users)}
    async with AsyncExitStack() as exits:
        members, program = [], find_mongod().program
        for number in range(MEMBERS):
            proxy = Proxy(port=ports[number], target=ports[MEMBERS + number])
            await exits.enter_async_context(proxy.running())
            members.append(Member(number=number, program=program, folder=folder, proxy=proxy))
            exits.push_async_callback(members[-1].kill)
        await asyncio.gather(*(member.start() for member in members))
        found = ReplicaSet(members, passwords)
        await found.initiate()
        yield found
