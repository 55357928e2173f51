"""Every topic of the platform, declared once: `migrate` creates them, start-up checks them."""

from dataclasses import dataclass
from typing import Literal

DAY_MS = 24 * 60 * 60 * 1000
BATCH_LIMIT = 1_048_588
"""Bytes of one batch of records. Kafka's own default, said because a cluster may have another: what nobody may put on
a topic, no consumer has to hold in memory."""


@dataclass(frozen=True, kw_only=True)
class Topic:
    """One Kafka topic. `retention_ms` is for deletion, `delete_retention_ms` how long a tombstone stays."""

    name: str
    partitions: int
    cleanup: Literal["delete", "compact"]
    retention_ms: int = 90 * DAY_MS
    delete_retention_ms: int = 7 * DAY_MS

    @property
    def compacted(self) -> bool:
        """Does the last word on each key stay, and a null end it?"""
        return self.cleanup == "compact"

    def config(self) -> dict[str, str]:
        """The topic's settings under Kafka's own names."""
        size = {"max.message.bytes": str(BATCH_LIMIT)}
        if self.compacted:
            return {"cleanup.policy": "compact", "delete.retention.ms": str(self.delete_retention_ms), **size}
        return {"cleanup.policy": "delete", "retention.ms": str(self.retention_ms), **size}


RECRUITMENT = Topic(name="peerpath.recruitment.events", partitions=6, cleanup="delete")
TRAINING = Topic(name="peerpath.training.events", partitions=6, cleanup="delete")
SUPERVISION = Topic(name="peerpath.supervision.events", partitions=6, cleanup="delete")
NOTIFICATIONS = Topic(name="peerpath.notifications.events", partitions=6, cleanup="delete")
CONTACTS = Topic(name="peerpath.people.contacts", partitions=6, cleanup="compact")

TOPICS: dict[str, Topic] = {
    topic.name: topic for topic in (RECRUITMENT, TRAINING, SUPERVISION, NOTIFICATIONS, CONTACTS)
}
