"""What was stored in another form once, brought into today's: numbered, and safe to repeat."""

from typing import Any

from services.training import sealing
from services.training.domain.appeal import Appeal
from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.domain.erasing import ToForget
from services.training.domain.help import HelpRequest
from services.training.domain.history import Entry, EntryKind, History
from services.training.domain.next_period import NextPeriod
from services.training.domain.programme import Programmes
from shared.domain.erasure import ErasedPerson
from shared.storage.mongo import Database
from shared.storage.schema import Migration

_CERTIFICATES, _ENROLMENTS = "certificates", "enrolments"

_SEALING = (
    Migration(
        number=101, what="what is written in trainings is sealed", run=sealing.part_trainings, seals=Enrolment
    ),
    Migration(number=102, what="reasons on certificates are sealed", seals=Certificate),
    Migration(number=103, what="words about help are sealed", run=sealing.part_help, seals=HelpRequest),
    Migration(number=104, what="words of appeals are sealed", run=sealing.part_appeals, seals=Appeal),
)


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
                "history": _with_reasons(history, row["periods"]),
                "ends": history.ends,
                "notice_days": row["periods"][-1]["notice_days"],
                "notices": notices,
            }
            await database.change_one(
                _CERTIFICATES, {"_id": row["_id"]}, {"$set": change, "$unset": {"periods": ""}}
            )

    return (
        Migration(number=100, what="certificates are written as entries", run=periods_to_entries),
        *_SEALING,
        Migration(number=105, what="who was erased before is forgotten as a whole", run=_forget_the_erased),
    )


def _history(periods: list[dict[str, Any]]) -> History:
    """There was one kind of period, granted; and one whose end was announced has ended."""
    granted = [
        Entry(
            kind=EntryKind.GRANTED,
            holds_from=period["valid_from"],
            holds_until=period["valid_until"],
            decided=period["decided"],
            decided_by=period["decided_by"],
        )
        for period in periods
    ]
    ended = [
        Entry(kind=EntryKind.EXPIRED, holds_from=period["valid_until"], decided=period["valid_until"])
        for period in periods
        if period["end_announced"]
    ]
    return History(entries=(*granted, *ended))


def _with_reasons(history: History, periods: list[dict[str, Any]]) -> dict[str, Any]:
    """As it was stored before reasons were sealed, which a later migration sees to."""
    stored = history.model_dump(mode="python")
    for entry, period in zip(stored["entries"], periods, strict=False):
        entry["text"] = {"reason": period["reason"]}
    return stored


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


async def _forget_the_erased(database: Database) -> None:
    """People who were erased while certificates under programmes of sites kept the name; see `erasing.py`."""
    for row in await database.find(ErasedPerson.collection, {}, fields=("site",)):
        begun = {"site": row["site"], "version": 1, "last_event": None}
        await database.change_one(
            ToForget.collection, {"_id": row["_id"]}, {"$setOnInsert": begun}, upsert=True
        )
