"""What the reactions worker promises, on real Kafka and MongoDB."""

from typing import Any

import pytest

from shared.contracts.envelope import EVENTS
from shared.contracts.people import PersonContact
from shared.contracts.supervision import HoursReported
from shared.contracts.topics import CONTACTS, SUPERVISION
from shared.ids import new_id
from shared.storage.mongo import Driver
from tests.support.ledger_service import LEDGER
from tests.support.running import Started, started
from tests.support.stack import Stack

BOTH: list[Driver] = ["motor", "pymongo"]


def reported(placement: str, entry: str, hours: float = 1.0) -> HoursReported:
    return HoursReported(
        site="leeds",
        person=placement,
        placement=placement,
        programme="core",
        entry=entry,
        bucket="direct_support",
        hours=hours,
    )


async def tally(app: Started, placement: str) -> dict[str, Any] | None:
    return await app.database.find_one("tallies", {"_id": placement})


async def entries(app: Started, placement: str, count: int) -> Any:
    async def there() -> bool:
        found = await tally(app, placement)
        return found is not None and len(found["entries"]) >= count

    await app.until(there)
    found = await tally(app, placement)
    assert found is not None
    return found["entries"]


@pytest.mark.parametrize("driver", BOTH)
async def test_an_event_takes_effect_and_is_announced(stack: Stack, driver: Driver) -> None:
    """An event changes its aggregate, and what that announces reaches the topic with the next sequence."""
    placement = new_id()
    async with started(LEDGER, stack, driver=driver) as app:
        await app.publish(reported(placement, "a"), subject=f"p-{placement}")
        assert await entries(app, placement, 1) == ["a"]

        async def announced() -> list[int]:
            return [
                arrival.envelope.sequence
                for arrival in await app.events(SUPERVISION.name)
                if arrival.envelope and arrival.envelope.subject == placement
            ]

        assert await app.until(announced) == [1]


@pytest.mark.parametrize("driver", BOTH)
async def test_a_repeated_event_takes_effect_once(stack: Stack, driver: Driver) -> None:
    """An event that is on the wire twice, as after a crash of the relay, counts once."""
    placement = new_id()
    async with started(LEDGER, stack, driver=driver) as app:
        subject = f"p-{placement}"
        for _ in range(3):
            await app.publish(reported(placement, "a"), subject=subject, sequence=1)
        await app.publish(reported(placement, "b"), subject=subject, sequence=2)
        assert await entries(app, placement, 2) == ["a", "b"]


async def test_many_events_of_many_people_keep_their_order(stack: Stack) -> None:
    """Events of one person take effect in order, whatever happens beside them."""
    people = [new_id() for _ in range(20)]
    async with started(LEDGER, stack) as app:
        for number in range(15):
            for placement in people:
                event = reported(placement, f"e{number}")
                await app.publish(event, subject=f"p-{placement}", sequence=number + 1)
        for placement in people:
            assert await entries(app, placement, 15) == [f"e{number}" for number in range(15)]


@pytest.mark.parametrize("driver", BOTH)
async def test_a_rule_that_raises_parks_its_event_with_its_followers(stack: Stack, driver: Driver) -> None:
    """A poisoned event waits in the open with the later ones of its key; everybody else's go on."""
    bad, good = new_id(), new_id()
    async with started(LEDGER, stack, driver=driver) as app:
        await app.publish(reported(bad, "a"), subject=f"p-{bad}", sequence=1)
        await app.publish(reported(bad, "poison", hours=13), subject=f"p-{bad}", sequence=2)
        await app.publish(reported(bad, "follower"), subject=f"p-{bad}", sequence=3)
        await app.publish(reported(good, "a"), subject=f"p-{good}", sequence=1)
        assert await entries(app, good, 1) == ["a"]

        async def queued() -> list[Any]:
            rows = await app.database.find("parked_events", {"key": bad}, sort=(("position", 1),))
            return [(row["why"], row["type"]) for row in rows] if len(rows) == 2 else []

        reported_type = HoursReported.facts.type
        assert await app.until(queued) == [("failed", reported_type), ("follows", reported_type)]
        assert await entries(app, bad, 1) == ["a"]


