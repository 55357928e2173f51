"""What an outbox row says about its event."""

from datetime import UTC, datetime, timedelta

from pymongo import ReplaceOne

from shared.contracts.supervision import HoursReported
from shared.domain.aggregate import Timer
from shared.messaging.outbox import timer_writes

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
    assert (row["due"], row["timer"], row["sequence"]) == (due, True, 3)
