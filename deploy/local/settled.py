"""When nothing is on its way any more: the moment from which "once" is more than "once so far"."""

from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from aiokafka import AIOKafkaConsumer, TopicPartition
from pymongo import AsyncMongoClient

from deploy.local import waiting
from deploy.local.people import PATIENCE_S, Profile, StoryBroken, Town
from deploy.local.stack import SERVICES
from deploy.local.witness import Witness, partitions
from shared.contracts.topics import TOPICS

Client = AsyncMongoClient[dict[str, Any]]


async def nothing_is_under_way(
    town: Town, witness: Witness, *, admins: Iterable[Profile], within_s: float = PATIENCE_S
) -> None:
    """Waits until every event is published, heard outside and made into messages, and every e-mail is at rest.

    Of the services' positions only those of notifications are looked at, to whom every event of the story means
    something: what means nothing to a service is passed over in memory, and its position may be saved much later.
    `admins` are those of the sites whose e-mails count.

    Raises:
        StoryBroken: something is still under way after `within_s` seconds; says what.
    """
    found: list[str] = []
    kafka = AIOKafkaConsumer(bootstrap_servers=town.urls.stack.kafka, isolation_level="read_committed")
    async with Client(town.urls.stack.mongo_admin) as mongo, kafka:

        async def at_rest() -> bool:
            now = [line async for line in _under_way(town, witness, mongo, kafka, admins)]
            found[:] = now or found  # what a time-out tells is the last look that was whole
            return not now

        try:
            await waiting.until(at_rest, within_s=within_s, every_s=0.1)
        except TimeoutError:
            raise StoryBroken(f"after {within_s:.0f} s still under way: {'; '.join(found)}") from None


async def _under_way(
    town: Town, witness: Witness, mongo: Client, kafka: AIOKafkaConsumer, admins: Iterable[Profile]
) -> AsyncIterator[str]:
    ends = await kafka.end_offsets(partitions(TOPICS))
    for service in SERVICES:
        database, due = mongo[service], {"due": {"$lte": datetime.now(UTC)}}
        unsent = await database["outbox"].count_documents({}) + await database["timers"].count_documents(due)
        if unsent:
            yield f"{service} has {unsent} events to publish"
    if unread := await _unread(kafka, await _positions(mongo), ends):
        yield f"notifications has events to read in {unread}"
    if await _unread(kafka, witness.positions, ends):
        yield "the outside consumer has events to read"
    for admin in admins:
        mails = await (await town.as_(admin)).items("notifications", "/v1/deliveries", limit=100)
        unsent_mails = [mail for mail in mails if mail["state"] == "pending"]
        if unsent_mails:
            yield f"{len(unsent_mails)} e-mails of {admin.site} are to be sent"
    if ends != await kafka.end_offsets(
        partitions(TOPICS)
    ):  # what was handled meanwhile announced something new
        yield "new events came in"


async def _positions(mongo: Client) -> dict[TopicPartition, int]:
    """Where notifications' consumers are, from its own database, in which the truth about that is."""
    rows = await mongo["notifications"]["positions"].find().to_list()
    ids = {row["_id"]: row["_id"].split("/") for row in rows}
    return {TopicPartition(ids[row["_id"]][-2], int(ids[row["_id"]][-1])): row["next"] for row in rows}


async def _unread(
    kafka: AIOKafkaConsumer, positions: Mapping[TopicPartition, int], ends: Mapping[TopicPartition, int]
) -> list[str]:
    """The partitions in which a record follows the position. Before an end there may be none: Kafka's own marks."""
    behind = [tp for tp, position in positions.items() if position < ends[tp]]
    kafka.assign(behind)
    for tp in behind:
        kafka.seek(tp, positions[tp])
    found: set[TopicPartition] = set()
    while behind := [tp for tp in behind if tp not in found and await kafka.position(tp) < ends[tp]]:
        found |= {tp for tp, records in (await kafka.getmany(*behind, timeout_ms=100)).items() if records}
    return sorted(f"{tp.topic}/{tp.partition}" for tp in found)
