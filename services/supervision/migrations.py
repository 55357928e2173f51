"""What had to be changed of what is stored, in order."""

from services.supervision.domain.hours import HoursEntry
from services.supervision.domain.placement import Placement
from services.supervision.domain.session import Session
from shared.storage.mongo import Database
from shared.storage.schema import Migration


async def _name_mentors(database: Database, collection: str) -> None:
    """Sessions and hours say whom they are about, as the placement does: text is sealed by that person's key."""
    found = {"from": "placements", "localField": "placement", "foreignField": "_id", "as": "of"}
    into = {"into": collection, "on": "_id", "whenMatched": "merge", "whenNotMatched": "discard"}
    await database.aggregate(
        collection,
        (
            {"$match": {"person": {"$exists": False}}},
            {"$lookup": found},
            {"$match": {"of.person": {"$exists": True}}},
            {"$project": {"person": {"$first": "$of.person"}}},
            {"$merge": into},
        ),
    )


async def _prepare_sessions(database: Database) -> None:
    await _name_mentors(database, Session.collection)


async def _prepare_hours(database: Database) -> None:
    """Why hours were given back used to stand beside the mentor's note; each is sealed for itself."""
    await _name_mentors(database, HoursEntry.collection)
    said = {"$gt": ["$text.return_reason", ""]}
    apart = {"$cond": [said, {"reason": "$text.return_reason"}, None]}
    update = {
        "q": {"text.return_reason": {"$exists": True}},
        "u": [{"$set": {"returned": apart}}, {"$unset": "text.return_reason"}],
        "multi": True,
    }
    await database.command({"update": HoursEntry.collection, "updates": [update]})


async def _prepare_placements(database: Database) -> None:
    """Why a supervisor was assigned used to stand between the facts; it is apart from them to be sealed."""
    kept = {name: f"$$one.{name}" for name in ("supervisor", "by", "at", "since")}
    apart = {**kept, "text": {"reason": "$$one.reason"}}
    update = {
        "q": {"assignments.reason": {"$exists": True}},
        "u": [{"$set": {"assignments": {"$map": {"input": "$assignments", "as": "one", "in": apart}}}}],
        "multi": True,
    }
    await database.command({"update": Placement.collection, "updates": [update]})


MIGRATIONS = (
    Migration(number=100, what="what was said in sessions is sealed", run=_prepare_sessions, seals=Session),
    Migration(number=101, what="what is written about hours is sealed", run=_prepare_hours, seals=HoursEntry),
    Migration(number=102, what="why who supervises is sealed", run=_prepare_placements, seals=Placement),
)
