"""Makes MongoDB ready for the services: the replica set of one, an administrator, one user per service.

Runs once per `docker compose up`, in a service's image and in the network namespace of `mongod`: as long as it
has no user, MongoDB lets somebody in from its own machine only. Run again, it changes nothing but passwords.
"""

import time
from typing import Any

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict
from pymongo import MongoClient
from pymongo.errors import OperationFailure, PyMongoError

from shared.settings import load

ADMIN = "admin"
_UNAUTHORIZED, _ALREADY_INITIALIZED = 13, 23

Client = MongoClient[dict[str, Any]]


class MongoUsersSettings(BaseSettings):
    """One variable per password: MONGO_PASSWORDS__ADMIN, MONGO_PASSWORDS__TRAINING and so on."""

    model_config = SettingsConfigDict(env_prefix="mongo_", env_nested_delimiter="__", extra="ignore")

    server: str = "127.0.0.1:27017"
    member: str = Field(
        default="mongo:27017", description="Under which name the services find it, host:port."
    )
    replica_set: str = "rs0"
    passwords: dict[str, SecretStr] = Field(
        description="By user; a service's user has the service's name, and so has its database."
    )
    ready_within_s: float = Field(default=60.0, gt=0)


def prepare(settings: MongoUsersSettings) -> None:
    """The set elects itself, then the users are made.

    Raises:
        TimeoutError: no primary in time.
        pymongo.errors.OperationFailure: the administrator's password is not the one the data was made with.
    """
    with _client(settings) as anyone:
        _initiate(anyone, settings)
        _wait_for_primary(anyone, settings)
        _create_admin(anyone, settings)
    with _client(settings, user=ADMIN) as admin:
        for service in sorted(settings.passwords.keys() - {ADMIN}):
            _put_user(admin, service, settings.passwords[service].get_secret_value())


def _client(settings: MongoUsersSettings, *, user: str | None = None) -> Client:
    login: dict[str, Any] = {}
    if user is not None:
        login = {"username": user, "password": settings.passwords[user].get_secret_value()}
    return MongoClient(settings.server, directConnection=True, **login)


def _initiate(anyone: Client, settings: MongoUsersSettings) -> None:
    """Refused means done before: by a run that stopped half-way, or by one that made the users too."""
    members = [{"_id": 0, "host": settings.member}]
    try:
        anyone.admin.command("replSetInitiate", {"_id": settings.replica_set, "members": members})
    except OperationFailure as refused:
        if refused.code not in {_UNAUTHORIZED, _ALREADY_INITIALIZED}:
            raise


def _wait_for_primary(anyone: Client, settings: MongoUsersSettings) -> None:
    end = time.monotonic() + settings.ready_within_s
    while not _takes_writes(anyone):
        if time.monotonic() > end:
            raise TimeoutError(
                f"{settings.server} did not become primary of {settings.replica_set} within "
                f"{settings.ready_within_s:.0f} s: see the log of mongod, and that it reaches {settings.member}"
            )
        time.sleep(0.2)


def _takes_writes(anyone: Client) -> bool:
    try:
        return bool(anyone.admin.command("hello")["isWritablePrimary"])
    except PyMongoError:
        return False


def _create_admin(anyone: Client, settings: MongoUsersSettings) -> None:
    password = settings.passwords[ADMIN].get_secret_value()
    try:
        anyone.admin.command("createUser", ADMIN, pwd=password, roles=["root"])
    except OperationFailure as refused:
        if refused.code != _UNAUTHORIZED:  # it exists, so the door that lets anyone in is shut
            raise


def _put_user(admin: Client, service: str, password: str) -> None:
    """The service's user may read, write and administer its own database and nothing else."""
    database = admin[service]
    known = database.command("usersInfo", service)["users"]
    roles = [{"role": role, "db": service} for role in ("readWrite", "dbAdmin")]
    database.command("updateUser" if known else "createUser", service, pwd=password, roles=roles)
    print(f"user {service}: {'brought up to date' if known else 'created'}", flush=True)


if __name__ == "__main__":
    prepare(load(MongoUsersSettings))
