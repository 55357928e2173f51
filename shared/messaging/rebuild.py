"""Building projections anew from the beginning of their topics, comparing, and switching over.

Everything is built in memory by the same reactions, up to where the service has got. A compacted topic is read as
it will be once it is compacted: the last word on each key alone. So what comes out does not depend on when Kafka
last did that, and nobody who was erased comes back.
"""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from aiokafka import TopicPartition

from shared.contracts.topics import TOPICS
from shared.ids import NewId
from shared.messaging.batch import Batch, RuleFailed
from shared.messaging.differences import Becomes, Difference, difference
from shared.messaging.parking import DISCARDED_EVENTS, PARKED_EVENTS
from shared.messaging.projections import Projection
from shared.messaging.reactions import Reactions
from shared.messaging.records import Arrival, place_of
from shared.messaging.rereading import CannotReplay, Topics, open_topics
from shared.messaging.scratch import Scratch
from shared.messaging.standstill import Interrupted, Standstill
from shared.storage.errors import AlreadyThere, Stale
from shared.storage.mongo import Database, Document, Query
from shared.storage.unit_of_work import Change, Committer, Write

AT_ONCE = 200
"""Documents in one transaction."""


@dataclass(kw_only=True)
class Rebuilt:
    """What a rebuild comes to; `same` counts, by collection, the documents that are as they should be."""

    applied: bool
    events: int = 0
    same: dict[str, int] = field(default_factory=dict)
    differences: list[Difference] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    """Events whose rule raises: what is built lacks them."""


class Rebuild:
    """Rebuilds a service's projections."""

    def __init__(
        self,
        *,
        database: Database,
        committer: Committer,
        reactions: Reactions,
        projections: Sequence[Projection],
        group: str,
        kafka_url: str,
        new_id: NewId,
    ) -> None:
        self._database = database
        self._committer = committer
        self._reactions = reactions
        self._projections = {one.collection: one for one in projections}
        self._group = group
        self._kafka_url = kafka_url
        self._new_id = new_id

    async def run(self, names: Sequence[str], *, apply: bool) -> Rebuilt:
        """Build these collections (all that can be, where none is named), compare, and with `apply` switch over.

        Switching over takes some transactions; run again after an interruption it does what is left.

        Raises:
            CannotReplay: nothing was changed.
            Interrupted: a part was.
            StorageError: the database does not answer; with `apply` a part may have been changed.
        """
        chosen = [self._projection(name) for name in names or self._projections]
        heard = sorted({topic for one in chosen for topic in one.topics})
        if not heard:
            raise CannotReplay("no collection of this service is built from events alone")
        async with open_topics(self._kafka_url, heard) as topics:
            tps = [tp for topic in heard for tp in topics.partitions(topic)]
            still = await Standstill.begin(self._database, self._group, tps)
            oldest = await topics.oldest(tps)
            _check_that_all_is_there(chosen, oldest)
            if apply:
                await still.refuse_workers(self._kafka_url)
                await self._check_that_none_is_parked(heard)
            scratch, rebuilt = Scratch(), Rebuilt(applied=False)
            batch = Batch(scratch, self._reactions, new_id=self._new_id)
            only = frozenset(one.collection for one in chosen)
            async for arrival in self._arrivals(topics, still, oldest, batch):
                await _take(arrival, batch, scratch, rebuilt, only=only)
        built = {one.collection: scratch.of(one.collection) for one in chosen}
        stored = {one.collection: await self._stored(one.collection) for one in chosen}
        for one in chosen:
            _compare(one, stored[one.collection], built[one.collection], rebuilt)
        if apply:
            await self._switch_over(rebuilt, stored, built, still)
        return rebuilt

    def _projection(self, name: str) -> Projection:
        found = self._projections.get(name)
        if found is None:
            known = ", ".join(self._projections) or "none"
            raise CannotReplay(
                f"{name} is not built from events alone (commands or this service's own work change it too, or there "
                f"is no such collection); those that are: {known}"
            )
        return found

    async def _stored(self, collection: str) -> dict[str, Document]:
        [found] = await self._database.snapshot(collection, Query(where={}))
        return {document["_id"]: document for document in found}

    async def _check_that_none_is_parked(self, topics: Sequence[str]) -> None:
        count = await self._database.count(PARKED_EVENTS, {"topic": {"$in": list(topics)}})
        if count:
            raise CannotReplay(
                f"{count} event(s) of {', '.join(topics)} are parked: retry or discard them first (`park list`)"
            )

    async def _arrivals(
        self, topics: Topics, still: Standstill, oldest: Mapping[TopicPartition, int], batch: Batch
    ) -> AsyncIterator[Arrival]:
        """What was handled, in order per partition; of compacted topics the last word on each key."""
        discarded = {row["_id"] for row in await self._database.find(DISCARDED_EVENTS, {}, fields=("_id",))}
        last: dict[str, Arrival] = {}
        async for records, _ in topics.records({tp: (oldest[tp], end) for tp, end in still.at.items()}):
            for record in records:
                arrival = batch.read(record)
                if place_of(record) in discarded:
                    continue
                if not TOPICS[record.topic].compacted:
                    yield arrival
                else:
                    last.pop(arrival.key, None)  # It takes the place of its last word.
                    last[arrival.key] = arrival
        for arrival in last.values():
            yield arrival

    async def _switch_over(
        self,
        rebuilt: Rebuilt,
        stored: dict[str, dict[str, Document]],
        built: dict[str, dict[str, Document]],
        still: Standstill,
    ) -> None:
        if rebuilt.problems:
            raise CannotReplay(f"what is built lacks {len(rebuilt.problems)} event(s): {rebuilt.problems[0]}")
        writes = [
            _write(one, stored[one.collection].get(one.id), built[one.collection].get(one.id))
            for one in rebuilt.differences
        ]
        for start in range(0, len(writes), AT_ONCE):
            some = writes[start : start + AT_ONCE]
            try:
                await self._committer.commit(Change(writes=(*some, *still.holds())))
            except (Stale, AlreadyThere) as problem:
                await still.check()
                raise Interrupted(f"{problem}: somebody else is changing it; run the same again") from problem
        rebuilt.applied = True


