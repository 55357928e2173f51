"""What was parked before there were classes of error: it gets one, and loses contact data that need not be there."""

from collections import defaultdict

from pymongo import UpdateOne

from shared.messaging.parking import DISCARDED_EVENTS, PARKED_EVENTS, PARKED_KEYS, is_contact
from shared.messaging.records import NOT_A_CLOUDEVENT, SCHEMA
from shared.storage.mongo import Database, Document
from shared.storage.schema import Migration


async def _name_classes(database: Database) -> None:
    rows = await database.find(PARKED_EVENTS, {"error": {"$exists": False}})
    by_key: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if error := _class_of(row["problem"]):
            by_key[row["key"]].add(error)
    await _update(database, PARKED_EVENTS, {row["_id"]: _classed(row) for row in rows})
    keys = await database.find(PARKED_KEYS, {"errors": {"$exists": False}})
    await _update(database, PARKED_KEYS, {row["_id"]: {"errors": sorted(by_key[row["_id"]])} for row in keys})
    gone = [row for row in await database.find(DISCARDED_EVENTS, {}) if is_contact(row)]
    await _update(database, DISCARDED_EVENTS, {row["_id"]: {"value": None, "headers": []} for row in gone})


async def _update(database: Database, collection: str, fields: dict[str, Document]) -> None:
    if fields:
        await database.bulk_write(
            collection, [UpdateOne({"_id": id}, {"$set": each}) for id, each in fields.items()]
        )


def _classed(row: Document) -> Document:
    error = _class_of(row["problem"])
    return {"error": error, "problem": error if is_contact(row) and error else row["problem"]}


def _class_of(problem: str | None) -> str | None:
    if not problem:
        return None
    if problem.startswith("not a CloudEvent: "):
        return NOT_A_CLOUDEVENT
    return SCHEMA if ": data does not fit its schema: " in problem else problem.partition(":")[0]


MIGRATIONS = (Migration(number=2, what="what is parked has a class of error", run=_name_classes),)
