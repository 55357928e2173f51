"""Where a service has got, while something is run again: nobody may move on meanwhile.

An event that is run again comes after those that workers handled since, and would undo what they said. So workers are
stopped first. One that nobody saw, or that starts in between, is found out: each change holds the positions.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from aiokafka import TopicPartition
from aiokafka.errors import KafkaError

from shared.messaging.broker import members
from shared.messaging.positions import Positions
from shared.messaging.rereading import CannotReplay
from shared.storage.mongo import Database
from shared.storage.unit_of_work import Change, Committer, Write


class Interrupted(Exception):
    """A part was done, whole transactions of it; the message says how to go on."""


@dataclass(frozen=True, kw_only=True)
class Standstill:
    """The positions of a consumer group as they were when it began."""

    group: str
    positions: Positions
    at: Mapping[TopicPartition, int]

    @classmethod
    async def begin(cls, database: Database, group: str, tps: Collection[TopicPartition]) -> "Standstill":
        """Note where the group is. Raises CannotReplay where it has not begun."""
        positions = Positions(database, group)
        at = await positions.read(tps)
        if not at:
            topics = ", ".join(sorted({tp.topic for tp in tps}))
            raise CannotReplay(
                f"{group} has handled nothing of {topics} yet: start a worker, it begins at the beginning"
            )
        return cls(group=group, positions=positions, at=at)

    async def refuse_workers(self, kafka_url: str) -> None:
        """Raises CannotReplay while the group has members, or that can't be found out."""
        try:
            count = await members(kafka_url, self.group)
        except (KafkaError, OSError) as problem:
            raise CannotReplay(f"whether workers are running can't be found out: {problem}") from problem
        if count:
            raise CannotReplay(
                f"{count} worker(s) of {self.group} are running: stop them, and start them again afterwards; one "
                "that was killed counts for some ten seconds more"
            )

    def holds(self) -> Sequence[Write]:
        """Makes a change fail, and a worker's meanwhile, unless the group is still there."""
        return [self.positions.hold(tp, at=at) for tp, at in self.at.items()]

    async def check(self) -> None:
        """Raises Interrupted where the group has moved on."""
        now = await self.positions.read(self.at)
        moved = sorted(tp for tp, at in self.at.items() if now.get(tp) != at)
        if moved:
            where = ", ".join(f"{tp.topic}/{tp.partition}" for tp in moved)
            raise Interrupted(
                f"a worker has moved on ({where}): stop the workers and run the same again; what "
                "was done so far holds"
            )


class Saving:
    """Saves the steps of a replay with positions of its own, while nobody else moves on."""

    def __init__(
        self, committer: Committer, still: Standstill, own: Positions, at: dict[TopicPartition, int]
    ) -> None:
        self._committer = committer
        self._still = still
        self._own = own
        self._at = at

    async def save(self, change: Change, ends: Mapping[TopicPartition, int]) -> None:
        """Save a step, and that the replay has got to `ends`. Raises what `Committer.commit` raises."""
        moves = [
            self._own.advance(tp, start=self._at[tp], end=end)
            for tp, end in ends.items()
            if end > self._at[tp]
        ]
        if change.writes or moves:
            await self._committer.commit(change.and_(*moves, *self._still.holds()))
            self._at.update({tp: max(end, self._at[tp]) for tp, end in ends.items()})

    async def check(self) -> None:
        """Raises Interrupted where a worker has moved on, or the same replay runs twice."""
        await self._still.check()
        if await self._own.read(self._at) != self._at:
            raise Interrupted("another process runs the same replay: leave it to that one")
