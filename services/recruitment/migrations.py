"""What stored applications and people need that were saved before there was a pipeline."""

from services.recruitment.domain.candidacy import FOUND_UNDER
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.person import SEARCH, Person
from shared.storage.mongo import Database, Document
from shared.storage.schema import Migration

AT_ONCE = 500


async def _into_the_pipeline(database: Database) -> None:
    lacking = {FOUND_UNDER: {"$exists": False}}
    while rows := await database.find(Candidate.collection, lacking, limit=AT_ONCE):
        await _set(database, Candidate.collection, lacking, {row["_id"]: _placed(row) for row in rows})


def _placed(row: Document) -> Document:
    document = Candidate.rebuild(row).document()
    return {name: document[name] for name in ("stage_since", FOUND_UNDER)}


async def _looked_up(database: Database) -> None:
    lacking = {SEARCH: {"$exists": False}}
    while rows := await database.find(Person.collection, lacking, limit=AT_ONCE):
        sites = await _sites_of(database, [row["_id"] for row in rows])
        found_by = {row["_id"]: _found_by(row, sites.get(row["_id"], [])) for row in rows}
        await _set(database, Person.collection, lacking, found_by)


async def _set(database: Database, collection: str, where: Document, fields: dict[str, Document]) -> None:
    # Only where it is still lacking: a command may have saved it meanwhile, with all of this.
    updates = [{"q": {"_id": id, **where}, "u": {"$set": each}} for id, each in fields.items()]
    command = {"update": collection, "updates": updates, "writeConcern": {"w": "majority"}}
    if errors := (await database.command(command)).get("writeErrors"):
        raise ValueError(f"{collection}: {len(errors)} documents are refused, with code {errors[0]['code']}")


def _found_by(row: Document, sites: list[str]) -> Document:
    applied_at = [site for site in sites if site != row["site"]]
    return {
        "applied_at": applied_at,
        SEARCH: Person.rebuild({**row, "applied_at": applied_at}).document()[SEARCH],
    }


async def _sites_of(database: Database, people: list[str]) -> dict[str, list[str]]:
    rows = await database.find(Candidate.collection, {"person": {"$in": people}}, fields=("person", "site"))
    sites: dict[str, list[str]] = {}
    for row in rows:
        at = sites.setdefault(row["person"], [])
        at.extend([] if row["site"] in at else [row["site"]])
    return sites


MIGRATIONS = (
    Migration(number=110, what="candidates are found in the pipeline", run=_into_the_pipeline),
    Migration(number=111, what="people are looked up by name and address", run=_looked_up),
)
