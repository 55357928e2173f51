"""Text as it was stored before it was sealed, parted as it is kept today: each author's words for themselves.

Used by migrations, which seal the parts afterwards. What is parted, or sealed, already is left as it is.
"""

from collections.abc import Callable, Mapping
from typing import Any

from services.training.domain.appeal import Appeal
from services.training.domain.enrolment import Enrolment
from services.training.domain.help import HelpRequest
from shared.storage.mongo import Database, Document

AT_ONCE = 200

Part = dict[str, Any]


async def part_trainings(database: Database) -> None:
    """Attempts, what trainers allowed, logs, prior learning, courses and documents."""
    await _part_each(database, Enrolment.collection, _training)


async def part_help(database: Database) -> None:
    """Questions and answers."""
    await _part_each(database, HelpRequest.collection, _help)


async def part_appeals(database: Database) -> None:
    """The person's words, and why it was decided so."""
    await _part_each(database, Appeal.collection, lambda row: _reason_apart(row, "reason"))


async def _part_each(database: Database, collection: str, do: Callable[[Document], None]) -> None:
    last = ""
    while rows := await database.find(collection, {"_id": {"$gt": last}}, sort=(("_id", 1),), limit=AT_ONCE):
        for row in rows:
            await _part_one(database, collection, row, do)
        last = rows[-1]["_id"]


async def _part_one(
    database: Database, collection: str, row: Document | None, do: Callable[[Document], None]
) -> None:
    """Another process may change it meanwhile: then what that left is parted."""
    while row is not None:
        do(row)
        unchanged = {"_id": row["_id"], "version": row["version"]}
        if await database.change_one(collection, unchanged, {"$set": _all_but_id(row)}):
            return
        row = await database.get(collection, row["_id"])


def _all_but_id(row: Document) -> Document:
    return {name: value for name, value in row.items() if name != "_id"}


def _training(row: Document) -> None:
    learning = row.get("learning", {})
    for record in learning.get("assessments", ()):
        for attempt in record["attempts"]:
            _attempt(attempt)
        for allowance in record.get("allowances", ()):
            if "reason" in allowance:
                allowance["why"] = {"reason": allowance.pop("reason")}
    for log in learning.get("logs", ()):
        _reason_apart(log, "return_reason", alone="note")
    for asked in learning.get("recognitions", ()):
        _not_yet_apart(asked)
    for course in row.get("education", {}).get("entries", ()):
        _reason_apart(course, "return_reason")
    for document in row.get("evidence", {}).get("documents", ()):
        _reason_apart(document, "reason")


def _attempt(attempt: Part) -> None:
    for noted in (attempt, *attempt.get("sheets", ())):
        if isinstance(noted.get("notes"), str):
            noted["notes"] = {"notes": noted["notes"]} if noted["notes"].strip() else None
    text = attempt.get("text")
    if isinstance(text, Mapping) and "reason" in text:
        attempt["written"] = [*text["answers"]]
        attempt["text"] = {"answers": text["answers"]} if text["answers"] else None
        attempt["why"] = {"reason": text["reason"]} if text["reason"] else None


def _reason_apart(part: Part, name: str, *, alone: str | None = None) -> None:
    """The second author's words out of `text`, which goes where nothing is left in it but an empty `alone`."""
    text = part.get("text")
    if not isinstance(text, Mapping):
        return
    if name in text:
        part["why"] = {"reason": text[name]} if text[name] else None
    left = {key: value for key, value in text.items() if key != name}
    part["text"] = None if alone is not None and not left.get(alone) else left


def _not_yet_apart(asked: Part) -> None:
    text = asked["text"]
    if isinstance(text, Mapping) and "reason" in text:
        said = {"reason": text["reason"], "would_help": text["would_help"]}
        asked["why"] = said if said["reason"] else None
        asked["text"] = {"evidence": text["evidence"]}


def _help(row: Document) -> None:
    text = row.get("text")
    if isinstance(text, Mapping) and "answer" in text:
        row["answered"] = {"answer": text["answer"]} if text["answer"] else None
        row["text"] = {"question": text["question"]} if text["question"] else None
