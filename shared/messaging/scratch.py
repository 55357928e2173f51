"""Documents as a replay leaves them, in memory: nothing is written before somebody says so."""

from collections import defaultdict
from collections.abc import Container, Iterator, Mapping
from typing import Any

from shared.domain.aggregate import Aggregate
from shared.messaging.batch import SEEN, Outcome
from shared.messaging.outbox import OUTBOX, TIMERS
from shared.messaging.records import Arrival
from shared.storage.mongo import Document, Reads, as_stored

PLATFORM = frozenset({SEEN, OUTBOX, TIMERS})
"""What a decision writes beside its aggregates."""

Place = tuple[str, str]
"""A collection, and an id in it."""


class Scratch:
    """What was decided so far, over what `below` holds, or over nothing.

    Which events were seen is remembered from here on only.
    """

    def __init__(self, below: Reads | None = None) -> None:
        self._below = below
        self._before: dict[Place, Document | None] = {}
        self._now: dict[Place, Document | None] = {}
        self._changed: dict[Place, Document | None] = {}
        self._seen: dict[str, int] = {}
        self.kinds: dict[str, type[Aggregate]] = {}
        """Of every collection that was changed."""

    async def find_own(self, collection: str, where: Mapping[str, Any], *, limit: int = 0) -> list[Document]:
        """The documents with these ids; the first of them, where there is a limit."""
        ids = where["_id"]["$in"][: limit or None]
        if collection == SEEN:
            return [{"_id": id, "sequence": self._seen[id]} for id in ids if id in self._seen]
        unread = [id for id in ids if (collection, id) not in self._now]
        if unread:
            found = await self._below.find_own(collection, {"_id": {"$in": unread}}) if self._below else []
            by_id = {document["_id"]: document for document in found}
            for id in unread:
                self._now[collection, id] = by_id.get(id)
                self._before.setdefault((collection, id), by_id.get(id))
        return [document for id in ids if (document := self._now[collection, id]) is not None]

    async def is_there(self, outcome: Outcome) -> bool:
        """Is anything there already that these decisions would make, without having asked for it?"""
        made = [
            (write.collection, write.id)
            for write in outcome.change.writes
            if write.inserts and write.collection not in PLATFORM
        ]
        unread = defaultdict(list)
        for collection, id in made:
            if (collection, id) not in self._now:
                unread[collection].append(id)
        for collection, ids in unread.items():
            await self.find_own(collection, {"_id": {"$in": ids}})
        return any(self._now[place] is not None for place in made)

    def take(self, outcome: Outcome, *, only: Container[str] | None = None) -> None:
        """From here on these decisions hold, or those of them about some collections."""
        self.kinds |= {kind.collection: kind for kind in outcome.kinds}
        for arrival in outcome.handled:
            self.saw(arrival)
        for write in outcome.change.writes:
            if write.collection not in PLATFORM and (only is None or write.collection in only):
                place = (write.collection, write.id)
                document = as_stored(write.document) if write.document is not None else None
                self._now[place] = self._changed[place] = document
                self._before.setdefault(place, None)

    def saw(self, arrival: Arrival) -> None:
        """What comes of it later is a repetition."""
        if arrival.envelope is not None:
            known = self._seen.get(arrival.subject, -1)
            self._seen[arrival.subject] = max(known, arrival.envelope.sequence)

    def read_again(self) -> None:
        """Somebody else has changed something: what was read is not to be relied on."""
        self._now.clear()
        self._before = {place: self._before[place] for place in self._changed}

    def of(self, collection: str) -> dict[str, Document]:
        """Every document there is now, by id."""
        return {
            id: document
            for (found, id), document in self._now.items()
            if found == collection and document is not None
        }

    def changes(self) -> Iterator[tuple[Place, Document | None, Document | None]]:
        """Every document that was decided about, as it was first read and as it was left."""
        for place, document in self._changed.items():
            yield place, self._before[place], document
