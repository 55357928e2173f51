"""Imports over the real database: the dry run, the import, its repetition, undoing it."""

from bson import encode
from pymongo import UpdateOne

from services.recruitment.domain.importing.part import ROWS, ImportPart
from services.recruitment.domain.importing.sheet import BYTES_AT_MOST
from services.recruitment.importer import Importer
from shared.contracts.recruitment import CandidateApplied, CandidateTakenOut
from shared.contracts.topics import CONTACTS, RECRUITMENT
from shared.storage.crypt import key_id
from shared.storage.unit_of_work import KEYS
from tests.recruitment.import_files import carried_out, checked, file, imported, report, row, rows, send
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, refused
from tests.support.stack import Stack


async def test_a_dry_run_says_what_would_become_of_each_row_and_imports_nothing(stack: Stack) -> None:
    """Errors by row and column with their remedies, repetitions in the file, who is there already; no text."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        await applied(app, email="p0@example.org")
        people = [
            row(0),
            row(1),
            row(2, email="not an address", lived_experience="perhaps"),
            row(3, email="P1@example.org"),
            row(4, statement="word " * 251),
        ]
        made = await checked(cora, file(people))
        assert (made["state"], made["rows"], made["outcomes"]) == (
            "checked",
            5,
            {"already_there": 1, "ready": 1, "faulty": 3},
        )
        assert made["errors"] == {
            "email_invalid": 1,
            "yes_or_no_needed": 1,
            "email_twice_in_file": 1,
            "statement_too_long": 1,
        }
        shown = [(one["row"], one["column"], one["code"]) for one in made["first_errors"]]
        assert shown[:2] == [(4, "email", "email_invalid"), (4, "lived_experience", "yes_or_no_needed")]
        lines = await report(cora, made["id"])
        assert [one["row"] for one in lines] == ["2", "3", "4", "4", "5", "6"]
        assert (lines[0]["code"], lines[1]["outcome"]) == ("email_already_there", "ready")
        assert [one["row"] for one in await report(cora, made["id"], errors=True)] == [
            "2",
            "4",
            "4",
            "5",
            "6",
        ]
        assert await app.database.count("candidates", {}) == 1
        kept = await app.database.find("import_parts", {})
        assert [one["text"] is None for one in kept[0]["rows"]] == [True, False, True, True, True]
        assert b"Person 1" not in encode(kept[0])


async def test_files_that_cannot_be_read_are_refused(stack: Stack) -> None:
    """Another encoding, no rows, an open quotation mark, other columns, too many rows or bytes, JSON."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        refused(await send(cora, file([row(1, name="Zoë")], encoding="latin-1")), 422, "file_not_utf8")
        refused(await send(cora, file(rows(1), encoding="utf-16")), 422, "file_not_utf8")
        refused(await send(cora, b""), 422, "file_empty")
        refused(await send(cora, file(rows(1)).splitlines()[0]), 422, "file_empty")
        refused(await send(cora, file(rows(1)) + b'"open'), 422, "file_unreadable")
        wrong = await send(cora, b"name,colour\r\nRobin,red\r\n")
        refused(wrong, 422, "columns_wrong")
        assert (wrong.json()["unknown"], wrong.json()["missing"][0]) == (["colour"], "email")
        line = b",".join([b"x"] * 8) + b"\r\n"
        titles = file(rows(1)).splitlines(keepends=True)[0]
        refused(await send(cora, titles + line * 10_001), 422, "too_many_rows")
        refused(await send(cora, b"x" * (BYTES_AT_MOST + 1)), 413, "body_too_large")
        refused(await send(cora, file(rows(1)), programme="unheard_of"), 422, "programme_not_offered")
        refused(await cora.post("/v1/imports?site=leeds&programme=core", json={}), 415, "wrong_media_type")


async def test_an_import_with_errors_starts_on_purpose_only(stack: Stack) -> None:
    """It is refused while a row has errors, unless these are to be left out; what is done is not started again."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        id = (await checked(cora, file([row(1), row(2, email="none")])))["id"]
        refused(await cora.post(f"/v1/imports/{id}/start"), 409, "import_has_errors")
        assert (await cora.post(f"/v1/imports/{id}/start", json={"skip_errors": True})).status_code == 200
        done = await carried_out(app, cora, id)
        assert (done["outcomes"], done["done"]) == ({"imported": 1, "faulty": 1}, 2)
        refused(await cora.post(f"/v1/imports/{id}/start"), 409, "import_not_startable")


async def test_nobody_is_written_to_unless_it_is_asked_for(stack: Stack) -> None:
    """The event names who imported them and in which import, and whether the person is to be told."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        quiet = await imported(app, cora, file([row(1)]))
        told = await imported(app, cora, file([row(2)]), announce=True)
        rows = await app.database.find("outbox", {"topic": RECRUITMENT.name})
        events = [CandidateApplied.model_validate_json(one["value"]) for one in rows]
        said = {one.imported_in: (one.announce, one.entered_by) for one in events}
        assert said == {quiet["id"]: (False, "cora"), told["id"]: (True, "cora")}


