"""From decisions to writes: keeps the aggregates a unit of work loaded, and what they announced."""

from datetime import datetime
from typing import Any, TypeVar

from shared.domain.aggregate import Aggregate
from shared.ids import NewId, id_after
from shared.messaging.outbox import OUTBOX, event_row, timer_writes
from shared.storage.mongo import Document
from shared.storage.unit_of_work import Change, ToSeal, Write, to_seal
from shared.storage.vault import GONE, destroying

A = TypeVar("A", bound=Aggregate)


class Ledger:
    """Aggregates by kind and id, each with the version it was read at, and the rows they lead to.

    Events get their sequence here: an aggregate read at version 7 that announces two events is saved at
    version 9, and the events carry 8 and 9, also where they belong to different subjects (gaps are allowed).
    """

    def __init__(self, *, now: datetime, new_id: NewId) -> None:
        self._now = now
        self._new_id = new_id
        self._read: dict[tuple[str, str], Document | None] = {}
        self._known: dict[tuple[str, str], Aggregate | None] = {}
        self._expected: dict[tuple[str, str], int] = {}
        self._dirty: dict[tuple[str, str], Aggregate] = {}
        self._rows: list[Write] = []
        self._to_seal: list[ToSeal] = []
        self._destroyed: set[str] = set()

    def remember(self, kind: type[Aggregate], id: str, document: Document | None) -> None:
        """Note what storage holds under this id (None: nothing)."""
        at = (kind.collection, id)
        self._read[at] = document
        self._expected[at] = document["version"] if document else 0

    def knows(self, kind: type[Aggregate], id: str) -> bool:
        """Was this one looked up already?"""
        return (kind.collection, id) in self._read

    def get(self, kind: type[A], id: str) -> A | None:
        """The aggregate as it stands now, decisions so far included.

        Rebuilt when it is asked for: a stored document that no longer fits its class fails the rule that wants it,
        and nothing else.
        """
        at = (kind.collection, id)
        if at not in self._known:
            document = self._read.get(at)
            self._known[at] = kind.rebuild(document) if document else None
        found = self._known[at]
        return found if isinstance(found, kind) else None

    def take(self, aggregate: Aggregate, *, traceparent: str | None = None) -> None:
        """The aggregate is to be saved, with what it announced since it was last taken."""
        at = (aggregate.collection, aggregate.id)
        self._known[at] = None if aggregate.forgotten else aggregate
        self._dirty[at] = aggregate
        # One made anew where another is stored goes on counting from there.
        aggregate.version = max(aggregate.version, self._expected.setdefault(at, 0))
        aggregate.last_event = aggregate.last_event or (self._read.get(at) or {}).get("last_event")
        events, timers = aggregate.take_raised()
        for event in events:
            aggregate.version += 1
            aggregate.last_event = self._id_behind(aggregate.last_event)
            row = event_row(
                event,
                id=aggregate.last_event,
                subject=event.subject_of(aggregate.id),
                sequence=aggregate.version,
                now=self._now,
                traceparent=traceparent,
            )
            self._rows.append(Write.insert(OUTBOX, row))
        if aggregate.version == self._expected[at]:
            aggregate.version += 1
        self._to_seal.extend(to_seal(aggregate))
        if aggregate.destroyed_key is not None:
            self._destroyed.add(aggregate.destroyed_key)
            self._rows.append(destroying(aggregate.destroyed_key, now=self._now))
        if timers:
            self._rows.extend(timer_writes(aggregate.id, timers.items(), sequence=aggregate.version))

    def _id_behind(self, last: str | None) -> str:
        id = self._new_id()
        return id if last is None or id > last else id_after(last)

    @property
    def kinds(self) -> frozenset[type[Aggregate]]:
        """The kinds of everything taken."""
        return frozenset(type(aggregate) for aggregate in self._dirty.values())

    def change(self, *also: Write) -> Change:
        """Everything taken, and `also`, as one change."""
        for person, part in self._to_seal:
            if person in self._destroyed:
                part.seal(GONE)
        saves = [save for at, aggregate in self._dirty.items() if (save := self._save(at, aggregate))]
        writes = (*saves, *self._last_per_row(), *also)
        return Change(
            writes=writes, to_seal=tuple(one for one in self._to_seal if one.person not in self._destroyed)
        )

    def _save(self, at: tuple[str, str], aggregate: Aggregate) -> Write | None:
        if aggregate.forgotten:
            stored = self._expected[at]
            return Write.remove(aggregate.collection, aggregate.id, expected=stored) if stored else None
        document: dict[str, Any] = aggregate.document()
        if self._expected[at] == 0:
            return Write.insert(aggregate.collection, document)
        return Write.replace(aggregate.collection, document, expected=self._expected[at])

    def _last_per_row(self) -> list[Write]:
        # A timer set twice in one unit of work is one write, the later: order within a bulk is not kept.
        return list({write.id: write for write in self._rows}.values())
