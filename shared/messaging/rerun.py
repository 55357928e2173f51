"""One pass over what was chosen to be run again: the same for a look and for the real thing, but for the saving."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from aiokafka import ConsumerRecord, TopicPartition

from shared.clock import Clock
from shared.ids import NewId
from shared.messaging.batch import Batch, Outcome, RuleFailed
from shared.messaging.differences import Difference, difference
from shared.messaging.outbox import OUTBOX, TIMERS
from shared.messaging.parking import DISCARDED_EVENTS, PARKED_KEYS
from shared.messaging.reactions import Reactions
from shared.messaging.records import Arrival, place_of, topic_partition
from shared.messaging.rereading import CannotReplay, Topics
from shared.messaging.scratch import Scratch
from shared.messaging.selection import Selection
from shared.messaging.standstill import Interrupted, Saving
from shared.storage.errors import AlreadyThere, Refused, Stale
from shared.storage.mongo import Database
from shared.storage.unit_of_work import Change

TRIES, LAST_PAUSE_S = 50, 2.0
"""How often one step is tried again when commands keep being quicker: for a minute and a half, which is longer than a
server holds the documents of a process that was killed in a transaction (60 s, if nobody says otherwise)."""

Offsets = Mapping[TopicPartition, int]


@dataclass(frozen=True, kw_only=True)
class Announced:
    """An event, or a timer, that a replay leads to."""

    type: str
    subject: str
    sequence: int
    timer: bool


@dataclass(kw_only=True)
class Replayed:
    """What a replay comes to. The counts are of events chosen."""

    applied: bool
    taken: int = 0
    """Took effect, if only to leave everything as it is."""
    repeated: int = 0
    """Were on the topic more than once: only the first counts."""
    done_before: int = 0
    """Would make what is there already: they took effect long since, and are left alone."""
    parked: int = 0
    """Of keys that are parked: they wait for a retry, and a replay ends there."""
    discarded: int = 0
    unreadable: int = 0
    followers: int = 0
    """Later events of the same keys that are not chosen: what they said may now be undone."""
    differences: list[Difference] = field(default_factory=list)
    announced: list[Announced] = field(default_factory=list)


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Offsets by partition: where the choice begins and ends, what of it is done, what the service has handled."""

    starts: Offsets
    done: Offsets
    ends: Offsets
    handled: Offsets

    @property
    def spans(self) -> dict[TopicPartition, tuple[int, int]]:
        """What is to be read: from the beginning, so that a repetition of what is done is known for one."""
        return {tp: (start, self.handled[tp]) for tp, start in self.starts.items() if tp in self.ends}

    def is_done(self, record: ConsumerRecord[bytes, bytes]) -> bool:
        """Was this one run again before an interruption?"""
        return bool(record.offset < self.done[topic_partition(record)])

    def encloses(self, record: ConsumerRecord[bytes, bytes]) -> bool:
        """Does it come before the end?"""
        return bool(record.offset < self.ends[topic_partition(record)])


