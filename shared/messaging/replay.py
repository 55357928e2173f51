"""Running a part of a topic again through the same reactions: after a rule was wrong without raising.

What was seen is set aside, so each chosen event takes effect again, on the present state, whatever it led to before.
That is the operator's judgement, for which a dry run prints every document and event it would come to. Under its name
a replay counts once: its own positions are saved with the effects, so it can be interrupted and run again.
"""

from aiokafka import TopicPartition

from shared.clock import Clock
from shared.contracts.topics import TOPICS
from shared.ids import NewId
from shared.messaging.positions import Positions
from shared.messaging.reactions import Reactions
from shared.messaging.rereading import CannotReplay, open_topics
from shared.messaging.rerun import Bounds, Replayed, Rerun
from shared.messaging.selection import Selection
from shared.messaging.standstill import Saving, Standstill
from shared.storage.mongo import Database, as_stored
from shared.storage.schema import Collection
from shared.storage.unit_of_work import Committer

REPLAYS = "replays"
COLLECTION = Collection(
    name=REPLAYS, required={"_id": "string", "selection": "object", "ends": "object", "at": "date"}
)


class Replay:
    """Runs parts of a service's topics again."""

    def __init__(
        self,
        *,
        database: Database,
        committer: Committer,
        reactions: Reactions,
        group: str,
        kafka_url: str,
        clock: Clock,
        new_id: NewId,
    ) -> None:
        self._database = database
        self._committer = committer
        self._reactions = reactions
        self._group = group
        self._kafka_url = kafka_url
        self._clock = clock
        self._new_id = new_id

    async def look(self, selection: Selection, *, name: str | None = None) -> Replayed:
        """What it would come to, or with a name what is left of it; nothing is written.

        Raises:
            CannotReplay: it can't be run; of a rule that raises too.
            StorageError: the database does not answer.
        """
        return await self._run(selection, name=name, by=None)

    async def apply(self, selection: Selection, *, name: str, by: str) -> Replayed:
        """Run it, or what is left of it. Once it is done the same name does nothing more.

        Raises:
            CannotReplay: nothing was changed.
            Interrupted, StorageError: a part may have been; the same again does the rest.
        """
        return await self._run(selection, name=name, by=by)

    async def _run(self, selection: Selection, *, name: str | None, by: str | None) -> Replayed:
        self._check_that_we_listen(selection)
        async with open_topics(self._kafka_url, [selection.topic]) as topics:
            tps = selection.partitions(topics)
            still = await Standstill.begin(self._database, self._group, tps)
            _check_that_it_was_handled(selection, still)
            starts = await selection.starts(topics, tps)
            own = Positions(self._database, f"replay/{name}")
            if name and by:
                await still.refuse_workers(self._kafka_url)
                await self._enter(name, selection, still, by=by)
                await own.begin(starts)
            ends = await self._ends(name, selection, still)
            done = starts | (await own.read(starts) if name else {})
            saving = Saving(self._committer, still, own, dict(done)) if by else None
            bounds = Bounds(starts=starts, done=done, ends=ends, handled=still.at)
            return await self._rerun(selection, bounds, saving).run(topics)

    def _check_that_we_listen(self, selection: Selection) -> None:
        if selection.topic not in self._reactions.topics:
            heard = ", ".join(self._reactions.topics) or "nothing"
            raise CannotReplay(f"this service does not listen to {selection.topic}; it listens to {heard}")
        bounds = (selection.last, selection.until, *selection.types)
        if TOPICS[selection.topic].compacted and any(bound is not None for bound in bounds):
            raise CannotReplay(
                f"{selection.topic} is compacted, so the last word on each key counts, which may be that it is "
                "deleted: leave out --last, --until and --type, and let the range run to the present"
            )
        for type in sorted(selection.types - self._reactions.reacted_to):
            known = ", ".join(sorted(self._reactions.reacted_to))
            raise CannotReplay(f"this service has no reaction to {type}; it has to {known}")

    async def _ends(
        self, name: str | None, selection: Selection, still: Standstill
    ) -> dict[TopicPartition, int]:
        """Where it ends: where the service was when it was begun under this name, else where it is now.

        A compacted topic is always run to the present: an erasure that came meanwhile has to be the last word.
        """
        found = await self._database.find_one(REPLAYS, {"_id": name}) if name else None
        if found is None:
            return dict(still.at)
        if found["selection"] != as_stored(selection.as_document()):
            raise CannotReplay(
                f"{name} is the name of another replay, of {found['selection']}: choose your own"
            )
        if TOPICS[selection.topic].compacted:
            return dict(still.at)
        return {tp: found["ends"][str(tp.partition)] for tp in still.at if str(tp.partition) in found["ends"]}

    async def _enter(self, name: str, selection: Selection, still: Standstill, *, by: str) -> None:
        note = {
            "selection": selection.as_document(),
            "ends": {str(tp.partition): end for tp, end in still.at.items()},
            "by": by,
            "at": self._clock(),
        }
        await self._database.change_one(REPLAYS, {"_id": name}, {"$setOnInsert": note}, upsert=True)

    def _rerun(self, selection: Selection, bounds: Bounds, saving: Saving | None) -> Rerun:
        return Rerun(
            selection=selection,
            bounds=bounds,
            database=self._database,
            reactions=self._reactions,
            clock=self._clock,
            new_id=self._new_id,
            saving=saving,
        )


def _check_that_it_was_handled(selection: Selection, still: Standstill) -> None:
    for tp, at in still.at.items():
        if selection.last is not None and selection.last >= at:
            raise CannotReplay(
                f"{tp.topic}/{tp.partition} was handled up to {at - 1}: what comes after is the workers' to handle"
            )
