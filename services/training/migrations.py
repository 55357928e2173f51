"""What was stored in another form once, brought into today's: numbered, and safe to repeat."""

from typing import Any

from services.training.domain.history import Entry, EntryKind, EntryText, History
from services.training.domain.next_period import NextPeriod
from services.training.domain.programme import Programmes
from shared.storage.mongo import Database
from shared.storage.schema import Migration

_CERTIFICATES, _ENROLMENTS = "certificates", "enrolments"


def migrations(programmes: Programmes) -> tuple[Migration, ...]:
    """Training's own; what a certificate's next period needs is asked of these programmes."""

    async def periods_to_entries(database: Database) -> None:
        for row in await database.find(_CERTIFICATES, {"periods": {"$exists": True}}):
            history = _history(row["periods"])
            await _expect_next_period(database, row["enrolment"], history, programmes)
            notices = [
                {"ends": period["valid_until"], "days_left": days}
                for period in row["periods"]
                for days in (*period["notices_given"], *((0,) if period["end_announced"] else ()))
            ]
            change = {
                "history": history.model_dump(mode="python"),
                "ends": history.ends,
                "notice_days": row["periods"][-1]["notice_days"],
                "notices": notices,
            }
            await database.change_one(
                _CERTIFICATES, {"_id": row["_id"]}, {"$set": change, "$unset": {"periods": ""}}
            )

    return (Migration(number=100, what="certificates are written as entries", run=periods_to_entries),)


def _history(periods: list[dict[str, Any]]) -> History:
    """There was one kind of period, granted; and one whose end was announced has ended."""
    granted = [
        Entry(
            kind=EntryKind.GRANTED,
            holds_from=period["valid_from"],
            holds_until=period["valid_until"],
            decided=period["decided"],
            decided_by=period["decided_by"],
            text=EntryText(reason=period["reason"]),
        )
        for period in periods
    ]
    ended = [
        Entry(kind=EntryKind.EXPIRED, holds_from=period["valid_until"], decided=period["valid_until"])
        for period in periods
        if period["end_announced"]
    ]
    return History(entries=(*granted, *ended))


async def _expect_next_period(
    database: Database, enrolment: str, history: History, programmes: Programmes
) -> None:
    row = await database.get(_ENROLMENTS, enrolment)
    if row is None or row.get("next_period"):
        return
    rules = programmes.version(row["programme"], row["programme_version"]).certification
    upcoming = NextPeriod.first(history.span, provisional=False, rule=rules.renewal)
    change = {"next_period": upcoming.model_dump(mode="python")}
    await database.change_one(_ENROLMENTS, {"_id": enrolment}, {"$set": change})
