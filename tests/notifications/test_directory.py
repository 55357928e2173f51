"""The directory of people and desks, from the beginning of the contacts topic or built anew."""

from typing import Any

import pytest

from services.notifications.domain.delivery import Delivery
from services.notifications.domain.desk import Desk, desk_id
from services.notifications.domain.message import Message, message_id
from services.notifications.domain.notice import Notice, notice_id
from services.notifications.domain.recipient import Recipient
from services.notifications.service import SERVICE
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import CandidateApplied
from shared.contracts.topics import CONTACTS, RECRUITMENT, SUPERVISION
from shared.ids import new_id
from shared.messaging.differences import Difference
from shared.messaging.positions import POSITIONS
from shared.messaging.rereading import CannotReplay
from shared.messaging.selection import Selection
from shared.service import rebuild_of, replay_of, working
from shared.storage.mongo import Document
from tests.notifications.builders import applied, assigned
from tests.notifications.running import notifications
from tests.support.retention import compact_contacts
from tests.support.running import Started, begin_at_the_end, delete_everything
from tests.support.stack import Stack


class Sites:
    """Staff of two sites of one test: Cleo moved from one to the other, Carl was erased, Ana never had a duty."""

    def __init__(self, app: Started) -> None:
        self.app = app
        self.north, self.south = (f"site-{new_id()}" for _ in range(2))
        self.ana, self.cleo, self.carl, self.sam = (f"person-{new_id()}" for _ in range(4))

    async def story(self) -> None:
        await self._told(self.cleo, 1, coordinator=self.north)
        await self._told(self.carl, 1, coordinator=self.north)
        await self._told(self.ana, 1)
        await self._told(self.cleo, 2, coordinator=self.north, certifier=self.south)
        await self._told(self.sam, 1, supervisor=self.south)
        await self._told(self.cleo, 3, certifier=self.north)
        await self.app.publish_raw(CONTACTS.name, key=self.carl.encode(), value=None, headers=[])

    async def _told(self, person: str, sequence: int, **duties: str) -> None:
        contact = PersonContact(
            person=person,
            site=self.north,
            name=f"Name {sequence}",
            email=f"{person}@example.org",
            duties=tuple(SiteDuty(site=site, duty=duty) for duty, site in duties.items()),
        )
        await self.app.publish(contact, subject=person, sequence=sequence)

    async def known(self, app: Started) -> dict[str, Any]:
        """Names and duties by person, and who is at which desk for what."""
        people = [self.ana, self.cleo, self.carl, self.sam]
        rows = await app.database.find(Recipient.collection, {"_id": {"$in": people}})
        found: dict[str, Any] = {row["_id"]: (row["name"], row["email"], _duties(row)) for row in rows}
        for site in (self.north, self.south):
            desk = await app.database.get(Desk.collection, desk_id(site))
            found[site] = desk["people"] if desk else {}
        return found

    async def all_known_to(self, app: Started, *, south: dict[str, list[str]]) -> None:
        expected = {
            self.ana: ("Name 1", f"{self.ana}@example.org", []),
            self.cleo: ("Name 3", f"{self.cleo}@example.org", [(self.north, "certifier")]),
            self.sam: ("Name 1", f"{self.sam}@example.org", [(self.south, "supervisor")]),
            self.north: {self.cleo: ["certifier"]},
            self.south: south,
        }

        async def there() -> bool:
            return await self.known(app) == expected

        await app.until(there)

    async def at_the_beginning(self, app: Started) -> None:
        """Only the contacts are read from there: for events of other tests this service would write to people."""
        await begin_at_the_end(SERVICE, app.runtime)
        await app.database.delete(POSITIONS, {"_id": {"$regex": CONTACTS.name}})


def _duties(row: Document) -> list[tuple[str, str]]:
    return [(duty["site"], duty["role"]) for duty in row["duties"]]


