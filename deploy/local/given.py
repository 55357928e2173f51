"""A MongoDB and a Kafka that somebody else runs: looked at before anything starts, and never ended."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl, quote_plus, urlencode, urlsplit, urlunsplit

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from pymongo import AsyncMongoClient
from pymongo.errors import ConfigurationError, OperationFailure, PyMongoError

from deploy.local.errors import GivenServerUnusable
from deploy.local.processes import port_open
from deploy.local.say import Say

_PATIENCE_MS = 5_000
_WHY_NOT = {13: "may not be made by the user of MONGO_URL", 51003: "exists there with another password"}
"""MongoDB's codes for not authorized, and for a user that is there."""

Client = AsyncMongoClient[dict[str, Any]]


async def check_kafka(url: str) -> None:
    """Raises GivenServerUnusable unless a broker answers there."""
    if not await kafka_answers(url):
        raise GivenServerUnusable(
            f"KAFKA_URL={url}: no Kafka answers there. Start it, mend the address (host:port), or unset "
            f"KAFKA_URL to run the embedded one."
        )


async def kafka_answers(url: str) -> bool:
    """Whether a broker leads a cluster there. `url` is host:port[,host:port]."""
    if not await _any_port_open(url):  # asked first: the client logs an error for each vain attempt
        return False
    client = AIOKafkaClient(bootstrap_servers=url, request_timeout_ms=_PATIENCE_MS)
    try:
        await client.bootstrap()
        return bool(client.cluster.brokers())
    except KafkaError:
        return False
    finally:
        await client.close()


async def _any_port_open(url: str) -> bool:
    for server in url.split(","):
        host, _, port = server.strip().rpartition(":")
        if host and port.isdigit() and await port_open(int(port), host=host):
            return True
    return False


async def service_urls(url: str, passwords: Mapping[str, str], *, say: Say) -> dict[str, str]:
    """A connection string per service, each as a user of its own where MongoDB lets us make one.

    `passwords` are by service. Where it doesn't, the service connects as the user of `url`, and that is said.

    Raises:
        GivenServerUnusable: nobody answers, the user is not let in, or it is no replica set.
    """
    try:
        async with _client(url) as admin:
            await _check_set(admin)
            return {name: await _url_of(admin, url, name, passwords[name], say) for name in passwords}
    except PyMongoError as problem:
        raise _unusable(url, str(problem).split(", Timeout:")[0].split(", full error")[0]) from None


def _client(url: str) -> Client:
    return AsyncMongoClient(url, serverSelectionTimeoutMS=_PATIENCE_MS)


async def _check_set(admin: Client) -> None:
    if "setName" not in await admin.admin.command("hello"):
        raise ConfigurationError("it is no replica set, and transactions need one (mongod --replSet)")
    await admin.admin.command("listDatabases", nameOnly=True, authorizedDatabases=True)  # who is nobody fails


async def _url_of(admin: Client, url: str, name: str, password: str, say: Say) -> str:
    own = as_user(url, name, password)
    if await _lets_in(own):
        return own
    try:
        roles = [{"role": role, "db": name} for role in ("readWrite", "dbAdmin")]
        await admin[name].command("createUser", name, pwd=password, roles=roles)
    except OperationFailure as refused:
        if refused.code not in _WHY_NOT:
            raise
        say(f"mongodb: the user {name} {_WHY_NOT[refused.code]}, so {name} connects as the user of MONGO_URL")
        return url
    return own


async def _lets_in(url: str) -> bool:
    async with _client(url) as client:
        try:
            await client.get_default_database().list_collection_names()
        except OperationFailure:
            return False
        return True


def as_user(url: str, name: str, password: str) -> str:
    """The same servers and options, as a user in the database that has the user's name."""
    parts = urlsplit(url)
    hosts = parts.netloc.rpartition("@")[2]
    kept = [(key, value) for key, value in parse_qsl(parts.query) if not key.lower().startswith("auth")]
    query = urlencode([*kept, ("authSource", name)])
    login = f"{quote_plus(name)}:{quote_plus(password)}"
    return urlunsplit((parts.scheme, f"{login}@{hosts}", f"/{name}", query, ""))


def _unusable(url: str, why: str) -> GivenServerUnusable:
    hosts = urlsplit(url).netloc.rpartition("@")[2] or "(no address)"
    return GivenServerUnusable(
        f"MONGO_URL at {hosts}: {why}. Mend that, or unset MONGO_URL to run the embedded MongoDB."
    )
