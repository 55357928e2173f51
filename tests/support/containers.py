"""Kafka and MongoDB of the compose file as containers of a test run, by testcontainers.

Images, variables and commands are those of `docker-compose.yml`, so that the tests run on what a person runs.
"""

import asyncio
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, closing
from typing import Any

import docker
from docker.errors import DockerException, ImageNotFound
from pymongo import AsyncMongoClient
from pymongo.errors import ConnectionFailure, OperationFailure
from testcontainers.community.mongodb import MongoDbContainer
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import DockerClient

from deploy.local.given import kafka_answers
from deploy.local.say import Say
from deploy.local.waiting import until
from tests.deploy.compose import containers, variables
from tests.support.stack import Unusable

READY_WITHIN_S = 60.0
_KAFKA_PORT = 19092
"""The compose file's listener for clients outside its network."""
_MONGO_PORT = 27017
_ROOT = "root"
_ALREADY_INITIALIZED = 23

# Kafka tells its clients where it is, and Docker chooses that port at the start: so it waits to be told.
_KAFKA = "until [ -s /tmp/told ]; do sleep 0.1; done; . /tmp/told; exec /etc/kafka/docker/run"
# Members of a set with users know each other by a key, which MongoDB takes from nobody but its own user.
_MONGO = (
    "head -c 96 /dev/urandom | base64 -w 0 > /tmp/keyfile; chmod 400 /tmp/keyfile; chown mongodb /tmp/keyfile; "
    'exec docker-entrypoint.sh "$@"'
)


def kafka_image(environment: Mapping[str, str] = os.environ) -> str:
    """The compose file's, unless PEERPATH_TEST_KAFKA_IMAGE names another."""
    return environment.get("PEERPATH_TEST_KAFKA_IMAGE") or str(containers()["kafka"]["image"])


def mongo_image(environment: Mapping[str, str] = os.environ) -> str:
    """The compose file's, unless PEERPATH_TEST_MONGO_IMAGE names another."""
    return environment.get("PEERPATH_TEST_MONGO_IMAGE") or str(containers()["mongo"]["image"])


def engine_answers() -> bool:
    """Whether a Docker engine answers where testcontainers would look for one."""
    try:
        client = DockerClient().client
        with closing(client):
            return bool(client.ping())
    except DockerException:
        return False


def pull_missing(say: Say) -> None:
    """Fetches the images this machine lacks. Raises Unusable, naming the image."""
    wanted = [kafka_image(), mongo_image()]
    if not testcontainers_config.ryuk_disabled:  # it removes what a killed test run left
        wanted.append(testcontainers_config.ryuk_image)
    client = DockerClient().client
    with closing(client):
        for image in wanted:
            _pull_if_missing(client, image, say)


def _pull_if_missing(client: docker.DockerClient, image: str, say: Say) -> None:
    try:
        client.images.get(image)
    except ImageNotFound:
        say(f"pulling {image}…")
        try:
            client.images.pull(image)
        except DockerException as problem:
            raise Unusable(
                f"{image} can't be pulled ({problem}): load it with `docker load`, name another with "
                f"PEERPATH_TEST_KAFKA_IMAGE or PEERPATH_TEST_MONGO_IMAGE, or give KAFKA_URL and MONGO_URL "
                f"(`make stack` runs both without Docker)."
            ) from None


@asynccontextmanager
async def kafka() -> AsyncIterator[str]:
    """A broker of its own; yields host:port."""
    environment = {**variables(containers()["kafka"]), "KAFKA_CONTROLLER_QUORUM_VOTERS": "1@localhost:9093"}
    broker = await asyncio.to_thread(DockerContainer, kafka_image(), env=environment, ports=[_KAFKA_PORT])
    broker.with_command(["/bin/sh", "-c", _KAFKA])
    async with _running(broker):
        url = await asyncio.to_thread(_address, broker, _KAFKA_PORT)
        told = f"export KAFKA_ADVERTISED_LISTENERS=PLAINTEXT://localhost:9092,HOST://{url}\n"
        await asyncio.to_thread(broker.copy_into_container, told.encode(), "/tmp/told")  # noqa: S108
        await until(lambda: kafka_answers(url), within_s=READY_WITHIN_S, every_s=0.25)
        yield url


@asynccontextmanager
async def mongo() -> AsyncIterator[str]:
    """A replica set of one with a user who may do everything; yields its connection string."""
    password = secrets.token_hex(16)
    node = await asyncio.to_thread(MongoDbContainer, mongo_image(), username=_ROOT, password=password)
    words = [word.replace("/data/configdb", "/tmp") for word in containers()["mongo"]["command"]]  # noqa: S108
    node.with_command(["/bin/bash", "-euc", _MONGO, "mongo", *words])
    async with _running(node):
        address = await asyncio.to_thread(_address, node, _MONGO_PORT)
        # Direct: the set knows itself by an address that leads nowhere outside its container.
        url = f"mongodb://{_ROOT}:{password}@{address}/?authSource=admin&directConnection=true"
        async with AsyncMongoClient[dict[str, Any]](url, serverSelectionTimeoutMS=2_000) as client:
            await until(lambda: _is_primary(client), within_s=READY_WITHIN_S, every_s=0.25)
        yield url


async def _is_primary(client: AsyncMongoClient[dict[str, Any]]) -> bool:
    member = {"_id": 0, "host": f"127.0.0.1:{_MONGO_PORT}"}
    try:
        await client.admin.command("replSetInitiate", {"_id": "rs0", "members": [member]})
    except OperationFailure as refused:
        if refused.code != _ALREADY_INITIALIZED:
            raise
    except ConnectionFailure:
        return False
    return bool((await client.admin.command("hello"))["isWritablePrimary"])


@asynccontextmanager
async def _running(container: DockerContainer) -> AsyncIterator[None]:
    """A container that does not get ready shows the end of its log."""
    try:
        await asyncio.to_thread(container.start)
        yield
    except TimeoutError as late:
        out, err = await asyncio.to_thread(container.get_logs)
        late.add_note((out + err).decode(errors="replace")[-3_000:])
        raise
    finally:
        await asyncio.to_thread(container.stop)


def _address(container: DockerContainer, port: int) -> str:
    # Never by the name localhost: an engine may publish another port on the IPv6 side of it.
    host = container.get_container_host_ip().replace("localhost", "127.0.0.1")
    return f"{host}:{container.get_exposed_port(port)}"
