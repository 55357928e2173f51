"""The loop that carries imports out, part by part, and takes them out again.

What is to be done is in the database, and each part is saved in one transaction with the import's own step: a worker
that dies leaves nothing half done, and whoever comes next goes on with the part that is next. Two workers at the same
part cost one of them its trouble.
"""

import asyncio
from collections import Counter

import structlog

from services.recruitment import queries
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.consents import Consents
from services.recruitment.domain.importing.file import key_of
from services.recruitment.domain.importing.imported import Import, State
from services.recruitment.domain.importing.part import ImportPart
from services.recruitment.domain.importing.row import ImportRow
from services.recruitment.domain.person import Person
from shared.messaging.work import Work
from shared.service import Runtime
from shared.storage.errors import AlreadyThere, Overloaded, Stale, StorageError, Unavailable

log = structlog.get_logger(__name__)

LOOP = "importer"
LOOP_LIMIT_S = 120.0
POLL_S = 0.5
AT_ONCE = 20
TRIES = 3
"""How often a part may meet what somebody else entered at the same moment: then it is looked up anew."""

WORKING = {"state": {"$in": [State.RUNNING.value, State.UNDOING.value]}}


class Importer:
    """Goes on with every import that was started."""

    def __init__(self, runtime: Runtime) -> None:
        self._runtime = runtime
        self._database = runtime.database
        self._met: Counter[str] = Counter()

    async def round(self) -> bool:
        """One part of each; returns whether there was any."""
        rows = await self._database.find(Import.collection, WORKING, sort=(("_id", 1),), limit=AT_ONCE)
        for row in rows:
            await self._go_on(row["_id"])
            self._runtime.progress.beat(LOOP)
        return bool(rows)

    async def _go_on(self, id: str) -> None:
        try:
            await self._step(id)
        except (Unavailable, Overloaded):
            raise
        except Stale:
            log.info("import_step_left", import_id=id)  # Another worker, or a command, was quicker.
        except AlreadyThere:
            self._met[id] += 1
            if self._met[id] >= TRIES:
                await self._stop(id, "import_met_others")
        except Exception:
            log.exception("import_stopped", import_id=id)
            await self._stop(id, "import_failed")
        else:
            del self._met[id]

    async def _step(self, id: str) -> None:
        work = self._work()
        going = await work.find(Import, id)
        if going is None or not going.working:
            return
        part = await work.find(ImportPart, ImportPart.id_of(id, going.next_part))
        if part is None:
            going.stop("import_rows_gone")
            await self._save(work)
            return
        before = part.outcomes()
        undoing = going.state is State.UNDOING
        await (self._take_out if undoing else self._bring_in)(work, going, part)
        going.stepped(part, before=before, now=self._runtime.clock())
        await self._save(work)

    async def _bring_in(self, work: Work, going: Import, part: ImportPart) -> None:
        now = self._runtime.clock()
        assert self._runtime.vault is not None, "a service with sealed text takes SealingSettings"
        await self._runtime.vault.open(part)
        consents: Consents = self._runtime.extras["consents"]
        reads = part.read(consents=consents, now=now)
        taken = await queries.taken(
            self._database, map(key_of, reads.values()), site=part.site, programme=part.programme
        )
        by = going.started_by or going.by
        made = part.bring_in(reads, taken, by=by, announce=going.announce, consents=consents, now=now)
        for person, candidate in made:
            work.add(person)
            work.add(candidate)

    async def _take_out(self, work: Work, going: Import, part: ImportPart) -> None:
        rows = part.imported
        found = await asyncio.gather(*(self._both(work, row) for row in rows))
        kept = set()
        for row, (person, candidate) in zip(rows, found, strict=True):
            if person is None or candidate is None or not candidate.untouched or person.version > 1:
                kept.add(row.candidate or "")
                continue
            candidate.take_out(by=going.undone_by or going.by)
            person.take_out()
        part.taken_out(frozenset(kept))

    async def _both(self, work: Work, row: ImportRow) -> tuple[Person | None, Candidate | None]:
        return await work.find(Person, row.person or ""), await work.find(Candidate, row.candidate or "")

    async def _stop(self, id: str, problem: str) -> None:
        work = self._work()
        going = await work.find(Import, id)
        if going is not None and going.working:
            going.stop(problem)
            await self._save(work)
        self._met.pop(id, None)

    def _work(self) -> Work:
        return Work(self._database, now=self._runtime.clock(), new_id=self._runtime.new_id)

    async def _save(self, work: Work) -> None:
        work.take()
        await self._runtime.committer.commit(work.change())
        self._runtime.saved()


async def carry_out_imports(runtime: Runtime) -> None:
    """Look again and again until cancelled."""
    importer = Importer(runtime)
    runtime.progress.expect(LOOP, within_s=LOOP_LIMIT_S)
    while True:
        worked = False
        try:
            worked = await importer.round()
        except StorageError as problem:
            runtime.progress.waits(LOOP, str(problem))
        else:
            runtime.progress.beat(LOOP)
        await asyncio.sleep(0 if worked else POLL_S)
