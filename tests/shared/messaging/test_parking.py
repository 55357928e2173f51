"""What an operator can do about parked events, on real Kafka and MongoDB."""

from typing import Any

import pytest

from shared.contracts.supervision import HoursReported
from shared.ids import new_id
from shared.messaging.reactions import Reactions, on
from shared.messaging.retry import NotParked, ParkingLot, Retried, StillFails
from shared.service import Service, parking_lot
from tests.shared.messaging.test_reactions import entries, reported, tally
from tests.support.ledger_service import LEDGER, Tally
from tests.support.running import Started, started
from tests.support.stack import Stack


def mended() -> Service:
    """The same service with the rule mended: thirteen hours are hours like any other."""

    def add(found: Tally | None, event: HoursReported, _: Any) -> Tally:
        made = found or Tally(id=event.placement, site=event.site, person=event.person)
        made.add(event.entry, event.hours, by="reaction")
        return made

    row = on(HoursReported, Tally, id=lambda event: event.placement, do=add)
    return Service(name=LEDGER.name, reactions=Reactions(row), collections=LEDGER.collections)


async def poisoned(app: Started) -> str:
    """A person whose second event is poison, with two followers behind it."""
    key = new_id()
    for sequence, (entry, hours) in enumerate((("a", 1.0), ("poison", 13.0), ("c", 2.0), ("d", 3.0)), 1):
        await app.publish(reported(key, entry, hours), subject=f"p-{key}", sequence=sequence)

    async def parked() -> bool:
        return await app.database.count("parked_events", {"key": key}) == 3

    await app.until(parked)
    return key


async def test_a_mended_rule_and_a_retry_restore_what_would_have_been(stack: Stack) -> None:
    """After the fix, retrying a key handles its queue in order and frees it."""
    async with started(LEDGER, stack) as app:
        key = await poisoned(app)
        lot = parking_lot(mended(), app.runtime)
        assert [(one.key, one.events) for one in await lot.keys() if one.key == key] == [(key, 3)]
        assert await lot.retry(key) == Retried(handled=3)
        assert await entries(app, key, 4) == ["a", "poison", "c", "d"]
        assert [one for one in await lot.keys() if one.key == key] == []
        await app.publish(reported(key, "e"), subject=f"p-{key}", sequence=5)
        assert (await entries(app, key, 5))[-1] == "e"


async def test_a_retry_before_the_fix_changes_nothing(stack: Stack) -> None:
    """A rule that still raises leaves the whole queue where it is, and says why."""
    async with started(LEDGER, stack) as app:
        key = await poisoned(app)
        with pytest.raises(StillFails, match="thirteen hours"):
            await parking_lot(LEDGER, app.runtime).retry(key)
        assert await app.database.count("parked_events", {"key": key}) == 3
        assert (await entries(app, key, 1)) == ["a"]


async def test_a_discarded_event_is_kept_with_its_reason(stack: Stack) -> None:
    """Discarding keeps who and why; the followers take effect on the next retry."""
    async with started(LEDGER, stack) as app:
        key = await poisoned(app)
        lot: ParkingLot = parking_lot(LEDGER, app.runtime)
        first = (await lot.show(key))[0]
        await lot.discard(first["_id"], by="olga", reason="a typing error at the site")
        assert await lot.retry(key) == Retried(handled=2)
        assert await entries(app, key, 3) == ["a", "c", "d"]
        kept = await app.database.find_one("discarded_events", {"_id": first["_id"]})
        assert kept is not None
        assert (kept["discarded_by"], kept["reason"]) == ("olga", "a typing error at the site")


async def test_what_is_not_parked_is_said(stack: Stack) -> None:
    """Asking for a key or event that is not parked names the remedy."""
    async with started(LEDGER, stack, work=False) as app:
        lot = parking_lot(LEDGER, app.runtime)
        with pytest.raises(NotParked, match="park list"):
            await lot.retry("nobody")
        with pytest.raises(NotParked, match="park show"):
            await lot.discard("a/0/1", by="olga", reason="x")
        assert await tally(app, "nobody") is None
