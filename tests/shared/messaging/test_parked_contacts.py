"""Names and addresses among parked events: not shown, not kept longer than they must be, gone with the person."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from shared.contracts.people import PersonContact
from shared.contracts.supervision import HoursReported
from shared.contracts.topics import CONTACTS
from shared.ids import new_id
from shared.messaging.pace import Pace
from shared.messaging.parked_views import NOT_SHOWN
from shared.messaging.parking_lot import ErasureStays
from shared.messaging.reactions import Reactions, on, on_tombstone
from shared.service import Service
from shared.storage.mongo import Driver
from shared.storage.unit_of_work import Change, Write
from tests.shared.messaging.test_reactions import BOTH, reported
from tests.support.ledger_service import LEDGER, Name, Tally, erase
from tests.support.parked import OLGA, Feed, mended
from tests.support.running import started
from tests.support.stack import Stack

NAME, EMAIL = "Ana Ruiz Delgado", "ana.ruiz@example.org"
SECRETS = (NAME, EMAIL, "Ruiz", "ana.ruiz")


def _cannot_spell(_: Name | None, event: PersonContact, __: Any) -> Name:
    raise ValueError(f"can't spell {event.name}")


def _cannot_erase(person: str, *_: Any) -> list[Name]:
    raise ValueError(f"can't find {person}")


HOURS = on(HoursReported, Tally, id=lambda event: event.placement, do=Tally.add_reported)
CONTACT = on(PersonContact, Name, id=lambda event: event.person, do=_cannot_spell)


def service(*rows: Any) -> Service:
    return Service(name=LEDGER.name, reactions=Reactions(*rows), collections=LEDGER.collections)


ERASES = on_tombstone(CONTACTS.name, loads=lambda person: [(Name, person)], do=erase)
STRICT = service(HOURS, CONTACT, ERASES)
DEAF = service(HOURS, CONTACT)
"""It keeps names and has not been told how to forget one."""
CLUMSY = service(
    HOURS, CONTACT, on_tombstone(CONTACTS.name, loads=lambda person: [(Name, person)], do=_cannot_erase)
)


@asynccontextmanager
async def feeding(stack: Stack, service: Service, *, driver: Driver = "motor") -> AsyncIterator[Feed]:
    async with started(LEDGER, stack, work=False, driver=driver) as app:
        yield Feed(app=app, service=service)


def contact(feed: Feed, person: str, *, sequence: int = 1) -> Any:
    event = PersonContact(person=person, site="leeds", name=NAME, email=EMAIL)
    return feed.record(event, subject=person, sequence=sequence)


def tombstone(feed: Feed, person: str, *, topic: str = CONTACTS.name) -> Any:
    return feed.raw(topic, person.encode(), None)


async def held(feed: Feed) -> str:
    """Everything the parking collections hold, as text."""
    names = ("parked_keys", "parked_events", "discarded_events", "parking_acts")
    return str([await feed.app.database.find(name, {}) for name in names])


async def test_contact_data_is_not_shown(stack: Stack) -> None:
    """Of a contact people see whose it is and what is wrong with it; of what is no event on its topic, nothing."""
    person = new_id()
    async with feeding(stack, STRICT) as feed:
        record = contact(feed, person)
        await feed.give(record)
        await feed.give(feed.raw(CONTACTS.name, b"odd", EMAIL.encode(), [("note", NAME.encode())]))
        await feed.give(feed.raw(HoursReported.facts.topic, b"lost", record.value, record.headers))
        parked = feed.lot().parked
        [shown] = await parked.events(person)
        assert shown.value == {
            "site": "leeds", "person": person, "name": NOT_SHOWN, "email": NOT_SHOWN,
            "language": NOT_SHOWN, "time_zone": NOT_SHOWN, "duties": NOT_SHOWN,
        }  # fmt: skip
        assert (shown.error, shown.problem) == ("ValueError", "ValueError")
        seen = [shown, *await parked.events("odd"), *await parked.events("lost"), *await parked.keys(limit=9)]
        assert len(seen) == 6
        said = str([one.model_dump_json() for one in seen])
        assert not [secret for secret in SECRETS if secret in said]


@pytest.mark.parametrize("driver", BOTH)
@pytest.mark.parametrize("service", [STRICT, DEAF], ids=["erases", "deaf"])
async def test_a_tombstone_takes_parked_contacts_with_it(
    stack: Stack, driver: Driver, service: Service
) -> None:
    """An erased person's contacts that could not be handled are gone, the key is free, and no repetition is heard."""
    person = new_id()
    async with feeding(stack, service, driver=driver) as feed:
        first, second = contact(feed, person), contact(feed, person, sequence=2)
        await feed.give(first, second)
        assert NAME in await held(feed)
        await feed.give(tombstone(feed, person))
        assert await feed.app.database.find("parked_keys", {}) == []
        assert await feed.app.database.find("parked_events", {}) == []
        feed.service = mended()
        await feed.give(second)
        assert await feed.app.database.find("names", {}) == []
        await feed.give(contact(feed, person, sequence=3))
        assert await feed.app.database.count("names", {"_id": person}) == 1


