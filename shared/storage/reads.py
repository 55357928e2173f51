"""Reading, shared: documents that are asked for at the same time are found in one round trip.

The counterpart of group commit. With one find per command, 32 commands at once keep 32 connections (and, with
Motor, 32 threads) busy with one document each, and that costs more than all the rest of a command.
"""

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Sequence
from copy import deepcopy
from typing import Any

from shared.storage.errors import Unavailable, for_one_of_many

Found = dict[str, Any] | None
Key = str | bytes
Asked = dict[Key, list[asyncio.Future[Found]]]


class SharedReads:
    """Finds documents by id, one round trip at a time per collection; whoever asks meanwhile is in the next.

    Nobody is answered by a find that was sent before they asked, so an answer is never older than its question.
    """

    def __init__(self, find: Callable[[str, Sequence[Key]], Awaitable[list[dict[str, Any]]]]) -> None:
        self._find = find
        self._asked: dict[str, Asked] = {}
        self._reading: dict[str, asyncio.Task[None]] = {}

    async def get(self, collection: str, id: Key) -> Found:
        """The document with this id, or None."""
        answer: asyncio.Future[Found] = asyncio.get_running_loop().create_future()
        self._asked.setdefault(collection, defaultdict(list))[id].append(answer)
        if collection not in self._reading:
            self._reading[collection] = asyncio.create_task(self._read(collection), name=f"read-{collection}")
        return await answer

    async def _read(self, collection: str) -> None:
        asked: Asked | None = None
        try:
            while asked := self._asked.pop(collection, None):
                try:
                    found = await self._find(collection, list(asked))
                except Exception as problem:
                    _fail(asked, problem)
                else:
                    _answer(asked, found)
        finally:
            del self._reading[collection]
            stopping = Unavailable("the process is stopping")
            for left in (asked, self._asked.pop(collection, None)):
                _fail(left or {}, stopping)


def _answer(asked: Asked, found: list[dict[str, Any]]) -> None:
    by_id = {document["_id"]: document for document in found}
    for id, answers in asked.items():
        document = by_id.get(id)
        for number, answer in enumerate(answers):
            if not answer.done():
                # Whoever asked may change what they got: nobody shares a document with a neighbour.
                answer.set_result(document if number == 0 else deepcopy(document))


def _fail(asked: Asked, problem: Exception) -> None:
    for answers in asked.values():
        for answer in answers:
            if not answer.done():
                answer.set_exception(for_one_of_many(problem))
