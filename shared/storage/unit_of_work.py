"""Saving, shared: every change that waits is written in one transaction.

Deciding and saving are two steps. A `Change` is what a decision leaves. One `Committer` per process takes all
changes that wait, writes them with one bulk write per collection in one transaction, and answers each caller.
Two changes that touch the same document never share a group. When a group fails, its changes are tried one by
one, so nobody fails because of a neighbour.
"""

import asyncio
import time
from collections import defaultdict, deque
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple, Protocol, Self

from pymongo import DeleteOne, InsertOne, ReplaceOne, UpdateOne

from shared.domain.aggregate import Aggregate
from shared.domain.sealed import Sealed, sealed_parts
from shared.progress import Progress
from shared.storage.blocking import Document, Operation, Part
from shared.storage.errors import AlreadyThere, Overloaded, Stale, Unavailable, for_one_of_many
from shared.storage.mongo import Database
from shared.telemetry import COMMIT_SECONDS

KEYS = "keys"
"""The collection of people's keys; see `shared.storage.vault`."""

KEY_TRIES = 5
"""How often text is sealed anew because somebody else has just made the first key of the same person."""

COMMITTER = "committer"
"""What health calls the loop."""

BEAT_EVERY_S = 5.0

IN_FLIGHT = 2
"""Groups on their way at the same time: while MongoDB works on one, this process makes the next."""

GATHER_S = 0.003
"""How long a change waits at most for others that are being decided at the same time, to be saved with them."""

SAVED_WITHIN_S = 120.0
"""More than all time limits of a transaction together: what takes longer waits for no database, but hangs."""

GROUP_LIMIT = 256
"""Changes in one transaction; beyond this the gain is small and the wait of the first in line is not."""

GROUP_WRITES_LIMIT = 4_000
"""Documents written in one transaction: keeps it far from the ten seconds after which the server ends it."""


@dataclass(frozen=True)
class Write:
    """One write. `guarded` ones must match a document, or the whole change is stale."""

    collection: str
    id: str
    operation: Operation
    guarded: bool = False
    document: Document | None = None
    """The whole document as it will be, where the write says it."""

    @property
    def inserts(self) -> bool:
        """Must there be no such document yet?"""
        return isinstance(self.operation, InsertOne)

    @property
    def may_match(self) -> bool:
        """Does it count as matched where a document is there, without having to match?"""
        return not self.guarded and not self.inserts

    @classmethod
    def insert(cls, collection: str, document: Document) -> Self:
        """A document that must not be there yet."""
        return cls(collection, document["_id"], InsertOne(document), document=document)

    @classmethod
    def replace(cls, collection: str, document: Document, *, expected: int) -> Self:
        """A document that must still have version `expected`."""
        where = {"_id": document["_id"], "version": expected}
        operation = ReplaceOne(where, document)
        return cls(collection, document["_id"], operation, guarded=True, document=document)

    @classmethod
    def put(cls, collection: str, document: Document) -> Self:
        """A document whatever was there before."""
        operation = ReplaceOne({"_id": document["_id"]}, document, upsert=True)
        return cls(collection, document["_id"], operation, document=document)

    @classmethod
    def update(cls, collection: str, id: str, update: Document, *, where: Document | None = None) -> Self:
        """A document updated in place; with `where`, it must match that too."""
        if where is None:
            return cls(collection, id, UpdateOne({"_id": id}, update, upsert=True))
        return cls(collection, id, UpdateOne({"_id": id, **where}, update), guarded=True)

    @classmethod
    def remove(cls, collection: str, id: str, *, expected: int) -> Self:
        """A document gone, that must still have version `expected`."""
        return cls(collection, id, DeleteOne({"_id": id, "version": expected}), guarded=True)

    @classmethod
    def delete(cls, collection: str, id: str) -> Self:
        """A document gone, if it was there."""
        return cls(collection, id, DeleteOne({"_id": id}))


class ToSeal(NamedTuple):
    """Text that a change is about to save, and whom it is about."""

    person: str
    part: Sealed[Any]


def to_seal(aggregate: Aggregate) -> list[ToSeal]:
    """What of an aggregate is stored in plain form unless it is sealed; from here on nobody else reads it."""
    found = [part for part in sealed_parts(aggregate) if part.sealed is None]
    for part in found:
        part.shut()
    return [ToSeal(aggregate.whose_text(), part) for part in found]


class Sealer(Protocol):
    """Whoever seals text before it is saved: the vault."""

    async def seal(self, parts: Sequence[ToSeal]) -> tuple[Write, ...]:
        """Seal these parts; returns what has to be saved with them."""
        ...


