"""One micro-batch: read what it needs, decide in memory, leave one change. No Kafka in here.

Round trips for a whole batch: one find for the sequence high-waters, one for parked keys, one per kind of
aggregate it touches; then one transaction.
"""

import asyncio
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import structlog
from aiokafka import ConsumerRecord

from shared.domain.aggregate import Aggregate
from shared.ids import NewId
from shared.messaging.ledger import Ledger
from shared.messaging.parking import PARKED_EVENTS, ParkedKey, parked_event
from shared.messaging.reactions import Context, Reactions, Ref
from shared.messaging.records import Arrival, read
from shared.messaging.superseding import (
    NOTHING,
    Queue,
    Superseded,
    find_superseded,
    latest_of,
    queue_of,
    supersedes,
)
from shared.storage.mongo import Document, Reads
from shared.storage.schema import Collection, Index
from shared.storage.unit_of_work import Change, Write

log = structlog.get_logger(__name__)

FEW = 100
DECIDE_WITHIN_S = 0.5
"""Then what is decided is saved first: rules hold up the event loop, and with it the consumer's heartbeat."""
SEEN = "seen"
SEEN_FOR = timedelta(days=180)
"""Twice as long as a topic keeps its records: nothing that old can be repeated."""

COLLECTION = Collection(
    name=SEEN,
    indexes=(Index(keys=(("at", 1),), expire_after_s=int(SEEN_FOR.total_seconds())),),
    required={"_id": "string", "sequence": ["int", "long"], "at": "date"},
)


def mark_seen(subject: str, sequence: int, *, now: datetime) -> Write:
    """Take this sequence, and every lower one of the subject, for a repetition from now on.

    Its day is enough to expire by, and an index entry that stays where it is costs nothing.
    """
    day = now.replace(hour=0, minute=0, second=0, microsecond=0)
    return Write.update(SEEN, subject, {"$max": {"sequence": sequence}, "$set": {"at": day}})


@dataclass
class Outcome:
    """What a batch came to: the change to save, and counts for the metrics once it is saved."""

    change: Change
    taken: int = 0
    """How many of the arrivals it covers; those behind them are to be decided next."""
    handled: list[Arrival] = field(default_factory=list)
    skipped: list[tuple[Arrival, str]] = field(default_factory=list)
    parked: list[Arrival] = field(default_factory=list)
    kinds: frozenset[type[Aggregate]] = frozenset()
    """The kinds of the aggregates it saves."""


class RuleFailed(Exception):
    """A rule raised; `index` is the place of its event in the batch, `problem` what was raised."""

    def __init__(self, index: int, problem: Exception) -> None:
        super().__init__(f"{type(problem).__name__}: {problem}")
        self.index = index
        self.problem = problem