class Rerun:
    """Runs a selection again, with `saving` in earnest."""

    def __init__(
        self,
        *,
        selection: Selection,
        bounds: Bounds,
        database: Database,
        reactions: Reactions,
        clock: Clock,
        new_id: NewId,
        saving: Saving | None,
    ) -> None:
        self._selection = selection
        self._bounds = bounds
        self._database = database
        self._reactions = reactions
        self._clock = clock
        self._saving = saving
        self._scratch = Scratch(database)
        self._batch = Batch(self._scratch, reactions, new_id=new_id)
        self._keys: set[str] = set()
        self._result = Replayed(applied=saving is not None)

    async def run(self, topics: Topics) -> Replayed:
        """Run it to its end. Raises CannotReplay (nothing was changed), Interrupted, StorageError."""
        discarded = {row["_id"] for row in await self._database.find(DISCARDED_EVENTS, {}, fields=("_id",))}
        parked = {row["_id"] for row in await self._database.find(PARKED_KEYS, {}, fields=("_id",))}
        async for records, read in topics.records(self._bounds.spans):
            step = [one for one in map(self._batch.read, records) if self._is_chosen(one, discarded, parked)]
            await self._take(step, {tp: min(end, self._bounds.ends[tp]) for tp, end in read.items()})
        for (collection, id), before, after in self._scratch.changes():
            found = difference(self._scratch.kinds[collection], id, before, after)
            if found:
                self._result.differences.append(found)
        # Partitions come in any order; a look and the real thing are to be compared by eye.
        self._result.differences.sort(key=lambda one: (one.collection, one.id))
        self._result.announced.sort(key=lambda one: (one.subject, one.sequence))
        return self._result

    def _is_chosen(self, arrival: Arrival, discarded: set[str], parked: set[str]) -> bool:
        """Is it to take effect again? If it is not, the reason is counted."""
        if not self._concerns(arrival):
            return False
        if not (self._bounds.encloses(arrival.record) and self._selection.takes(arrival)):
            self._result.followers += arrival.key in self._keys
        elif place_of(arrival.record) in discarded:
            self._result.discarded += 1
        elif arrival.problem:
            self._result.unreadable += 1
        elif self._bounds.is_done(arrival.record):
            self._keys.add(arrival.key)
            self._scratch.saw(arrival)
        elif arrival.key in parked:
            self._result.parked += 1
            if self._saving:
                raise Interrupted(
                    f"the key {arrival.key} is parked: retry or discard it first (`park show {arrival.key}`), "
                    "then run the same again"
                )
        else:
            self._keys.add(arrival.key)
            return True
        return False

    def _concerns(self, arrival: Arrival) -> bool:
        if arrival.tombstone:
            return self._reactions.erasure(arrival.record.topic) is not None
        return arrival.passed_over is None

    async def _take(self, step: Sequence[Arrival], ends: Offsets) -> None:
        """Decide and save a step up to `ends`; one that can't be taken whole is taken in halves."""
        for attempt in range(TRIES):
            try:
                outcome = await self._decide(step)
                if outcome is not None:
                    await self._save(step, outcome, ends)
                    return
            except Stale:
                await self._fresh(attempt)
                continue
            except (AlreadyThere, Refused) as problem:
                if len(step) == 1:
                    raise Interrupted(f"{place_of(step[0].record)} can't be saved: {problem}") from problem
            half = len(step) // 2
            await self._take(step[:half], _up_to(step[:half]))
            await self._take(step[half:], ends)
            return
        raise Interrupted("what it changes keeps changing: run the same again")

    async def _decide(self, step: Sequence[Arrival]) -> Outcome | None:
        """What a step comes to; None where it has to be taken in parts."""
        try:
            outcome = await self._batch.decide_again(step, now=self._clock())
        except RuleFailed as problem:
            refusal = Interrupted if self._saving else CannotReplay
            where = place_of(step[problem.index].record)
            raise refusal(
                f"{where}: its rule raises: {problem}; mend it, and run the same again"
            ) from problem
        if not await self._scratch.is_there(outcome):
            return outcome
        return None if len(step) > 1 else Outcome(change=Change(writes=()))

    async def _fresh(self, attempt: int) -> None:
        """A command was quicker: decide again from what is there now."""
        if self._saving:
            await self._saving.check()
        self._scratch.read_again()
        await asyncio.sleep(min(LAST_PAUSE_S, 0.05 * attempt))

    async def _save(self, step: Sequence[Arrival], outcome: Outcome, ends: Offsets) -> None:
        if self._saving:
            await self._saving.save(outcome.change, ends)
        self._scratch.take(outcome)
        self._result.taken += len(outcome.handled)
        self._result.repeated += len(outcome.skipped)
        self._result.done_before += len(step) - len(outcome.handled) - len(outcome.skipped)
        self._result.announced += [
            Announced(
                type=write.document["headers"]["ce_type"].decode(),
                subject=write.document["subject"],
                sequence=write.document["sequence"],
                timer=write.collection == TIMERS,
            )
            for write in outcome.change.writes
            if write.collection in {OUTBOX, TIMERS} and write.document is not None
        ]


def _up_to(step: Sequence[Arrival]) -> dict[TopicPartition, int]:
    return {topic_partition(arrival.record): arrival.record.offset + 1 for arrival in step}
