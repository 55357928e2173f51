"""What is written about a mentor's work is sealed by the mentor's key."""

from bson import encode

from services.supervision.domain.hours import HoursEntry
from services.supervision.migrations import MIGRATIONS
from services.supervision.service import SERVICE
from shared.clock import utc_now
from shared.contracts.recruitment import ErasureReason, PersonErased
from shared.storage.schema import migrate
from shared.storage.sealing import seal_stored
from tests.supervision.requests import hours, session
from tests.supervision.running import People

SECRET = "nobody else is to read this"


async def stored(people: People) -> bytes:
    """Every document of every collection."""
    database = people.app.database
    rows = [await database.find(name, {}) for name in await database.collections()]
    return b"".join(encode(row) for some in rows for row in some)


async def test_notes_and_remarks_are_sealed_and_go_with_the_mentors_key(people: People) -> None:
    """Sessions' notes, mentors' remarks and reasons of returns are read until the mentor is erased."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"
    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        await sam.post(f"{at}/sessions", json={**session(), "notes": f"{SECRET} 1"})
        entry = (await mentor.post(f"{at}/hours", json={**hours(), "note": f"{SECRET} 2"})).json()["entry"]
        await sam.post(f"{at}/hours/{entry}/return", json={"reason": f"{SECRET} 3"})
        [written] = (await sam.get(f"{at}/sessions")).json()["items"]
        [line] = (await mentor.get(f"{at}/hours")).json()["items"]
        assert [written["text"]["notes"], line["note"], line["return_reason"]] == [
            f"{SECRET} {number}" for number in (1, 2, 3)
        ]
        assert SECRET.encode() not in await stored(people)
        event = PersonErased(
            site=placement.site, person=placement.person, erased_by="pat", reason=ErasureReason.ASKED_FOR
        )
        await people.app.publish(event, subject=placement.person)

        async def erased() -> bool:
            [line] = (await mentor.get(f"{at}/hours")).json()["items"]
            return bool(line["erased"])

        await people.app.until(erased)
        [line] = (await mentor.get(f"{at}/hours")).json()["items"]
        [written] = (await sam.get(f"{at}/sessions")).json()["items"]
        assert (line["note"], line["return_reason"], line["hours"]) == (None, None, 4)
        assert (written["text"], written["erased"]) == (None, True)


async def test_the_migration_seals_what_is_stored(people: People) -> None:
    """Entries from before get their mentor, and text and reason apart, both sealed; again it changes nothing."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"
    database, vault = people.app.database, people.app.runtime.vault
    assert vault is not None
    async with people.as_mentor() as mentor:
        entry = (await mentor.post(f"{at}/hours", json=hours())).json()["entry"]
        plain = {"text": {"note": f"{SECRET} 1", "return_reason": f"{SECRET} 2"}}
        await database.change_one(
            "placements",
            {"_id": placement.id},
            {"$set": {"assignments.0.reason": f"{SECRET} 3"}, "$unset": {"assignments.0.text": ""}},
        )
        await database.change_one(
            "hours", {"_id": entry}, {"$set": plain, "$unset": {"person": "", "returned": ""}}
        )
        for _ in range(2):
            await database.delete("migrations", {"_id": {"$gte": 100}})
            await migrate(
                database, SERVICE.all_collections, MIGRATIONS, now=utc_now(),
                seal=lambda kind: seal_stored(database, vault, kind),
            )  # fmt: skip
            assert SECRET.encode() not in await stored(people)
            [line] = (await mentor.get(f"{at}/hours")).json()["items"]
            assert (line["note"], line["return_reason"]) == (f"{SECRET} 1", f"{SECRET} 2")
    async with people.as_coordinator() as coordinator:
        [given] = (await coordinator.get(f"{at}/assignments")).json()["assignments"]
    assert (given["reason"], given["supervisor"]) == (f"{SECRET} 3", people.sam)
    kept = HoursEntry.rebuild(await database.get("hours", entry) or {})
    assert (kept.person, kept.version) == (placement.person, 2)