class Batch:
    """Decides batches for one service."""

    def __init__(self, database: Reads, reactions: Reactions, *, new_id: NewId) -> None:
        self._database = database
        self._reactions = reactions
        self._new_id = new_id
        self._concerns = reactions.reacted_to

    def read(self, record: ConsumerRecord) -> Arrival:
        """Decode one record, its data only where it concerns this service."""
        return read(record, concerns=self._concerns)

    async def decide(self, arrivals: Sequence[Arrival], *, now: datetime) -> Outcome:
        """Decide a batch in order, to its end, to the first event whose rule raises, or until time is up.

        That event is parked and ends the batch. What precedes it is decided again from the state as loaded, so
        nothing that a failed rule half changed is ever saved.
        """
        try:
            return self._attempt(await self._load(arrivals, parked=True), now).run(arrivals)
        except RuleFailed as failure:
            failed = arrivals[failure.index].failed(failure.problem)
            return await self.decide([*arrivals[: failure.index], failed], now=now)

    async def decide_parked(self, arrival: Arrival, *, now: datetime) -> Outcome:
        """Decide one event although its key is parked.

        Raises:
            RuleFailed: its rule still raises.
        """
        return await self.decide_again([arrival], now=now)

    async def decide_again(self, arrivals: Sequence[Arrival], *, now: datetime) -> Outcome:
        """Decide events that have been here before; none is parked.

        Raises:
            RuleFailed: a rule raises.
        """
        return self._attempt(await self._load(arrivals, parked=False), now).run(arrivals)

    def _attempt(self, before: "_Before", now: datetime) -> "_Attempt":
        return _Attempt(self._reactions, before, now=now, new_id=self._new_id)

    async def _load(self, arrivals: Sequence[Arrival], *, parked: bool) -> "_Before":
        of_concern = {at: arrival for at, arrival in enumerate(arrivals) if self._may_have_effect(arrival)}
        subjects = list({arrival.subject for arrival in of_concern.values() if arrival.data is not None})
        keys = list({arrival.key for arrival in of_concern.values()}) if parked else []
        wanted = self._wanted(of_concern)
        seen, parked_keys, *found = await asyncio.gather(
            self._find(SEEN, subjects),
            self._find_parked(keys),
            *(self._find(kind.collection, list(ids)) for kind, ids in wanted.items()),
        )
        loaded: dict[type[Aggregate], dict[str, Document | None]] = {}
        for (kind, ids), documents in zip(wanted.items(), found, strict=True):
            by_id = {document["_id"]: document for document in documents}
            loaded[kind] = {id: by_id.get(id) for id in ids}
        return _Before(
            seen={row["_id"]: row["sequence"] for row in seen},
            parked=parked_keys,
            superseded=await find_superseded(self._database, parked_keys, of_concern.values()),
            aggregates=loaded,
        )

    def _may_have_effect(self, arrival: Arrival) -> bool:
        """What can't have one costs no look at the database."""
        if arrival.envelope is not None:
            return arrival.passed_over is None and arrival.envelope.type in self._concerns
        return True  # No event, or a tombstone, which also ends what is parked.

    def _wanted(self, of_concern: Mapping[int, Arrival]) -> dict[type[Aggregate], set[str]]:
        wanted: dict[type[Aggregate], set[str]] = defaultdict(set)
        for index, arrival in of_concern.items():
            try:
                refs = self.loads(arrival)
            except Exception as problem:
                raise RuleFailed(index, problem) from problem
            for kind, id in refs:
                wanted[kind].add(id)
        return wanted

    def loads(self, arrival: Arrival) -> Sequence[Ref]:
        """What the rule for this arrival asks for; nothing where there is no rule."""
        if arrival.tombstone:
            erasure = self._reactions.erasure(arrival.record.topic)
            return erasure.loads(arrival.key) if erasure else ()
        reaction = self._reactions.of(arrival.envelope.type) if arrival.envelope and arrival.data else None
        return reaction.loads(arrival.data) if reaction else ()

    async def _find_parked(self, keys: list[str]) -> list[Document]:
        """Which keys are parked. As a rule few or none are: then reading them all costs less than asking for each."""
        if not keys:
            return []
        every = await self._database.find_own(ParkedKey.collection, {}, limit=FEW + 1)
        if len(every) > FEW:
            return await self._find(ParkedKey.collection, keys)
        wanted = set(keys)
        return [row for row in every if row["_id"] in wanted]

    async def _find(self, collection: str, ids: list[str]) -> list[Document]:
        return await self._database.find_own(collection, {"_id": {"$in": ids}}) if ids else []


@dataclass(frozen=True, kw_only=True)
class _Before:
    """What storage held when the batch was loaded."""

    seen: dict[str, int]
    parked: list[Document]
    superseded: dict[Queue, Superseded]
    aggregates: dict[type[Aggregate], dict[str, Document | None]]


