"""Where a consumer group is, kept in the service's own database beside the effects.

A position is the next offset to handle: `{_id: group/topic/partition, next}`. It moves only in the transaction
that saves what the records led to, and only from where the worker believes it is. A worker that lost its
partition in a rebalance finds it moved, and writes nothing.
"""

from collections.abc import Iterable, Mapping

from aiokafka import TopicPartition

from shared.storage.errors import AlreadyThere
from shared.storage.mongo import Database
from shared.storage.schema import Collection
from shared.storage.unit_of_work import Write

POSITIONS = "positions"
COLLECTION = Collection(name=POSITIONS, required={"_id": "string", "next": ["int", "long"]})


class Positions:
    """The positions of one consumer group."""

    def __init__(self, database: Database, group: str) -> None:
        self._database = database
        self._group = group

    def id_of(self, tp: TopicPartition) -> str:
        """The document's id."""
        return f"{self._group}/{tp.topic}/{tp.partition}"

    async def read(self, tps: Iterable[TopicPartition]) -> dict[TopicPartition, int]:
        """The stored positions; partitions never seen before are left out."""
        by_id = {self.id_of(tp): tp for tp in tps}
        rows = await self._database.find(POSITIONS, {"_id": {"$in": list(by_id)}})
        return {by_id[row["_id"]]: row["next"] for row in rows}

    async def begin(self, starts: Mapping[TopicPartition, int]) -> None:
        """Create positions for partitions seen for the first time; one that exists stays as it is."""
        for tp, start in starts.items():
            try:
                await self._database.change_one(
                    POSITIONS, {"_id": self.id_of(tp)}, {"$setOnInsert": {"next": start}}, upsert=True
                )
            except AlreadyThere:
                continue  # Another worker was quicker; what it wrote counts.

    def advance(self, tp: TopicPartition, *, start: int, end: int) -> Write:
        """Move from `start` to `end`, or fail the whole change."""
        return Write.update(POSITIONS, self.id_of(tp), {"$set": {"next": end}}, where={"next": start})

    def hold(self, tp: TopicPartition, *, at: int) -> Write:
        """Fail the whole change unless the position is there, and make who moves it meanwhile fail."""
        # MongoDB passes over an update that changes nothing; a count always does.
        return Write.update(POSITIONS, self.id_of(tp), {"$inc": {"held": 1}}, where={"next": at})
