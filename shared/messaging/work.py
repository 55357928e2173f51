"""A unit of work for commands: load aggregates, let them decide, save them with their events."""

from datetime import datetime
from typing import TypeVar

from shared.domain.aggregate import Aggregate
from shared.domain.errors import NotFound
from shared.ids import NewId
from shared.messaging.ledger import Ledger
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Change, Write
from shared.telemetry import current_traceparent

A = TypeVar("A", bound=Aggregate)


class Work:
    """What one command reads and changes. Made anew for every try, so a rule that runs again starts fresh."""

    def __init__(self, database: Database, *, now: datetime, new_id: NewId) -> None:
        self._database = database
        self._ledger = Ledger(now=now, new_id=new_id)
        self._stored: dict[tuple[str, str], Document] = {}
        self._held: dict[tuple[str, str], Aggregate] = {}
        self._guarded: set[tuple[str, str]] = set()

    async def find(self, kind: type[A], id: str) -> A | None:
        """The aggregate, or None; the same object however often it is asked for."""
        at = (kind.collection, id)
        if not self._ledger.knows(kind, id):
            document = await self._database.get(kind.collection, id)
            self._ledger.remember(kind, id, document)
            found = self._ledger.get(kind, id)
            if found is not None and document is not None:
                self._held[at] = found
                self._stored[at] = document
        return self._ledger.get(kind, id)

    async def load(self, kind: type[A], id: str) -> A:
        """The aggregate.

        Raises:
            NotFound: there is none with this id.
        """
        found = await self.find(kind, id)
        if found is None:
            raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
        return found

    def add(self, aggregate: Aggregate) -> None:
        """A new aggregate, to be saved with the rest."""
        self._held[aggregate.collection, aggregate.id] = aggregate

    def guard(self, aggregate: Aggregate) -> None:
        """Save it even if it stays as it is: what is decided rests on it, and not on what somebody else makes of it.

        Its version rises, so of two who change and guard it at the same moment the second decides anew.
        """
        self.add(aggregate)
        self._guarded.add((aggregate.collection, aggregate.id))

    def take(self) -> None:
        """Settle versions and events: from here on a view shows the version that will be saved."""
        traceparent = current_traceparent()
        for at, aggregate in self._held.items():
            announces = aggregate.raised or aggregate.timers or aggregate.forgotten
            if announces or at in self._guarded or self._differs(at, aggregate):
                self._ledger.take(aggregate, traceparent=traceparent)

    def _differs(self, at: tuple[str, str], aggregate: Aggregate) -> bool:
        """Held against its stored form as it would be written today; what a rule announces spares the comparison."""
        stored = self._stored.get(at)
        return stored is None or aggregate.document() != type(aggregate).rebuild(stored).document()

    def change(self, *also: Write) -> Change:
        """What is to be saved, `also` included. Call `take` first."""
        return self._ledger.change(*also)