async def test_it_does_so_within_one_batch_too(stack: Stack) -> None:
    """Contact, tombstone and a new contact read in one poll: the last is parked, and it alone."""
    person = new_id()
    async with feeding(stack, STRICT) as feed:
        last = contact(feed, person, sequence=3)
        await feed.give(
            contact(feed, person),
            contact(feed, person, sequence=2),
            tombstone(feed, person),
            tombstone(feed, person),
            last,
        )
        assert [one.event.split("/")[2] for one in await feed.lot().parked.events(person)] == [
            str(last.offset)
        ]


async def test_what_waits_on_other_topics_stays(stack: Stack) -> None:
    """Events hold no contact data: they are retried as before, while erasing does not wait for them."""
    person = new_id()
    async with feeding(stack, STRICT) as feed:
        await feed.give(feed.record(reported(person, "e1", 13), subject=f"p-{person}"))
        known = Name(id=person, site="leeds", name=NAME, version=1)
        await feed.app.runtime.committer.commit(Change(writes=(Write.insert("names", known.document()),)))
        await feed.give(contact(feed, person))
        await feed.give(tombstone(feed, person), tombstone(feed, person))
        assert await feed.app.database.find("names", {}) == []
        [left] = await feed.lot().parked.events(person)
        assert (left.type, left.first) == (HoursReported.facts.type, True)
        retried = await feed.lot(mended()).retry_key(person, OLGA, pace=Pace())
        assert (retried.handled, retried.left) == (1, 0)


async def test_a_null_on_another_topic_ends_nothing(stack: Stack) -> None:
    """Only compaction makes a null mean that what was there before is over."""
    person = new_id()
    async with feeding(stack, STRICT) as feed:
        await feed.give(feed.record(reported(person, "e1", 13), subject=f"p-{person}"))
        await feed.give(tombstone(feed, person, topic=HoursReported.facts.topic))
        assert len(await feed.lot().parked.events(person)) == 1


async def test_an_erasure_that_fails_is_retried_and_never_discarded(stack: Stack) -> None:
    """The contacts before it are gone at once; the rest is done when it is mended."""
    person = new_id()
    async with feeding(stack, CLUMSY) as feed:
        await feed.give(contact(feed, person), tombstone(feed, person))
        assert NAME not in await held(feed)
        [waits] = await feed.lot().parked.events(person)
        assert (waits.value, waits.error, waits.type) == (None, "ValueError", None)
        with pytest.raises(ErasureStays, match="mend what fails"):
            await feed.lot().discard(waits.event, by="olga", reason="x")
        assert (await feed.lot(mended()).retry_key(person, OLGA, pace=Pace())).handled == 1
        assert await feed.app.database.find("parked_keys", {}) == []


async def test_of_a_discarded_contact_only_that_it_was_there_is_kept(stack: Stack) -> None:
    """Who discarded which event and why; its content is gone, so that nobody has to be erased there again."""
    person = new_id()
    async with feeding(stack, STRICT) as feed:
        await feed.give(contact(feed, person))
        await feed.give(feed.raw(CONTACTS.name, b"odd", EMAIL.encode(), [("note", NAME.encode())]))
        lot = feed.lot()
        for key in (person, "odd"):
            [waits] = await lot.parked.events(key)
            await lot.discard(waits.event, by="olga", reason="a test that went astray")
        assert await feed.app.database.count("discarded_events", {"discarded_by": "olga"}) == 2
        said = await held(feed)
        assert not [secret for secret in SECRETS if secret in said]
