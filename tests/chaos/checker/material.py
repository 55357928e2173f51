"""Everything a run left, read once: every topic, every database, the history, the faults and the e-mails."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from pymongo import AsyncMongoClient

Line = Mapping[str, Any]
Document = Mapping[str, Any]
Databases = Mapping[str, Mapping[str, Sequence[Document]]]

_MESSAGE_ID = re.compile(rb"^Message-ID:\s*<([^@>]+)@", re.IGNORECASE | re.MULTILINE)


@dataclass(frozen=True, kw_only=True)
class Event:
    """One record of a topic as an outside system reads it; `number` is its `ce_sequence`."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    source: str
    type: str
    subject: str
    number: int
    time: str
    value: bytes

    @cached_property
    def data(self) -> Mapping[str, Any]:
        """The JSON in its value."""
        found: Mapping[str, Any] = json.loads(self.value)
        return found

    @property
    def what(self) -> tuple[str, str, int]:
        """What makes it this event, however often it is sent."""
        return self.source, self.subject, self.number

    @property
    def name(self) -> str:
        """The type without what all have: `training.enrolment.opened`."""
        return self.type.removeprefix("peerpath.").rsplit(".", 1)[0]

    def __str__(self) -> str:
        return f"{self.name} {self.subject} {self.number} (id {self.id}, {self.topic}/{self.partition}@{self.offset})"


@dataclass(frozen=True, kw_only=True)
class Where:
    """What `where.json` in the folder of a run says."""

    mongo: str
    kafka: str
    databases: Mapping[str, str]
    """By the service whose database it is."""
    kills: int
    rules: str
    rest_within_s: float
    """How long to wait until nothing is under way any more."""
    mail_within_s: float
    """And until no e-mail waits for its next attempt."""

    @classmethod
    def of(cls, folder: Path) -> "Where":
        """Read it."""
        return cls(**json.loads((folder / "where.json").read_text()))


@dataclass(frozen=True, kw_only=True)
class Material:
    """All of it. `records` are in the order of their partitions, repetitions included."""

    history: Sequence[Line]
    faults: Sequence[Line]
    records: Sequence[Event]
    tombstones: int
    databases: Databases
    mails: frozenset[str]
    """The deliveries of which an e-mail arrived."""
    _by_type: dict[str, list[Event]] = field(default_factory=dict, compare=False)

    @cached_property
    def events(self) -> Sequence[Event]:
        """Each event once, where it came first."""
        first: dict[tuple[str, str, int], Event] = {}
        for record in self.records:
            first.setdefault(record.what, record)
        return list(first.values())

    def of_type(self, name: str) -> Sequence[Event]:
        """Each event of one type once, by its name such as `training.enrolment.opened`."""
        if not self._by_type:
            for event in self.events:
                self._by_type.setdefault(event.name, []).append(event)
        return self._by_type.get(name, ())

    def rows(self, service: str, collection: str) -> Sequence[Document]:
        """The documents of a collection."""
        return self.databases[service].get(collection, ())

    def row(self, service: str, collection: str, id: str) -> Document | None:
        """One of them."""
        return self._by_id(service, collection).get(id)

    def _by_id(self, service: str, collection: str) -> Mapping[str, Document]:
        cache = self.__dict__.setdefault("_ids", {})
        if (service, collection) not in cache:
            cache[service, collection] = {row["_id"]: row for row in self.rows(service, collection)}
        found: Mapping[str, Document] = cache[service, collection]
        return found


async def read(folder: Path, where: Where) -> Material:
    """Everything, as it is now."""
    records, tombstones = await read_topics(where.kafka)
    return Material(
        history=lines(folder / "history.jsonl"),
        faults=lines(folder / "faults.jsonl"),
        records=records,
        tombstones=tombstones,
        databases=await read_databases(where),
        mails=frozenset(_deliveries_of(folder / "mail")),
    )


def lines(file: Path) -> list[Line]:
    """The objects of a file of JSON lines; none where there is no file."""
    if not file.exists():
        return []
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def _deliveries_of(folder: Path) -> Iterable[str]:
    for file in folder.glob("*.eml"):
        found = _MESSAGE_ID.search(file.read_bytes())
        if found:
            yield found[1].decode()


async def read_databases(where: Where) -> Databases:
    """Every collection of every service."""
    async with AsyncMongoClient[dict[str, Any]](where.mongo, tz_aware=True) as mongo:
        found: dict[str, dict[str, Sequence[Document]]] = {}
        for service, name in where.databases.items():
            database = mongo.get_database(name)
            found[service] = {
                collection: list[Document](await database[collection].find().to_list())
                for collection in await database.list_collection_names()
            }
        return found


async def read_topics(kafka: str) -> tuple[list[Event], int]:
    """Every event of every topic of the platform, and how many tombstones there were."""
    consumer = AIOKafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", isolation_level="read_committed"
    )
    async with consumer:
        tps = await _partitions(kafka)
        ends = await consumer.end_offsets(tps)
        consumer.assign(tps)
        events: list[Event] = []
        tombstones = 0
        left = {tp for tp in tps if ends[tp] > 0}
        while left:
            for records in (await consumer.getmany(timeout_ms=500)).values():
                for record in records:
                    if record.value is None:
                        tombstones += 1
                    else:
                        events.append(_event(record))
            left = {tp for tp in left if await consumer.position(tp) < ends[tp]}
    return sorted(events, key=lambda one: (one.topic, one.partition, one.offset)), tombstones


async def _partitions(kafka: str) -> list[TopicPartition]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka)
    await admin.start()
    try:
        topics = [topic for topic in await admin.list_topics() if topic.startswith("peerpath.")]
        described = await admin.describe_topics(sorted(topics))
    finally:
        await admin.close()
    found = [
        TopicPartition(one["topic"], part["partition"]) for one in described for part in one["partitions"]
    ]
    if not found:
        raise LookupError(f"the Kafka at {kafka} has none of the platform's topics")
    return sorted(found)


def _event(record: "ConsumerRecord[bytes, bytes]") -> Event:
    headers = {name: value.decode() for name, value in record.headers}
    return Event(
        topic=record.topic,
        partition=record.partition,
        offset=record.offset,
        key=(record.key or b"").decode(),
        id=headers["ce_id"],
        source=headers["ce_source"],
        type=headers["ce_type"],
        subject=headers["ce_subject"],
        number=int(headers["ce_sequence"]),
        time=headers["ce_time"],
        value=record.value or b"",
    )