async def test_the_same_file_again_imports_nothing_twice(stack: Stack) -> None:
    """By address or by external id, whatever became of the application meanwhile; said row by row."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        people = [row(1), row(2, external_id="X-2"), row(3)]
        first = await imported(app, cora, file(people))
        assert first["outcomes"] == {"imported": 3}
        made = [one["candidate"] for one in await report(cora, first["id"])]
        assert made == sorted(made)
        await cora.post(f"/v1/candidates/{made[0]}/withdrawal", json={"reason": "rang"})
        changed = {**people[1], "email": "other@example.org"}
        again = await imported(app, cora, file([people[0], changed, people[2]]))
        assert again["outcomes"] == {"already_there": 3}
        codes = [one["code"] for one in await report(cora, again["id"])]
        assert codes == ["email_already_there", "external_id_already_there", "email_already_there"]
        assert await app.database.count("candidates", {}) == await app.database.count("people", {}) == 3


async def test_two_imports_of_the_same_people_at_once(stack: Stack) -> None:
    """Both were checked before either began: each person comes in once, and both end."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        ids = [(await checked(cora, file(rows(450))))["id"] for _ in range(2)]
        for id in ids:
            assert (await cora.post(f"/v1/imports/{id}/start")).status_code == 200
        one, two = [await carried_out(app, cora, id) for id in ids]
        assert (one["state"], two["state"]) == ("done", "done")
        counted = [one["outcomes"].get("imported", 0) + two["outcomes"].get("imported", 0)]
        assert counted == [450]
        assert await app.database.count("candidates", {}) == await app.database.count("people", {}) == 450


async def test_an_import_is_undone_as_a_whole(stack: Stack) -> None:
    """People and applications are gone, which is announced; contacts are tombstoned; then it can come in anew."""
    async with recruiting(stack, work=True) as app, app.client("cora", LEEDS) as cora:
        id = (await imported(app, cora, file(rows(250))))["id"]
        people = {one["_id"] for one in await app.database.find("people", {}, fields=("_id",))}
        assert (await cora.post(f"/v1/imports/{id}/undo")).status_code == 200
        gone = await carried_out(app, cora, id)
        assert (gone["state"], gone["outcomes"], gone["undone_by"]) == ("undone", {"taken_out": 250}, "cora")
        for collection in ("candidates", "people"):
            assert await app.database.count(collection, {}) == 0
        left = {"keyAltNames": {"$in": sorted(people)}, "keyMaterial": {"$exists": True}}
        assert await app.database.count(KEYS, left) == 0

        async def heard() -> bool:
            events = [one.data for one in await app.events(RECRUITMENT.name)]
            out = {
                one.person for one in events if isinstance(one, CandidateTakenOut) and one.imported_in == id
            }
            last = {one.key: one.tombstone for one in await app.events(CONTACTS.name)}
            return out == people == {person for person in people if last.get(person)}

        # What a transaction of Kafka's committed is seen a moment later.
        await app.until(heard)
        refused(await cora.post(f"/v1/imports/{id}/undo"), 409, "import_not_undoable")
        assert (await imported(app, cora, file(rows(250))))["outcomes"] == {"imported": 250}


async def test_what_somebody_works_with_is_not_undone(stack: Stack) -> None:
    """Nor what is an hour old, or what people were told of; the refusal says what to do instead."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        done = await imported(app, cora, file(rows(2)))
        path = f"/v1/imports/{done['id']}/undo"
        old = UpdateOne(
            {"_id": done["id"]}, [{"$set": {"last_step": {"$subtract": ["$last_step", 3_700_000]}}}]
        )
        back = UpdateOne({"_id": done["id"]}, [{"$set": {"last_step": {"$add": ["$last_step", 3_700_000]}}}])
        await app.database.bulk_write("imports", [old])
        refused(await cora.post(path), 409, "import_too_old")
        await app.database.bulk_write("imports", [back])
        [first, _] = await report(cora, done["id"])
        check = {"check": "references", "result": "cleared"}
        await cora.post(f"/v1/candidates/{first['candidate']}/checks", json=check)
        answer = await cora.post(path)
        refused(answer, 409, "import_touched")
        assert answer.json()["touched"] == 1
        told = await imported(app, cora, file([row(9)]), announce=True)
        refused(await cora.post(f"/v1/imports/{told['id']}/undo"), 409, "import_announced")


async def test_what_somebody_begins_to_work_with_while_it_is_undone_stays(stack: Stack) -> None:
    """With its person; the import says how many were kept, and the report which."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        id = (await imported(app, cora, file(rows(3))))["id"]
        [first, *_] = await report(cora, id)
        assert (await cora.post(f"/v1/imports/{id}/undo")).json()["state"] == "undoing"
        check = {"check": "references", "result": "cleared"}
        await cora.post(f"/v1/candidates/{first['candidate']}/checks", json=check)
        gone = await carried_out(app, cora, id)
        assert (gone["state"], gone["outcomes"]) == ("undone", {"kept": 1, "taken_out": 2})
        assert [one["candidate"] for one in await report(cora, id)] == [first["candidate"], "", ""]
        for collection in ("candidates", "people"):
            assert await app.database.count(collection, {}) == 1