async def test_records_that_are_no_events_are_parked_and_the_rest_flows(stack: Stack) -> None:
    """No CloudEvent, a bad schema, undecodable headers: each is parked by its reason, and nothing stops."""
    good = new_id()
    key = new_id()
    type = HoursReported.facts.type
    async with started(LEDGER, stack) as app:
        topic = SUPERVISION.name
        await app.publish_raw(topic, key=f"{key}1".encode(), value=b"{}", headers=[])
        await app.publish_raw(topic, key=f"{key}2".encode(), value=b"x", headers=[("ce_id", b"\xff\xfe")])
        headers = [(name, value.encode()) for name, value in _envelope(type).items()]
        await app.publish_raw(topic, key=f"{key}3".encode(), value=b'{"hours": "many"}', headers=headers)
        await app.publish(reported(good, "a"), subject=f"p-{good}")
        assert await entries(app, good, 1) == ["a"]

        async def problems() -> list[str]:
            rows = await app.database.find(
                "parked_events", {"key": {"$regex": f"^{key}"}}, sort=(("key", 1),)
            )
            return [row["problem"] for row in rows] if len(rows) == 3 else []

        no_event, bad_header, bad_data = await app.until(problems)
        assert "ce_specversion" in no_event
        assert "not a CloudEvent" in bad_header
        assert "does not fit its schema" in bad_data


async def test_a_tombstone_erases_what_was_known_and_a_later_contact_is_heard(stack: Stack) -> None:
    """A key that is deleted on the contacts topic is forgotten, in its place among the key's other records."""
    person = new_id()

    async def told(app: Started, name: str, sequence: int) -> None:
        contact = PersonContact(person=person, site="leeds", name=name, email="ana@example.org")
        await app.publish(contact, subject=person, sequence=sequence)

    async with started(LEDGER, stack) as app:

        async def known() -> str | None:
            row = await app.database.find_one("names", {"_id": person})
            return row["name"] if row else None

        async def unknown() -> bool:
            return await known() is None

        await told(app, "Ana", 1)
        assert await app.until(known) == "Ana"
        await app.publish_raw(CONTACTS.name, key=person.encode(), value=None, headers=[])
        await app.until(unknown)
        await told(app, "Bo", 2)
        assert await app.until(known) == "Bo"
        await app.publish_raw(CONTACTS.name, key=person.encode(), value=None, headers=[])
        await told(app, "Cy", 3)

        async def cy() -> bool:
            return await known() == "Cy"

        await app.until(cy)
        assert await app.database.find("parked_keys", {"_id": person}) == []


async def test_an_unknown_type_is_passed_over(stack: Stack) -> None:
    """A type nobody here knows is none of our business: counted, not parked."""
    key, good = new_id(), new_id()
    async with started(LEDGER, stack) as app:
        headers = [
            (name, value.encode()) for name, value in _envelope("peerpath.other.thing.done.v1").items()
        ]
        await app.publish_raw(SUPERVISION.name, key=key.encode(), value=b"{}", headers=headers)
        await app.publish(reported(good, "a"), subject=f"p-{good}")
        await entries(app, good, 1)
        assert await app.database.find("parked_events", {"key": key}) == []


def _envelope(type: str) -> dict[str, str]:
    return {
        "ce_specversion": "1.0",
        "ce_id": new_id(),
        "ce_source": "/peerpath/supervision",
        "ce_type": type,
        "ce_subject": new_id(),
        "ce_time": "2026-01-01T00:00:00Z",
        "ce_dataschema": "/schemas/x.json",
        "ce_partitionkey": "x",
        "ce_sequence": "1",
        "ce_siteid": "leeds",
    }


def test_the_sample_type_exists() -> None:
    """The contracts these tests lean on are declared."""
    assert HoursReported.facts.type in EVENTS