class _Attempt:
    """One pass over a batch, from aggregates as they were loaded."""

    def __init__(self, reactions: Reactions, before: _Before, *, now: datetime, new_id: NewId) -> None:
        self._reactions = reactions
        self._seen = dict(before.seen)
        self._advanced: dict[str, int] = {}
        self._now = now
        self._ledger = Ledger(now=now, new_id=new_id)
        self._parked = {row["_id"]: ParkedKey.rebuild(row) for row in before.parked}
        self._superseded = dict(before.superseded)
        self._parked_rows: list[Document] = []
        self._writes: list[Write] = []
        for row in before.parked:
            self._ledger.remember(ParkedKey, row["_id"], row)
        for kind, documents in before.aggregates.items():
            for id, document in documents.items():
                self._ledger.remember(kind, id, document)

    def run(self, arrivals: Sequence[Arrival]) -> Outcome:
        outcome = Outcome(change=Change(writes=()))
        until = time.monotonic() + DECIDE_WITHIN_S
        for index, arrival in enumerate(arrivals):
            self._one(index, arrival, outcome)
            outcome.taken = index + 1
            if time.monotonic() > until:
                break
        marks = [mark_seen(subject, sequence, now=self._now) for subject, sequence in self._advanced.items()]
        rows = [Write.put(PARKED_EVENTS, row) for row in self._parked_rows]
        outcome.change = self._ledger.change(*marks, *rows, *self._writes)
        outcome.kinds = self._ledger.kinds
        return outcome

    def _one(self, index: int, arrival: Arrival, outcome: Outcome) -> None:
        envelope = arrival.envelope
        if supersedes(arrival):
            self._supersede(arrival)
        if arrival.passed_over:
            outcome.skipped.append((arrival, arrival.passed_over))
        elif arrival.tombstone and self._reactions.erasure(arrival.record.topic) is None:
            outcome.skipped.append((arrival, "tombstone"))
        elif envelope and self._reactions.of(envelope.type) is None:
            outcome.skipped.append((arrival, "no reaction"))
        elif arrival.tombstone:
            self._erase(index, arrival, outcome)  # Whatever else waits under its key.
        elif arrival.key in self._parked or arrival.problem:
            self._park(arrival, outcome)
        elif envelope is None:
            raise AssertionError("a record is an event, a tombstone, or has a problem")
        elif envelope.sequence <= self._seen.get(arrival.subject, -1):
            outcome.skipped.append((arrival, "repeated"))
        else:
            self._handle(index, arrival, outcome)

    def _handle(self, index: int, arrival: Arrival, outcome: Outcome) -> None:
        assert arrival.envelope is not None
        reaction = self._reactions.of(arrival.envelope.type)
        assert reaction is not None
        try:
            context = Context(now=self._now, envelope=arrival.envelope)
            for aggregate in reaction.do(arrival.data, self._ledger, context):
                self._ledger.take(aggregate, traceparent=arrival.envelope.traceparent)
        except Exception as problem:
            log.exception("rule_raised", type=arrival.envelope.type, event_id=arrival.envelope.id)
            raise RuleFailed(index, problem) from problem
        self._seen[arrival.subject] = self._advanced[arrival.subject] = arrival.envelope.sequence
        outcome.handled.append(arrival)

    def _erase(self, index: int, arrival: Arrival, outcome: Outcome) -> None:
        erasure = self._reactions.erasure(arrival.record.topic)
        assert erasure is not None
        try:
            for aggregate in erasure.do(arrival.key, self._ledger, self._now):
                self._ledger.take(aggregate)
        except Exception as problem:
            log.exception("erasure_raised", topic=arrival.record.topic)
            raise RuleFailed(index, problem) from problem
        outcome.handled.append(arrival)

    def _park(self, arrival: Arrival, outcome: Outcome) -> None:
        key = self._parked.get(arrival.key)
        if key is None:
            key = ParkedKey(id=arrival.key, since=self._now, problem=arrival.problem or "")
            self._parked[arrival.key] = key
        self._parked_rows.append(parked_event(key, arrival, now=self._now))
        self._ledger.take(key)
        outcome.parked.append(arrival)

    def _supersede(self, tombstone: Arrival) -> None:
        """What is parked under this key on this topic goes with what it would have led to, and is not heard again."""
        key = self._parked.get(tombstone.key)
        if key is None:
            return
        queue = queue_of(tombstone)
        stored = self._superseded.get(queue, NOTHING)
        self._superseded[queue] = replace(stored, rows=())
        ours = [row for row in self._parked_rows if (row["key"], row["topic"]) == queue]
        self._parked_rows = [row for row in self._parked_rows if (row["key"], row["topic"]) != queue]
        self._writes.extend(Write.delete(PARKED_EVENTS, row["_id"]) for row in stored.rows)
        for subject, sequence in latest_of([*stored.rows, *ours]).items():
            self._seen[subject] = self._advanced[subject] = max(sequence, self._seen.get(subject, -1))
        if not stored.others and all(row["key"] != key.id for row in self._parked_rows):
            key.forget()
            del self._parked[key.id]
        self._ledger.take(key)