async def test_an_import_that_fails_stops_and_goes_on_where_it_was(stack: Stack) -> None:
    """Parts that are in stay in; once what was wrong is mended, it is started again and everybody is there."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        id = (await checked(cora, file(rows(ROWS + 1))))["id"]
        await cora.post(f"/v1/imports/{id}/start")
        second = {"_id": ImportPart.id_of(id, 1)}
        await app.database.bulk_write("import_parts", [UpdateOne(second, {"$set": {"of_a_later_day": 1}})])
        stopped = await carried_out(app, cora, id)
        assert (stopped["state"], stopped["problem"], stopped["done"]) == ("stopped", "import_failed", ROWS)
        assert stopped["remedy"].endswith("Start it again, or undo it.")
        await app.database.bulk_write("import_parts", [UpdateOne(second, {"$unset": {"of_a_later_day": 1}})])
        assert (await cora.post(f"/v1/imports/{id}/start")).json()["state"] == "running"
        done = await carried_out(app, cora, id)
        assert (done["state"], done["outcomes"]) == ("done", {"imported": ROWS + 1})


async def test_an_import_whose_rows_are_gone_stops_and_says_so(stack: Stack) -> None:
    """It names the remedy; what was imported before is kept."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        id = (await checked(cora, file(rows(3))))["id"]
        await cora.post(f"/v1/imports/{id}/start")
        await app.database.delete("import_parts", {"import_id": id})
        assert await Importer(app.runtime).round()
        found = (await cora.get(f"/v1/imports/{id}")).json()
        assert (found["state"], found["problem"]) == ("stopped", "import_rows_gone")
        assert found["remedy"].startswith("Its rows were kept for a week")
        assert (await cora.post(f"/v1/imports/{id}/start")).json()["state"] == "running"


async def test_what_is_kept_of_an_import_goes(stack: Stack) -> None:
    """The text of a row goes with the import of the row, and its key; the rest of it after a week by itself."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        done = await imported(app, cora, file(rows(3)))
        [part] = await app.database.find("import_parts", {})
        assert [one["text"] for one in part["rows"]] == [None] * 3
        assert "destroyed" in (await app.database.get(KEYS, key_id(part["_id"])) or {})
        [kept] = await app.database.find("imports", {})
        assert (kept["keep_until"] - kept["last_step"]).days == 7
        assert part["keep_until"] == kept["keep_until"]
        assert done["kept_until"] == kept["keep_until"].isoformat().replace("+00:00", "Z")
        told = await app.database.command({"listIndexes": "import_parts"})
        assert [
            one["expireAfterSeconds"] for one in told["cursor"]["firstBatch"] if "expireAfterSeconds" in one
        ] == [0]


async def test_imports_of_another_site_are_not_there(stack: Stack) -> None:
    """Who works elsewhere can neither send, read, start nor undo one; who works there in another role may not."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/imports/{(await checked(cora, file(rows(1))))['id']}"
        others = ((("coordinator", "york"), 404), (IVY[0], 403), (("auditor", "leeds"), 403))
        for grant, status in others:
            async with app.client("other", [grant]) as other:
                answers = [
                    await send(other, file(rows(1))),
                    await other.get("/v1/imports?site=leeds"),
                    await other.get(path),
                    await other.get(f"{path}/rows.csv"),
                    await other.post(f"{path}/start"),
                    await other.post(f"{path}/undo"),
                ]
            assert {answer.status_code for answer in answers} == {status}
        assert [one["id"] for one in (await cora.get("/v1/imports?site=leeds")).json()["items"]] == [
            path[12:]
        ]


async def test_a_repeated_dry_run_with_its_key_is_one(stack: Stack) -> None:
    """The same file under the same Idempotency-Key is answered with the first import."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        cora.headers["Idempotency-Key"] = "once"
        one, two = [await checked(cora, file(rows(2))) for _ in range(2)]
        assert one == two
        assert await app.database.count("imports", {}) == 1