async def test_a_new_service_knows_whom_the_old_one_knows(stack: Stack) -> None:
    """From the beginning of a compacted topic, tombstones included; only who left a desk long ago is not on it."""
    async with notifications(stack) as (old, _), notifications(stack, work=False) as (new, _):
        sites = Sites(old)
        await sites.story()
        # The last contact says nothing of the site that Cleo left, so whoever heard the earlier ones lists her there.
        await sites.all_known_to(old, south={sites.cleo: ["certifier"], sites.sam: ["supervisor"]})
        await compact_contacts(stack.kafka_url, superseded={sites.cleo: 2, sites.carl: 1})
        await sites.at_the_beginning(new)
        async with working(SERVICE, new.runtime):
            await sites.all_known_to(new, south={sites.sam: ["supervisor"]})


async def test_the_directory_is_built_anew(stack: Stack) -> None:
    """A look finds the desk that lists who left and a recipient that is gone; applied, both are right."""
    async with notifications(stack, work=False) as (app, _):
        sites = Sites(app)
        await begin_at_the_end(SERVICE, app.runtime)
        async with working(SERVICE, app.runtime):
            await sites.story()
            await sites.all_known_to(app, south={sites.cleo: ["certifier"], sites.sam: ["supervisor"]})
        await app.database.delete(Recipient.collection, {"_id": sites.ana})

        rebuild = rebuild_of(SERVICE, app.runtime)
        with pytest.raises(CannotReplay, match="messages is not built from events alone"):
            await rebuild.run(["messages"], apply=False)
        await app.publish(assigned(), subject="p-1")
        await delete_everything(stack.kafka_url, SUPERVISION.name)
        with pytest.raises(CannotReplay, match="stories: retention has deleted"):
            await rebuild.run([], apply=False)
        found = (await rebuild.run(["recipients", "desks"], apply=False)).differences
        assert own(sites, found) == {
            sites.ana: (
                "appears",
                {"site", "name", "email", "language", "time_zone", "duties", "invited"},
            ),
            desk_id(sites.south): ("changes", {f"people.{sites.cleo}.0"}),
        }
        assert not any("@" in text for one in found for pair in one.fields.values() for text in pair if text)
        await rebuild.run(["recipients", "desks"], apply=True)
        await sites.all_known_to(app, south={sites.sam: ["supervisor"]})
        assert (await rebuild.run(["recipients", "desks"], apply=False)).differences == []


def own(sites: Sites, found: list[Difference]) -> dict[str, tuple[str, set[str]]]:
    """Those of this test: the topic holds contacts of others."""
    ids = {sites.ana, sites.cleo, sites.carl, sites.sam, desk_id(sites.north), desk_id(sites.south)}
    return {one.id: (one.becomes.value, set(one.fields)) for one in found if one.id in ids}


async def test_who_was_told_is_not_told_again(stack: Stack) -> None:
    """Run again, an event that made a message long since changes nothing; one that made none does, once."""
    async with notifications(stack, work=False) as (app, _):
        await begin_at_the_end(SERVICE, app.runtime)
        ana = f"person-{new_id()}"
        async with working(SERVICE, app.runtime):
            ids = [await app.publish(applied(person=ana), subject=f"c-{new_id()}") for _ in range(2)]

            async def told() -> bool:
                return await app.database.count(Message.collection, {"event": {"$in": ids}}) == 2

            await app.until(told)
        lost = message_id(ids[1], ana)
        for kind, id in ((Message, lost), (Notice, notice_id(ids[1]))):
            await app.database.delete(kind.collection, {"_id": id})
        await app.database.delete(Delivery.collection, {"message": lost})
        chosen = Selection(topic=RECRUITMENT.name, key=ana, types=frozenset({CandidateApplied.facts.type}))
        replay = replay_of(SERVICE, app.runtime)
        done = await replay.apply(chosen, name="told twice", by="olga")
        assert (done.taken, done.done_before) == (1, 1)
        assert await app.database.count(Message.collection, {"event": {"$in": ids}}) == 2
        again = await replay.look(chosen)
        assert (again.taken, again.done_before, again.differences) == (0, 2, [])
