"""The embedded stack as a test or `make run` uses it. Everything here is the real thing."""

import os
import socket
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import aiosmtplib
import httpx
import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from pymongo import AsyncMongoClient
from pymongo.errors import OperationFailure

from deploy.local.errors import DataInUse, PortTaken, UnknownService
from deploy.local.ports import Ports
from deploy.local.stack import EmbeddedStack, StackUrls
from tests.support.embedded import needs_embedded

pytestmark = needs_embedded
Client = AsyncMongoClient[dict[str, Any]]


def quiet(_line: str) -> None:
    """Progress is for people."""


@pytest.fixture(scope="module")
async def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("stack")


@pytest.fixture(scope="module")
async def stack(data: Path) -> AsyncIterator[EmbeddedStack]:
    async with EmbeddedStack(data=data, say=quiet) as running:
        yield running


async def create_topic(urls: StackUrls, topic: str) -> None:
    admin = AIOKafkaAdminClient(bootstrap_servers=urls.kafka)
    await admin.start()
    await admin.create_topics([NewTopic(topic, num_partitions=1, replication_factor=1)])
    await admin.close()


async def send(urls: StackUrls, topic: str, value: bytes) -> None:
    async with AIOKafkaProducer(bootstrap_servers=urls.kafka, enable_idempotence=True) as producer:
        await producer.send_and_wait(topic, value)


async def read_one(urls: StackUrls, topic: str) -> bytes:
    consumer = AIOKafkaConsumer(
        topic, bootstrap_servers=urls.kafka, group_id=f"reads {topic}", auto_offset_reset="earliest"
    )
    async with consumer:
        value: bytes = (await consumer.getone()).value
        return value


async def test_a_record_goes_through_kafka(stack: EmbeddedStack) -> None:
    """What an idempotent producer sent, a consumer group reads."""
    await create_topic(stack.urls, "greetings")
    await send(stack.urls, "greetings", b"hello")
    assert await read_one(stack.urls, "greetings") == b"hello"


async def test_a_service_writes_in_a_transaction(stack: EmbeddedStack) -> None:
    """A service's own user can run a transaction on its own database."""
    async with Client(stack.urls.mongo_for("training")) as client:
        database = client.get_default_database()
        async with client.start_session() as session, await session.start_transaction():
            await database["things"].insert_one({"_id": 1}, session=session)
        assert await database["things"].count_documents({}) == 1


async def test_a_service_cannot_read_another_services_database(stack: EmbeddedStack) -> None:
    """The user of one database is refused by every other one."""
    async with Client(stack.urls.mongo_for("recruitment")) as client:
        assert client.get_default_database().name == "recruitment"
        with pytest.raises(OperationFailure, match="not authorized on training"):
            await client["training"]["things"].find_one()


async def test_nobody_reads_without_a_password(stack: EmbeddedStack) -> None:
    """A connection that names no user reads nothing."""
    address = stack.urls.mongo_admin.split("@")[1].split("/")[0]
    async with Client(f"mongodb://{address}/?directConnection=true") as client:
        with pytest.raises(OperationFailure, match="requires authentication"):
            await client["training"]["things"].find_one()


async def test_secrets_are_for_their_owner_only(stack: EmbeddedStack, data: Path) -> None:
    """Neither the passwords nor the key of the replica set can be read by another user of the machine."""
    assert [(data / name).stat().st_mode & 0o777 for name in ("passwords.json", "mongo.key")] == [
        0o600,
        0o600,
    ]


async def test_an_unknown_service_is_named(stack: EmbeddedStack) -> None:
    """Asking for a database that was not made says which ones were."""
    with pytest.raises(UnknownService, match="no database for 'billing', only for recruitment, training"):
        stack.urls.mongo_for("billing")


async def test_mail_that_was_sent_can_be_looked_at(stack: EmbeddedStack) -> None:
    """A mail sent by SMTP is listed with who it went to, hidden copies included, and can be opened."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = "peerpath@example.org", "ada@example.org", "<b>Your shift</b>"
    mail.set_content("Friday at nine")
    mail.add_alternative("<p>Friday at <script>alert(9)</script></p>", subtype="html")
    recipients = ["ada@example.org", "hidden@example.org"]
    await aiosmtplib.send(
        mail, hostname=stack.urls.smtp_host, port=stack.urls.smtp_port, recipients=recipients, start_tls=False
    )

    async with httpx.AsyncClient(base_url=stack.urls.mail_page) as web:
        [listed] = (await web.get("/messages")).json()
        assert (listed["subject"], listed["recipients"]) == ("<b>Your shift</b>", recipients)
        assert (await web.get(f"/messages/{listed['id']}")).json()["text"].strip() == "Friday at nine"
        pages = (await web.get("/")).text + (await web.get(f"/mails/{listed['id']}")).text
        assert "&lt;b&gt;Your shift" in pages
        assert "<b>" not in pages
        assert "<script>" not in pages
        assert (await web.get("/messages/1")).status_code == httpx.codes.NOT_FOUND


async def test_data_in_use_is_refused(stack: EmbeddedStack, data: Path) -> None:
    """A second start on the same data and ports is told that it runs already, where, and what to do."""
    same = Ports(kafka=int(stack.urls.kafka.split(":")[1]))
    sentence = rf"Peerpath already runs on {data} \(process {os.getpid()}\): use that one, end it with"
    with pytest.raises(DataInUse, match=sentence):
        async with EmbeddedStack(data=data, ports=same, say=quiet):
            pass


async def test_a_taken_port_is_named(stack: EmbeddedStack, tmp_path: Path) -> None:
    """A port that is taken is refused before anything starts, with the name of who has it."""
    port = int(stack.urls.kafka.split(":")[1])
    ports = replace(Ports.free(), kafka=port)
    with pytest.raises(
        PortTaken,
        match=rf"port {port} \(kafka\) is taken by java \(process \d+\): end that program, or .* --free-ports",
    ):
        async with EmbeddedStack(data=tmp_path, ports=ports, say=quiet, mail=False):
            pass


async def test_a_port_that_only_the_platform_needs_is_looked_at_first(tmp_path: Path) -> None:
    """Nothing is started when a port of what comes later is taken."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        more = {"issuer": other.getsockname()[1]}
        with pytest.raises(PortTaken, match=r"\(issuer\) is taken by"):
            async with EmbeddedStack(data=tmp_path, more_ports=more, say=quiet):
                pass
    assert not (tmp_path / "mongo.log").exists()


async def test_a_crash_of_both_loses_nothing(stack: EmbeddedStack) -> None:
    """Killed and started again on the same ports, both still have what they acknowledged."""
    await create_topic(stack.urls, "kept")
    await send(stack.urls, "kept", b"before the crash")
    async with Client(stack.urls.mongo_for("supervision")) as client:
        await client.get_default_database()["kept"].insert_one({"_id": 1})

    await stack.kill_mongo()
    await stack.kill_kafka()
    await stack.start_mongo()
    await stack.start_kafka()

    assert await read_one(stack.urls, "kept") == b"before the crash"
    async with Client(stack.urls.mongo_for("supervision")) as client:
        assert await client.get_default_database()["kept"].count_documents({}) == 1
