"""What sealed text promises, on a real MongoDB with both drivers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from bson import encode

from shared.clock import utc_now
from shared.domain.aggregate import Aggregate, Value
from shared.domain.sealed import NotOpen, Sealed
from shared.ids import new_id
from shared.messaging.work import Work
from shared.service import PLATFORM_COLLECTIONS
from shared.storage.crypt import Crypt, key_id
from shared.storage.errors import AlreadyThere, Refused
from shared.storage.mongo import Database, Document, Driver, connect
from shared.storage.schema import aggregates, migrate
from shared.storage.sealing import seal_stored
from shared.storage.unit_of_work import KEYS, Change, Committer, Write, running
from shared.storage.vault import Vault, WrongMasterKey, destroying
from tests.support.stack import Stack

BOTH: list[Driver] = ["motor", "pymongo"]
MASTER, OTHER = b"a" * 96, b"b" * 96
NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
SECRET = "what nobody else may read"


class Words(Value):
    said: str


class Line(Value):
    words: Sealed[Words]


class Note(Aggregate):
    collection: ClassVar[str] = "notes"

    person: str
    lines: tuple[Line, ...] = ()
    seen: int = 0

    @classmethod
    def about(cls, person: str, *said: str) -> "Note":
        lines = tuple(Line(words=Sealed.of(Words(said=one))) for one in said)
        return cls(id=new_id(), site="leeds", person=person, lines=lines)

    def read(self) -> list[str | None]:
        found = [line.words.read() for line in self.lines]
        return [None if words is None else words.said for words in found]


@dataclass(kw_only=True)
class Place:
    """A database with a vault and a committer."""

    database: Database
    vault: Vault
    committer: Committer

    async def save(self, *notes: Note, committer: Committer | None = None) -> None:
        work = Work(self.database, now=NOW, new_id=new_id)
        for note in notes:
            work.add(note)
        work.take()
        await (committer or self.committer).commit(work.change())

    async def stored(self, note: Note) -> Note:
        row = await self.database.get(Note.collection, note.id)
        assert row is not None
        return Note.rebuild(row)

    async def opened(self, note: Note) -> list[str | None]:
        found = await self.stored(note)
        await self.vault.open(found)
        return found.read()

    async def bytes(self) -> bytes:
        """Every document of every collection, as the server holds it."""
        rows = [await self.database.find(name, {}) for name in await self.database.collections()]
        return b"".join(encode(row) for some in rows for row in some)


@asynccontextmanager
async def place(stack: Stack, driver: Driver = "motor") -> AsyncIterator[Place]:
    async with connect(stack.mongo_url, f"vault-{new_id()}", driver=driver) as database:
        await migrate(database, (*PLATFORM_COLLECTIONS, aggregates("notes")), (), now=utc_now())
        vault = Vault(database, Crypt(MASTER))
        try:
            async with running(Committer(database, sealer=vault)) as committer:
                yield Place(database=database, vault=vault, committer=committer)
        finally:
            await database.drop()


@pytest.mark.parametrize("driver", BOTH)
async def test_sealed_text_is_read_by_who_opens_it_alone(stack: Stack, driver: Driver) -> None:
    """No byte of the text is in the database; the vault opens it, and an aggregate carries it along unopened."""
    async with place(stack, driver) as here:
        note = Note.about("robin", SECRET, "and more")
        await here.save(note)
        assert SECRET.encode() not in await here.bytes()
        found = await here.stored(note)
        with pytest.raises(NotOpen):
            found.read()
        work = Work(here.database, now=NOW, new_id=new_id)
        carried = await work.load(Note, note.id)
        carried.seen += 1
        work.take()
        await here.committer.commit(work.change())
        assert (await here.stored(note)).lines == found.lines
        assert await here.opened(note) == [SECRET, "and more"]


@pytest.mark.parametrize("driver", BOTH)
async def test_a_destroyed_key_erases_the_text_everywhere(stack: Stack, driver: Driver) -> None:
    """From that moment nobody opens anything about the person, from a copy made before as little; others stay."""
    async with place(stack, driver) as here:
        robin, kim = Note.about("robin", SECRET), Note.about("kim", "stays")
        await here.save(robin, kim)
        backup = await here.database.get(Note.collection, robin.id)
        assert backup is not None
        assert await here.opened(robin) == [SECRET]
        await here.committer.commit(Change(writes=(destroying("robin", now=NOW),)))
        assert await here.opened(robin) == [None]
        assert await here.opened(kim) == ["stays"]
        await here.database.delete(Note.collection, {"_id": robin.id})
        await here.committer.commit(Change(writes=(Write.insert(Note.collection, backup),)))
        assert await here.opened(robin) == [None]
        assert (await here.database.get(KEYS, key_id("robin")) or {}).keys() == {
            "_id", "keyAltNames", "creationDate", "updateDate", "status", "destroyed",
        }  # fmt: skip


async def test_nothing_is_kept_about_somebody_whose_key_was_destroyed(stack: Stack) -> None:
    """No new key is made, not even for somebody who never had one: what is written about them later is dropped."""
    async with place(stack) as here:
        await here.committer.commit(Change(writes=(destroying("robin", now=NOW),)))
        note = Note.about("robin", SECRET)
        await here.save(note)
        assert await here.opened(note) == [None]
        assert SECRET.encode() not in await here.bytes()
        assert await here.database.count(KEYS, {}) == 1


async def test_what_is_saved_with_the_destruction_of_its_key_is_dropped(stack: Stack) -> None:
    """Text that the erasing change itself would seal is not kept, whether or not there was a key."""
    async with place(stack) as here:
        note, first = Note.about("robin", SECRET), Note.about("kim", SECRET)
        await here.save(Note.about("robin", "before"))
        for one in (note, first):
            one.destroy_key_of(one.person)
        await here.save(note, first)
        assert [await here.opened(note), await here.opened(first)] == [[None], [None]]
        assert SECRET.encode() not in await here.bytes()


@pytest.mark.parametrize("driver", BOTH)
async def test_a_race_of_first_texts_makes_one_key(stack: Stack, driver: Driver) -> None:
    """Twenty first texts about one person at once, from two committers, are all kept under a single key."""
    async with place(stack, driver) as here, running(Committer(here.database, sealer=here.vault)) as other:
        notes = [Note.about("robin", f"text {n}") for n in range(20)]
        await asyncio.gather(
            *(here.save(note, committer=other if n % 2 else None) for n, note in enumerate(notes))
        )
        assert await here.database.count(KEYS, {}) == 1
        assert [await here.opened(note) for note in notes] == [[f"text {n}"] for n in range(20)]


async def test_a_key_is_made_with_the_text_or_not_at_all(stack: Stack) -> None:
    """A change that is refused leaves no key, and what it would have sealed is sealed anew when it is tried again."""
    async with place(stack) as here:
        note = Note.about("robin", SECRET)
        await here.committer.commit(
            Change(writes=(Write.insert("notes", {**Note.about("kim").document(), "_id": note.id}),))
        )
        with pytest.raises(AlreadyThere):
            await here.save(note)
        assert await here.database.count(KEYS, {}) == 0
        assert note.lines[0].words.sealed is None


async def test_text_nobody_sealed_is_refused(stack: Stack) -> None:
    """A store that bypasses the vault takes no document with plain text in a sealed part."""
    async with place(stack) as here:
        with pytest.raises(Refused):
            await here.committer.commit(
                Change(writes=(Write.insert("notes", Note.about("robin", SECRET).document()),))
            )


async def test_what_was_stored_plain_is_sealed_once(stack: Stack) -> None:
    """The migration seals what it finds, and run again it changes nothing."""
    async with place(stack) as here:
        note = Note.about("robin", SECRET)
        plain: Document = {**note.document(), "version": 3, "lines": [{"words": {"said": SECRET}}]}
        await here.database.bulk_write("notes", [Write.insert("notes", plain).operation])
        assert (await here.stored(note)).read() == [SECRET]
        await seal_stored(here.database, here.vault, Note)
        assert SECRET.encode() not in await here.bytes()
        sealed = await here.stored(note)
        assert (sealed.version, await here.opened(note)) == (4, [SECRET])
        await seal_stored(here.database, here.vault, Note)
        assert (await here.stored(note)).document() == sealed.document()


async def test_a_wrong_master_key_is_told_at_once(stack: Stack) -> None:
    """It says which master key wrapped the keys, and none is lost."""
    async with place(stack) as here:
        note = Note.about("robin", SECRET)
        await here.save(note)
        await here.vault.check()
        with pytest.raises(WrongMasterKey, match="wrapped by the master key local:"):
            await Vault(here.database, Crypt(OTHER)).check()
        assert await here.opened(note) == [SECRET]


async def test_a_master_key_is_replaced_by_another(stack: Stack) -> None:
    """After `rewrap` the old one opens nothing and is not needed; destroyed keys stay destroyed."""
    async with place(stack) as here:
        notes = [Note.about(person, SECRET) for person in ("robin", "kim")]
        await here.save(*notes)
        await here.committer.commit(Change(writes=(destroying("kim", now=NOW),)))
        both = Vault(here.database, Crypt(OTHER, MASTER))
        await both.check()
        assert [await both.rewrap(now=NOW), await both.rewrap(now=NOW)] == [1, 0]
        with pytest.raises(WrongMasterKey):
            await here.vault.check()
        new = Vault(here.database, Crypt(OTHER))
        await new.check()
        found = [await here.stored(note) for note in notes]
        await new.open(*found)
        assert [one.read() for one in found] == [[SECRET], [None]]
