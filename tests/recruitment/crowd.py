"""A site with very many candidates, stored without a command for each: what lists and counts are measured on."""

from datetime import datetime, timedelta
from typing import Any

from bson import Binary, encode
from bson.raw_bson import RawBSONDocument
from pymongo import InsertOne

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.lacking import Lack, found_under
from services.recruitment.domain.stage import Stage
from services.recruitment.service import SERVICE
from shared.storage.mongo import Database
from tests.recruitment.builders import applied

LACKING = ((Lack.REFERENCES, Lack.BACKGROUND_CHECK, Lack.INTERVIEW), (Lack.SCORECARDS,), ())
AT_ONCE = 20_000
PROGRAMMES = ("core", "core", "other")


async def crowd(database: Database, site: str, count: int, *, now: datetime) -> None:
    """So many candidates of a site, over all stages and two programmes; one came in every minute.

    Indexes are built afterwards, which takes half as long.
    """
    [declared] = [one for one in SERVICE.collections if one.name == Candidate.collection]
    await database.drop_indexes(Candidate.collection, [index.name for index in declared.indexes])
    template = applied().document()
    template["application"]["text"] = Binary(bytes(300), 6)  # As long as one that is sealed; nobody opens it.
    for first in range(0, count, AT_ONCE):
        numbers = range(first, min(first + AT_ONCE, count))
        rows: list[Any] = [
            InsertOne(RawBSONDocument(encode(_one(template, site, number, now)))) for number in numbers
        ]
        await database.bulk_write(Candidate.collection, rows, ordered=False)
    await database.create_indexes(Candidate.collection, [index.model() for index in declared.indexes])


def _one(template: dict[str, Any], site: str, number: int, now: datetime) -> dict[str, Any]:
    stages = list(Stage)
    programme = PROGRAMMES[number // len(stages) % len(PROGRAMMES)]
    came = now - timedelta(minutes=number)
    return template | {
        "_id": f"{site}-{number}",
        "site": site,
        "person": f"{site}-person-{number}",
        "email_key": f"{number}@example.org",
        "likeness": [f"{number:032x}"],
        "programme": programme,
        "stage": stages[number % len(stages)].value,
        "applied": came,
        "stage_since": came + timedelta(seconds=number % 50),
        "found_under": found_under(programme, LACKING[number % 7 % len(LACKING)]),
    }
