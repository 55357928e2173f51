"""Kafka records as a consumer gets them, without a broker."""

from aiokafka import ConsumerRecord

from shared.messaging.outbox import kafka_headers
from shared.storage.mongo import Document


def record_of(row: Document, *, offset: int, partition: int = 0) -> ConsumerRecord[bytes, bytes]:
    """The record that an outbox row becomes."""
    return ConsumerRecord(
        topic=row["topic"],
        partition=partition,
        offset=offset,
        timestamp=0,
        timestamp_type=0,
        key=row["key"],
        value=row["value"],
        checksum=None,
        serialized_key_size=len(row["key"]),
        serialized_value_size=len(row["value"]),
        headers=tuple(kafka_headers(row)),
    )
