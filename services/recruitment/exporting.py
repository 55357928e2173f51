"""The candidates of a list as CSV, page by page, so that no list is too long for memory."""

from collections.abc import AsyncIterator, Iterator
from datetime import datetime

from services.recruitment import csv_files, pipeline
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import Contact, Person
from services.recruitment.domain.targets import Targets
from services.recruitment.domain.waiting import days_in_stage, what_is_next
from services.recruitment.pipeline import Filters
from shared.storage.mongo import Database

AT_ONCE = 500
TITLES = (
    "candidate",
    "person",
    "external_id",
    "name",
    "email",
    "phone",
    "site",
    "programme",
    "stage",
    "stage_since",
    "days_in_stage",
    "target_days",
    "applied",
    "outcome",
    "next",
)


async def exported(
    database: Database, filters: Filters, *, named: bool, targets: Targets, now: datetime
) -> AsyncIterator[str]:
    """The file in pieces: who is in the list when its page is read, with names and addresses where `named`."""
    yield csv_files.BOM + csv_files.lines([TITLES])
    offers = await pipeline.offers_of(database, filters.site)
    cursor: str | None = None
    while True:
        found, cursor = await pipeline.listed(
            database, filters, targets=targets, now=now, limit=AT_ONCE, cursor=cursor
        )
        contacts = await _contacts(database, found) if named else {}
        yield csv_files.lines(
            _line(one, contacts.get(one.person), what_is_next(one, offers.of(one), now), targets, now)
            for one in found
        )
        if cursor is None:
            return


async def _contacts(database: Database, found: list[Candidate]) -> dict[str, Contact]:
    people = sorted({one.person for one in found})
    rows = await database.find(Person.collection, {"_id": {"$in": people}})
    known = [Person.rebuild(row) for row in rows]
    return {one.id: one.contact for one in known if one.contact}


def _line(
    one: Candidate, contact: Contact | None, todo: str | None, targets: Targets, now: datetime
) -> Iterator[object]:
    yield from (one.id, one.person, one.entered.external_id if one.entered else None)
    yield from (contact.name, contact.email, contact.phone) if contact else (None,) * 3
    yield from (one.site, one.programme, one.stage.value)
    yield from (one.stage_since.isoformat(), days_in_stage(one, now))
    yield from (targets.days(one.programme, one.stage), one.applied.isoformat())
    yield from (one.decisions[-1].outcome.value if one.decisions else None, todo)