@dataclass(frozen=True)
class Change:
    """What a decision leaves, to be saved as a whole or not at all."""

    writes: tuple[Write, ...]
    to_seal: tuple[ToSeal, ...] = ()

    def and_(self, *more: Write) -> Self:
        """The same change with more to write."""
        return replace(self, writes=(*self.writes, *more))

    def touches(self) -> Iterable[tuple[str, str]]:
        """The documents it changes; two changes with one in common are never saved together."""
        return ((write.collection, write.id) for write in self.writes)


@dataclass
class _Waiting:
    change: Change
    touches: frozenset[tuple[str, str]]
    since: float = field(default_factory=time.monotonic)
    taken: float | None = None
    """When it was its turn, by the monotonic clock."""
    done: asyncio.Future[None] = field(default_factory=lambda: asyncio.get_running_loop().create_future())

    def withdraw(self) -> None:
        """Not any more, unless it is being saved already."""
        if self.taken is None and not self.done.done():
            self.done.set_exception(Overloaded("it was not this change's turn in the time it had"))


class Committer:
    """Saves changes in groups. One per process; used inside `async with running(...)`."""

    def __init__(
        self,
        database: Database,
        *,
        sealer: Sealer | None = None,
        progress: Progress | None = None,
        gather_s: float = GATHER_S,
        beat_every_s: float = BEAT_EVERY_S,
    ) -> None:
        self._database = database
        self._sealer = sealer
        self._gather_s = gather_s
        self._beat_every_s = beat_every_s
        self._progress = progress or Progress()
        self._waiting: deque[_Waiting] = deque()
        self._saving: dict[asyncio.Task[None], list[_Waiting]] = {}
        self._coming = 0
        self._closed = False
        self._wake = asyncio.Event()
        self.groups = 0
        """How many transactions were tried."""

    @contextmanager
    def coming(self) -> Iterator[None]:
        """Somebody decides on a change for the length of the block; who is to be saved next waits a moment for it."""
        self._coming += 1
        try:
            yield
        finally:
            self._coming -= 1
            if not self._coming:
                self._wake.set()

    async def commit(self, change: Change, *, within_s: float | None = None) -> None:
        """Save one change; returns when it is durable on a majority.

        Its turn must come within `within_s` seconds; without them it waits for as long as it takes.

        Raises:
            Stale: a guarded write no longer matched; decide again.
            AlreadyThere: a unique index refused it.
            Unavailable: not known to be saved; trying again is safe.
            Overloaded: its turn did not come, or would not: those before it take longer already. It is not saved.
        """
        if not change.writes:
            return
        if change.to_seal:
            await self._commit_sealed(change, within_s)
        else:
            await self._commit(change, within_s)

    async def _commit_sealed(self, change: Change, within_s: float | None) -> None:
        if self._sealer is None:
            raise RuntimeError(
                "there is text to seal, and no vault; the service's settings have no master key"
            )
        for left in reversed(range(KEY_TRIES)):
            keys: tuple[Write, ...] = ()
            try:
                keys = await self._sealer.seal(change.to_seal)
                await self._commit(change.and_(*keys), within_s)
            except BaseException as problem:
                for _, part in change.to_seal:
                    part.seal(None)  # Under a key that may not be saved: nobody may take it for sealed.
                if not (keys and left and _may_be_about_a_key(problem)):
                    raise
            else:
                return

    async def _commit(self, change: Change, within_s: float | None) -> None:
        if self._closed:
            raise Unavailable("the process is stopping")
        if within_s is not None and self._on_their_way_s(IN_FLIGHT) > within_s:
            raise Overloaded("the database takes long to save the changes before this one")
        waiting = _Waiting(change, frozenset(change.touches()))
        self._waiting.append(waiting)
        self._wake.set()
        loop = asyncio.get_running_loop()
        patience = None if within_s is None else loop.call_later(within_s, waiting.withdraw)
        try:
            with COMMIT_SECONDS.time():
                await waiting.done
        finally:
            if patience is not None:
                patience.cancel()

    def _on_their_way_s(self, groups: int) -> float:
        """For how long so many groups, or more, have been on their way; 0 where there are fewer."""
        begun = sorted(group[0].taken or 0.0 for group in self._saving.values())
        return time.monotonic() - begun[groups - 1] if len(begun) >= groups else 0.0

    async def run(self) -> None:
        """Save group after group until closed and empty; whoever still waits when it ends is told."""
        try:
            while self._waiting or self._saving or not self._closed:
                if not self._saving:
                    self._progress.beat(COMMITTER)  # Otherwise it gets round when a group is saved.
                elif self._beat_every_s <= self._on_their_way_s(1) < SAVED_WITHIN_S:
                    self._progress.waits(COMMITTER, "the database to save")
                self._start_groups()
                await self._something_happens()
        finally:
            self._closed = True
            unsaved = [*(one for group in self._saving.values() for one in group), *self._waiting]
            for task in self._saving:
                task.cancel()
            await asyncio.gather(*self._saving, return_exceptions=True)
            _answer(unsaved, Unavailable("the process is stopping"))

    def _start_groups(self) -> None:
        while self._is_time() and (group := self._next_group()):
            task = asyncio.create_task(self._save(group), name="save")
            self._saving[task] = group
            task.add_done_callback(self._saved)

    @property
    def _has_room(self) -> bool:
        """Is there anything to save, and may another group be on its way?"""
        return bool(self._waiting) and len(self._saving) < IN_FLIGHT

    @property
    def _waits_for_company(self) -> bool:
        return bool(self._coming) and time.monotonic() - self._waiting[0].since < self._gather_s

    def _is_time(self) -> bool:
        """A group costs much the same whatever its size: wait for those who are about to bring a change, a moment."""
        return self._has_room and not self._waits_for_company

    def _saved(self, task: asyncio.Task[None]) -> None:
        del self._saving[task]
        self._progress.beat(COMMITTER)
        self._wake.set()

    async def _something_happens(self) -> None:
        # What could go, and does not, touches what is on its way, and is woken when that is saved.
        gathering = self._has_room and self._waits_for_company
        with suppress(TimeoutError):
            async with asyncio.timeout(self._gather_s if gathering else self._beat_every_s):
                await self._wake.wait()
        self._wake.clear()

    def close(self) -> None:
        """Take nothing new; what waits is still saved. For an orderly stop."""
        self._closed = True
        self._wake.set()

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        later: deque[_Waiting] = deque()
        taken = {touched for saving in self._saving.values() for one in saving for touched in one.touches}
        writes = 0
        while self._waiting and len(group) < GROUP_LIMIT:
            waiting = self._waiting.popleft()
            if waiting.done.done():
                continue  # The caller went away before its turn; nothing was promised.
            too_many = group and writes + len(waiting.change.writes) > GROUP_WRITES_LIMIT
            if too_many or not taken.isdisjoint(waiting.touches):
                later.append(waiting)
            else:
                waiting.taken = time.monotonic()
                group.append(waiting)
                writes += len(waiting.change.writes)
            # A change that waits keeps its place before later ones that touch the same documents.
            taken |= waiting.touches
        self._waiting.extendleft(reversed(later))
        return group

    async def _save(self, group: list[_Waiting]) -> None:
        try:
            await self._write([waiting.change for waiting in group])
        except Unavailable as problem:
            _answer(group, problem)
        except asyncio.CancelledError:
            _answer(group, Unavailable("the process is stopping"))
            raise
        except Exception as problem:
            if len(group) == 1:
                _answer(group, problem)
            else:
                for waiting in group:
                    await self._save([waiting])
        else:
            _answer(group, None)

    async def _write(self, changes: list[Change]) -> None:
        by_collection: dict[str, list[Write]] = defaultdict(list)
        for change in changes:
            for write in change.writes:
                by_collection[write.collection].append(write)

        self.groups += 1
        await self._database.save(
            [part for collection, own in by_collection.items() for part in _parts(collection, own)]
        )


