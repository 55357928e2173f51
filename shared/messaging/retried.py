"""What a retry came to, and where that is noted for whoever looks next."""

import asyncio
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.parking import PARKED_EVENTS, ParkedKey, Why
from shared.messaging.queues import heads
from shared.storage.errors import Stale
from shared.storage.mongo import Database, Document
from shared.storage.unit_of_work import Change, Committer, Write

TRIES = 20
"""How often anything is tried again when a command or a follower was quicker."""
FAILURES_NAMED = 20


class StillFails(BaseModel):
    """An event that can't be handled yet; it stays parked with what follows it."""

    model_config = ConfigDict(frozen=True)

    event: str = Field(examples=["peerpath.supervision.events/3/1041"])
    error: str = Field(examples=["Conflict"])
    problem: str = Field(examples=["Conflict: A tally holds 10,000 hours; open another placement."])


class Retried(BaseModel):
    """What a retry came to."""

    model_config = ConfigDict(frozen=True)

    keys: int = Field(default=0, description="Keys that were taken up.", examples=[46])
    handled: int = Field(default=0, description="Events that took effect.", examples=[391])
    without_effect: int = Field(
        default=0, description="Events that took none: repeated, or of no concern any more.", examples=[2]
    )
    failed: int = Field(default=0, description="Events that still can't be handled.", examples=[1])
    failures: tuple[StillFails, ...] = Field(default=(), description="The first of those.")
    stopped: bool = Field(
        default=False, description="The time was up before the end; send another request.", examples=[False]
    )
    left: int = Field(
        default=0,
        description="What is still parked of what was asked for: events of the key, or keys of the class of error.",
        examples=[1],
    )

    def and_(self, other: "Retried") -> "Retried":
        """Both together."""
        return Retried(
            keys=self.keys + other.keys,
            handled=self.handled + other.handled,
            without_effect=self.without_effect + other.without_effect,
            failed=self.failed + other.failed,
            failures=(*self.failures, *other.failures)[:FAILURES_NAMED],
            stopped=self.stopped or other.stopped,
            left=self.left + other.left,
        )


async def note_failures(
    database: Database, committer: Committer, key: str, failures: Sequence[StillFails]
) -> None:
    """Say on the key and on its events what they fail of now; what is noted already costs no write."""
    for attempt in range(TRIES):
        stored = await database.find_one(ParkedKey.collection, {"_id": key})
        if stored is None:
            return
        before = await heads(database, key)
        now = [_noted(row, failures) for row in before]
        kept = _held_up_by(stored, now)
        events = [Write.put(PARKED_EVENTS, row) for row, old in zip(now, before, strict=True) if row != old]
        if kept == stored and not events:
            return
        held = Write.replace(
            ParkedKey.collection, {**kept, "version": stored["version"] + 1}, expected=stored["version"]
        )
        try:
            await committer.commit(Change(writes=(held, *events)))
        except Stale:
            await asyncio.sleep(0.02 * attempt)
        else:
            return


def _noted(row: Document, failures: Sequence[StillFails]) -> Document:
    for one in failures:
        if one.event == row["_id"]:
            return {**row, "why": Why.FAILED.value, "error": one.error, "problem": one.problem}
    return row


def _held_up_by(key: Document, heads: Sequence[Document]) -> Document:
    """The key's document with what its first events fail of; while one of them is untried the old classes stay."""
    failed = [row for row in heads if row["error"]]
    errors = {row["error"] for row in failed}
    if len(failed) < len(heads):
        errors |= set(key["errors"])
    return {**key, "errors": sorted(errors), "problem": failed[0]["problem"] if failed else key["problem"]}