def _check_that_all_is_there(chosen: Sequence[Projection], oldest: Mapping[TopicPartition, int]) -> None:
    for tp, offset in oldest.items():
        if offset > 0 and not TOPICS[tp.topic].compacted:
            lacking = ", ".join(one.collection for one in chosen if tp.topic in one.topics)
            raise CannotReplay(
                f"{lacking}: retention has deleted everything before {offset} of {tp.topic}/{tp.partition}, so that "
                "what is built would lack what those events said; name other collections, or run a range again"
            )


async def _take(
    arrival: Arrival, batch: Batch, scratch: Scratch, rebuilt: Rebuilt, *, only: frozenset[str]
) -> None:
    """Let one event take effect on what is built of these collections, as of its own time."""
    try:
        if not any(kind.collection in only for kind, _ in batch.loads(arrival)):
            return
        outcome = await batch.decide_again([arrival], now=_time_of(arrival))
    except RuleFailed as problem:
        rebuilt.problems.append(f"{place_of(arrival.record)}: {problem}")
        return
    rebuilt.events += len(outcome.handled)
    scratch.take(outcome, only=only)


def _time_of(arrival: Arrival) -> datetime:
    if arrival.envelope is not None:
        return arrival.envelope.time
    return datetime.fromtimestamp(arrival.record.timestamp / 1000, UTC)


def _compare(
    projection: Projection, stored: dict[str, Document], built: dict[str, Document], rebuilt: Rebuilt
) -> None:
    rebuilt.same[projection.collection] = 0
    for id in sorted(stored.keys() | built.keys()):
        found = difference(projection.kind, id, stored.get(id), built.get(id), aside=projection.aside)
        if found is None:
            rebuilt.same[projection.collection] += 1
        else:
            rebuilt.differences.append(found)


def _write(one: Difference, stored: Document | None, built: Document | None) -> Write:
    if one.becomes is Becomes.VANISHES:
        assert stored is not None
        return Write.remove(one.collection, one.id, expected=stored["version"])
    assert built is not None
    if stored is None:
        return Write.insert(one.collection, built)
    return Write.replace(
        one.collection, {**built, "version": stored["version"] + 1}, expected=stored["version"]
    )