def _may_be_about_a_key(problem: BaseException) -> bool:
    """Somebody else makes the same key at this moment, or has made it. If it was another document, it shows again."""
    return isinstance(problem, Stale) or (isinstance(problem, AlreadyThere) and problem.collection == KEYS)


def _parts(collection: str, writes: list[Write]) -> Iterable[Part]:
    # A bulk write tells only how many matched in all, so guarded writes go apart from those that may match
    # without having to. Few collections have both at once; one round trip is the rule.
    free = [write for write in writes if write.may_match]
    strict = [write for write in writes if not write.may_match]
    for some in filter(None, (free, strict)):
        # One command per kind of operation; ordered, because the first error ends the transaction and what
        # comes after it in an unordered bulk would hide that error behind "no such transaction".
        operations = sorted((write.operation for write in some), key=lambda one: type(one).__name__)
        must_meet = sum(write.guarded for write in some)
        yield Part(collection=collection, operations=operations, must_meet=must_meet)


def _answer(group: list[_Waiting], problem: BaseException | None) -> None:
    for waiting in group:
        if waiting.done.done():
            continue
        if problem is None:
            waiting.done.set_result(None)
        else:
            waiting.done.set_exception(problem if len(group) == 1 else for_one_of_many(problem))


@asynccontextmanager
async def running(committer: Committer) -> AsyncIterator[Committer]:
    """Run the committer for the length of the block; what waits at the end is still saved."""
    task = asyncio.create_task(committer.run(), name="committer")
    try:
        yield committer
    finally:
        committer.close()
        await task
