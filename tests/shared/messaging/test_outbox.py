"""What an outbox row says about its event."""

from datetime import UTC, datetime, timedelta

from pymongo import InsertOne, ReplaceOne

from shared.contracts.supervision import HoursReported
from shared.domain.aggregate import Timer
from shared.messaging.outbox import OUTBOX, TIMERS, timer_writes
from shared.storage.schema import migrate
from tests.support.ledger_service import LEDGER
from tests.support.running import started
from tests.support.stack import Stack

NOW = datetime(2026, 3, 2, 9, 30, tzinfo=UTC)


def test_a_timer_s_time_is_when_it_is_due() -> None:
    """A timer set a month ahead is not a month old when it goes off: its age tells how late it came."""
    due = NOW + timedelta(days=30)
    event = HoursReported(
        site="leeds",
        person="p",
        placement="p",
        programme="core",
        entry="e",
        bucket="direct_support",
        hours=1.0,
    )
    [write] = timer_writes("p", [("overdue", Timer(name="overdue", due=due, event=event))], sequence=3)
    assert isinstance(write.operation, ReplaceOne)
    row = write.operation._doc
    assert isinstance(row, dict)
    assert dict(row["headers"])["ce_time"] == b"2026-04-01T09:30:00.000Z"
    assert (write.collection, row["due"], row["sequence"]) == (TIMERS, due, 3)


async def test_timers_of_an_earlier_version_move_out_of_the_outbox(stack: Stack) -> None:
    """Migrating takes timers, and them alone, to where they wait for their time; again it changes nothing."""
    async with started(LEDGER, stack, work=False) as app:
        database = app.database
        await database.delete("migrations", {})
        event = {"_id": "e", "timer": False, "subject": "s", "due": NOW}
        timer = {"_id": "t", "timer": True, "subject": "s/timers/t", "due": NOW}
        filled = {"topic": "x", "key": b"k", "headers": {}, "value": b"{}", "sequence": 1}
        await database.bulk_write(OUTBOX, [InsertOne({**event, **filled}), InsertOne({**timer, **filled})])
        for _ in range(2):
            await migrate(database, LEDGER.all_collections, LEDGER.all_migrations, now=NOW)
            assert [row["_id"] for row in await database.find(OUTBOX, {})] == ["e"]
            assert [row["_id"] for row in await database.find(TIMERS, {})] == ["t"]
