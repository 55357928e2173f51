"""Building anew what events alone have made, and a new service that begins at the beginning."""

import pytest
from pymongo import DeleteOne, InsertOne, UpdateOne

from shared.contracts.people import PersonContact
from shared.contracts.topics import CONTACTS, SUPERVISION
from shared.ids import new_id
from shared.messaging.differences import Becomes
from shared.messaging.rereading import CannotReplay
from shared.service import rebuild_of, working
from tests.shared.messaging.test_reactions import reported
from tests.shared.messaging.test_replay import dump, ledger, printed_by, tallies, until_a_member
from tests.support.ledger_service import LEDGER, Name
from tests.support.retention import compact_contacts
from tests.support.running import Started, delete_everything, started
from tests.support.stack import Stack


class Cast:
    """People of one test and what is said of them."""

    def __init__(self, app: Started) -> None:
        self.app = app
        self.ana, self.bo, self.cy, self.di = (f"{name}-{new_id()}" for name in ("ana", "bo", "cy", "di"))

    async def told(self, person: str, name: str, sequence: int) -> None:
        contact = PersonContact(person=person, site="leeds", name=name, email="a@example.org")
        await self.app.publish(contact, subject=person, sequence=sequence)

    async def erased(self, person: str) -> None:
        await self.app.publish_raw(CONTACTS.name, key=person.encode(), value=None, headers=[])

    async def story(self) -> None:
        """Ana was renamed, Bo named once, Cy erased, Di erased and named again."""
        for sequence, name in enumerate(("An", "Anna", "Ana"), 1):
            await self.told(self.ana, name, sequence)
        await self.told(self.bo, "Bo", 1)
        await self.told(self.cy, "Cy", 1)
        await self.told(self.di, "Di", 1)
        await self.erased(self.cy)
        await self.erased(self.di)
        await self.told(self.di, "Dina", 2)

    async def names(self, app: Started) -> dict[str, str]:
        people = [self.ana, self.bo, self.cy, self.di]
        rows = await app.database.find(Name.collection, {"_id": {"$in": people}})
        return {row["_id"]: row["name"] for row in rows}

    async def all_known_to(self, app: Started) -> None:
        expected = {self.ana: "Ana", self.bo: "Bo", self.di: "Dina"}

        async def there() -> bool:
            return await self.names(app) == expected

        await app.until(there)


async def test_a_new_service_reaches_the_state_of_one_that_listened_all_along(stack: Stack) -> None:
    """From the beginning of retained topics: of compacted ones too, with erased people and superseded names."""
    people = [new_id() for _ in range(6)]
    async with ledger(stack) as old, started(LEDGER, stack, work=False) as new:
        await delete_everything(stack.kafka_url, SUPERVISION.name)  # What is retained begins here.
        cast = Cast(old)
        async with working(LEDGER, old.runtime):
            await cast.story()
            for number in range(20):
                for person in people:
                    event = reported(person, f"e{number}")
                    await old.producer.send(**old.record(event, subject=f"p-{person}", sequence=number + 1))
            await old.producer.flush()
            await cast.all_known_to(old)
            lost = {cast.ana: 2, cast.di: 1, cast.cy: 1}
            await compact_contacts(stack.kafka_url, superseded=lost)
            async with working(LEDGER, new.runtime):
                await cast.all_known_to(new)

                async def the_same() -> bool:
                    known, found = await tallies(old), await tallies(new)
                    return sum(len(row["entries"]) for row in known.values()) == 120 and found == known

                await old.until(the_same)


async def spoil(app: Started, cast: Cast) -> str:
    """One name is wrong, one is missing, and one is of somebody nobody has spoken of; returns that one."""
    stranger = f"stranger-{new_id()}"
    extra = {"_id": stranger, "site": "leeds", "version": 1, "name": "Nobody Known"}
    await app.database.bulk_write(
        Name.collection,
        [
            UpdateOne({"_id": cast.ana}, {"$set": {"name": "Mallory"}}),
            DeleteOne({"_id": cast.bo}),
            InsertOne(extra),
        ],
    )
    return stranger


async def test_a_rebuild_says_what_is_wrong_and_mends_it(
    stack: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    """A look changes nothing and shows ids and fields but no name; applied, exactly that is changed."""
    async with ledger(stack) as app:
        cast = Cast(app)
        async with working(LEDGER, app.runtime):
            await cast.story()
            await cast.all_known_to(app)
        stranger = await spoil(app, cast)
        before = await dump(app)
        printed = await printed_by(app, capsys, "rebuild", "names")
        assert await dump(app) == before
        # What other tests left on the topic appears as well: this service began behind it.
        own = {cast.ana, cast.bo, cast.cy, cast.di, stranger}
        found = {
            one["id"]: (one["becomes"], one["fields"]) for one in printed["differences"] if one["id"] in own
        }
        assert found[cast.ana] == ("changes", {"name": ["(text of 7)", "(text of 3)"]})
        assert found[cast.bo][0] == "appears"
        assert found[stranger][0] == "vanishes"
        assert len(found) == 3
        assert not any(name in str(printed) for name in ("Mallory", "Nobody", "Ana", "Bo'"))

        assert await printed_by(app, capsys, "rebuild", "--apply") == printed | {"applied": True}
        await cast.all_known_to(app)
        assert await app.database.get(Name.collection, stranger) is None
        after = await dump(app)
        assert {name for name, rows in after.items() if rows != before[name]} == {"names", "positions"}
        assert (await printed_by(app, capsys, "rebuild"))["differences"] == []
        async with working(LEDGER, app.runtime):  # The mended documents are gone on from.
            await cast.told(cast.bo, "Bob", 2)

            async def heard() -> bool:
                return (await cast.names(app))[cast.bo] == "Bob"

            await app.until(heard)


async def test_what_cannot_be_rebuilt_is_said(stack: Stack) -> None:
    """A collection that commands change as well, a worker that runs, an event that waits for a human."""
    async with ledger(stack) as app:
        rebuild = rebuild_of(LEDGER, app.runtime)
        with pytest.raises(CannotReplay, match=r"tallies is not built from events alone .* are: names"):
            await rebuild.run(["tallies"], apply=False)
        await app.publish_raw(CONTACTS.name, key=b"bad", value=b"{}", headers=[])
        async with working(LEDGER, app.runtime):
            await until_a_member(app)
            with pytest.raises(CannotReplay, match="running: stop them"):
                await rebuild.run([], apply=True)

            async def parked() -> bool:
                return await app.database.count("parked_events", {}) == 1

            await app.until(parked)
        with pytest.raises(CannotReplay, match="retry or discard them first"):
            await rebuild.run([], apply=True)
        assert all(one.becomes is Becomes.APPEARS for one in (await rebuild.run([], apply=False)).differences)
