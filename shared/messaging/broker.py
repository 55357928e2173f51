"""The Kafka side of a process: its broker object, and the topics it expects."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress

import structlog
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError
from faststream.kafka import KafkaBroker

from shared.contracts.topics import Topic

log = structlog.get_logger(__name__)


class Unreachable(RuntimeError):
    """No broker answers."""


class TopicsWrong(RuntimeError):
    """A declared topic is missing or has too few partitions; the message says which and what to do."""


REPLAYING = "peerpath-replay"
"""What Kafka knows a replay by."""


def client_id_of(service: str) -> str:
    """What Kafka knows a service's clients by, in its logs and quotas."""
    return f"peerpath-{service}"


def make_broker(kafka_url: str, *, client_id: str) -> KafkaBroker:
    """A FastStream broker that does not create topics and logs through ours."""
    return KafkaBroker(kafka_url, client_id=client_id, allow_auto_create_topics=False, logger=None)


async def create_topics(kafka_url: str, topics: Sequence[Topic], *, replication: int, client_id: str) -> None:
    """Create what is missing; a topic that is there stays as it is."""
    async with _admin(kafka_url, client_id) as admin:
        there = set(await admin.list_topics())
        for topic in topics:
            if topic.name in there:
                continue
            new = NewTopic(topic.name, topic.partitions, replication, topic_configs=topic.config())
            with suppress(TopicAlreadyExistsError):  # Another service's `migrate` was quicker.
                await admin.create_topics([new])
                log.info("topic_created", topic=topic.name, partitions=topic.partitions)


async def check_topics(kafka_url: str, topics: Sequence[Topic], *, client_id: str) -> None:
    """Raises TopicsWrong unless every topic is there with at least its partitions."""
    found = await partitions(kafka_url, [topic.name for topic in topics], client_id=client_id)
    for topic in topics:
        if found.get(topic.name, 0) < topic.partitions:
            raise TopicsWrong(
                f"topic {topic.name} has {found.get(topic.name, 0)} of {topic.partitions} partitions; run the "
                "service's migrate"
            )


async def ping(kafka_url: str, *, client_id: str) -> None:
    """Raises Unreachable unless a broker answers."""
    try:
        async with _admin(kafka_url, client_id) as admin:
            brokers = (await admin.describe_cluster())["brokers"]
    except (KafkaError, OSError) as problem:
        raise Unreachable(str(problem)) from problem
    if not brokers:
        raise Unreachable("no broker is in the cluster")


async def partitions(kafka_url: str, topics: Sequence[str], *, client_id: str) -> dict[str, int]:
    """How many partitions each of these topics has; none where there is no such topic.

    Raises:
        KafkaError, OSError: no broker answers.
    """
    async with _admin(kafka_url, client_id) as admin:
        return {row["topic"]: len(row["partitions"]) for row in await admin.describe_topics(list(topics))}


async def members(kafka_url: str, group: str) -> int:
    """How many processes consume as this group now; one that was killed still counts for some seconds.

    Raises:
        KafkaError, OSError: no broker answers.
    """
    async with _admin(kafka_url, REPLAYING) as admin:
        [answer] = await admin.describe_consumer_groups([group])
    return sum(len(found["members"]) for found in answer.to_object()["groups"])


@asynccontextmanager
async def _admin(kafka_url: str, client_id: str) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=kafka_url, client_id=client_id, request_timeout_ms=10_000)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()
