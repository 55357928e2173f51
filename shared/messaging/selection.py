"""Which events are to be run again."""

from dataclasses import dataclass
from datetime import UTC, datetime

from aiokafka import ConsumerRecord, TopicPartition

from shared.messaging.records import Arrival
from shared.messaging.rereading import CannotReplay, Topics
from shared.messaging.sender import partition_of
from shared.storage.mongo import Document


@dataclass(frozen=True, kw_only=True)
class Selection:
    """A part of one topic; what is not given does not narrow it.

    `first` and `last` are offsets of `partition`, both included. `since` (included) and `until` (not) are about
    when a record was sent.
    """

    topic: str
    partition: int | None = None
    first: int | None = None
    last: int | None = None
    since: datetime | None = None
    until: datetime | None = None
    key: str | None = None
    types: frozenset[str] = frozenset()

    def takes(self, arrival: Arrival) -> bool:
        """Is this event to be run again?"""
        type = arrival.envelope.type if arrival.envelope else None
        return (
            self._spans(arrival.record)
            and self.key in (None, arrival.key)
            and (not self.types or type in self.types)
        )

    def _spans(self, record: ConsumerRecord[bytes, bytes]) -> bool:
        sent = datetime.fromtimestamp(record.timestamp / 1000, UTC)
        return (
            (self.first is None or record.offset >= self.first)
            and (self.last is None or record.offset <= self.last)
            and (self.since is None or sent >= self.since)
            and (self.until is None or sent < self.until)
        )

    def as_document(self) -> Document:
        """For the record of what was run again."""
        given = {name: value for name, value in vars(self).items() if value}
        return given | {"types": sorted(self.types)}

    def partitions(self, topics: Topics) -> list[TopicPartition]:
        """The partitions to look into. Raises CannotReplay where there is no such topic or partition."""
        every = topics.partitions(self.topic)
        if not every:
            raise CannotReplay(f"there is no topic {self.topic}")
        if self.partition is not None:
            chosen = [tp for tp in every if tp.partition == self.partition]
            if not chosen:
                raise CannotReplay(f"{self.topic} has the partitions 0 to {len(every) - 1}")
            return chosen
        if self.key is not None:
            return [every[partition_of(self.key.encode(), len(every))]]
        return every

    async def starts(self, topics: Topics, tps: list[TopicPartition]) -> dict[TopicPartition, int]:
        """Where to begin to read.

        Raises:
            CannotReplay: retention has deleted some of what is asked for.
        """
        oldest = await topics.oldest(tps)
        if self.first is not None:
            for tp, offset in oldest.items():
                if self.first < offset:
                    raise CannotReplay(
                        f"{tp.topic}/{tp.partition} begins at {offset}: retention has deleted what came before; "
                        "begin there, if what is left is of use alone"
                    )
            return dict.fromkeys(tps, self.first)
        if self.since is None:
            return oldest
        found, newest = await topics.since(tps, self.since), await topics.newest(tps)
        for tp, offset in oldest.items():
            if offset > 0 and found.get(tp, newest[tp]) == offset:
                raise CannotReplay(
                    f"{tp.topic}/{tp.partition} begins at {offset}: retention may have deleted records sent after "
                    f"{self.since.isoformat()}; leave the time out, if what is left is of use alone"
                )
        return found
