"""Erasing a person: who may, what goes, what stays, and who is told."""

import asyncio

from services.recruitment.domain.person import Person
from services.supervision.service import SERVICE as SUPERVISION
from shared.contracts.recruitment import ErasureReason, PersonErased
from shared.contracts.topics import CONTACTS, RECRUITMENT
from shared.domain.erasure import ErasedPerson
from shared.ids import new_id
from shared.storage.crypt import key_id
from shared.storage.unit_of_work import KEYS
from tests.recruitment.import_files import file, imported, row
from tests.recruitment.outcomes import announced, decided, scored
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, applied, form, refused
from tests.recruitment.test_applying import accepted
from tests.recruitment.test_sealed import SECRET, stored
from tests.support.running import Started, started
from tests.support.stack import Stack

PAT = [("privacy_lead", "leeds")]


async def robin_applied(app: Started) -> tuple[str, str]:
    """Somebody of Leeds with names and text nobody else has; the person and the candidate."""
    made = await applied(
        app,
        name="Robin Unforgettable",
        email=f"robin.unforgettable.{new_id()}@example.org",
        statement=SECRET,
        references=[
            {"name": "Ruth Unforgettable", "email": "ruth.unforgettable@example.org"},
            {"name": "Rob", "email": "rob@example.org"},
        ],
    )
    return made["person"], made["candidate"]


async def test_a_person_is_erased_and_codes_and_times_stay(stack: Stack) -> None:
    """Names, addresses, referees and the key are gone from every collection; what was decided when stays."""
    async with recruiting(stack) as app, app.client("pat", PAT) as pat:
        person, candidate = await robin_applied(app)
        path = f"/v1/people/{person}/erasure"
        before = (await pat.get(path)).json()
        goes = {part["what"]: part["count"] for part in before["goes"]}
        assert goes == {"contact": 1, "text": 1, "referees": 2, "open_applications": 1}
        assert {part["what"] for part in before["stays"]} == {"applications", "consents", "erasure"}
        await app.database.delete("outbox", {})  # As if all of it had been sent.
        done = await pat.post(path, json={"reason": "consent_withdrawn"})
        assert done.status_code == 200, done.text
        assert (done.json()["erasure"]["by"], done.json()["erasure"]["reason"]) == (
            "pat", "consent_withdrawn",
        )  # fmt: skip
        assert b"nforgettable" not in await stored(app)
        assert "keyMaterial" not in (await app.database.get(KEYS, key_id(person)) or {"keyMaterial": 1})
        async with app.client("cora", LEEDS) as cora:
            shown = (await cora.get(f"/v1/candidates/{candidate}")).json()
            assert (shown["stage"], shown["contact"], shown["text"], shown["erased"]) == (
                "withdrawn", None, None, True,
            )  # fmt: skip
            check = {"check": "references", "result": "cleared"}
            refused(await cora.post(f"/v1/candidates/{candidate}/checks", json=check), 409, "person_erased")
        after = (await pat.get(path)).json()
        assert (after["goes"], after["erasure"]["by"]) == ([], "pat")


async def test_others_are_told_once_by_an_event_and_a_tombstone(stack: Stack) -> None:
    """The contacts topic ends with a null under the person's key; done again, nobody is told again."""
    async with recruiting(stack, work=True) as app, app.client("pat", PAT) as pat:
        person, _ = await robin_applied(app)
        path = f"/v1/people/{person}/erasure"
        first = (await pat.post(path, json={})).json()
        assert (await pat.post(path, json={})).json() == first

        # Kafka answers a transaction's commit before readers see what it held.
        async def both() -> list[bool]:
            contacts = [one for one in await app.events(CONTACTS.name) if one.key == person]
            return [one.tombstone for one in contacts] if len(contacts) > 1 else []

        assert await app.until(both) == [False, True]

        async def sent() -> bool:
            return await app.database.count("outbox", {}) == 0

        await app.until(sent)
        told = [one.envelope for one in await app.events(RECRUITMENT.name) if one.key == person]
        types = [envelope.type.split(".")[-2] for envelope in told if envelope]
        assert types == ["applied", "withdrawn", "erased"]


async def test_who_may_erase(stack: Stack) -> None:
    """The person, and a privacy lead of all their sites; a coordinator and another site's lead may not."""
    async with recruiting(stack) as app:
        person, _ = await robin_applied(app)
        path = f"/v1/people/{person}/erasure"
        async with app.client("cora", LEEDS) as cora:
            refused(await cora.get(path), 403, "role_missing")
            refused(await cora.post(path), 403, "role_missing")
        async with app.client("yan", [("privacy_lead", "york")]) as yan:
            refused(await yan.get(path), 404, "not_found")
            refused(await yan.post(path), 404, "not_found")
        async with app.client(person) as themself:
            known = (await app.database.get(Person.collection, person) or {})["contact"]["email"]
            again = form(site="york", programme="other", email=known)
            assert (await themself.post("/v1/applications", json=again)).status_code == 201
            async with app.client("pat", PAT) as pat:
                refused(await pat.get(path), 403, "erasure_spans_sites")
                refused(await pat.post(path), 403, "erasure_spans_sites")
            assert (await themself.post(path)).json()["erasure"]["reason"] == "asked_for"
            refused(await themself.post("/v1/applications", json=form()), 409, "person_erased")
        async with app.client("sam", [("site_admin", "leeds")]) as sam:
            entered = {"site": "leeds", "duties": ["trainer"], "name": "Robin", "email": "r@example.org"}
            refused(await sam.put(f"/v1/staff/{person}", json=entered), 409, "person_erased")


async def test_somebody_erased_is_found_by_no_address_and_takes_no_place(stack: Stack) -> None:
    """Two people without an account who are erased at one site don't meet in the index of addresses."""
    async with recruiting(stack) as app, app.client("pat", PAT) as pat:
        async with app.client() as nobody:
            for _ in range(2):
                assert (await nobody.post("/v1/applications", json=form())).status_code == 202
        people = await app.database.find(Person.collection, {})
        for row in people:
            assert (await pat.post(f"/v1/people/{row['_id']}/erasure")).status_code == 200
        assert await app.database.count("candidates", {"holds_place": True}) == 0


async def test_somebody_erased_is_in_no_list_by_name(stack: Stack) -> None:
    """Neither what they are looked up by nor what another system calls them stays; their place in lists does."""
    async with recruiting(stack) as app, app.client("pat", PAT) as pat, app.client("cora", LEEDS) as cora:
        await imported(app, cora, file([row(1, name="Robin Unforgettable", external_id="X-17")]))
        (person,) = await app.database.find(Person.collection, {})
        assert (await pat.post(f"/v1/people/{person['_id']}/erasure")).status_code == 200
        (gone,) = await app.database.find(Person.collection, {})
        assert (gone["search"], gone["contact"]) == ([], None)
        (candidate,) = await app.database.find("candidates", {})
        assert candidate["entered"]["external_id"] is None
        found = await cora.get("/v1/pipeline?site=leeds&stage=withdrawn")
        assert [one["name"] for one in found.json()["items"]] == [None]
        exported = await cora.get("/v1/candidates.csv?site=leeds&stage=withdrawn")
        assert (exported.status_code, "X-17" in exported.text) == (200, False)


async def test_another_service_destroys_its_own_key(stack: Stack) -> None:
    """Told of an erasure twice, supervision leaves one note of it and no key that opens anything."""
    async with started(SUPERVISION, stack) as app:
        person = f"robin-{new_id()}"
        event = PersonErased(site="leeds", person=person, erased_by="pat", reason=ErasureReason.ASKED_FOR)
        for sequence in (1, 2):
            await app.publish(event, subject=person, sequence=sequence)

        async def heard() -> bool:
            seen = await app.database.get("seen", f"/peerpath/recruitment/{person}")
            return seen is not None and seen["sequence"] == 2

        await app.until(heard)
        assert await app.database.count(ErasedPerson.collection, {}) == 1
        assert "destroyed" in (await app.database.get(KEYS, key_id(person)) or {})


async def test_who_is_erased_waits_no_longer_and_gives_the_place_back(stack: Stack) -> None:
    """An erased person is in no waiting list, their place is free, and an interview ahead is called off."""
    async with recruiting(stack) as app, app.client("pat", PAT) as pat, app.client("cora", LEEDS) as cora:
        waits, holds = await applied(app), await applied(app)
        await decided(app, f"/v1/candidates/{waits['candidate']}", "waiting")
        await accepted(app, f"/v1/candidates/{holds['candidate']}")
        line = "/v1/sites/leeds/programmes/core/waiting"
        before = (await cora.get(line)).json()
        assert (len(before["items"]), before["taken"]) == (1, 1)

        for made in (waits, holds):
            assert (await pat.post(f"/v1/people/{made['person']}/erasure")).status_code == 200

        after = (await cora.get(line)).json()
        assert (after["items"], after["taken"]) == ([], 0)


async def test_who_is_erased_appeals_no_more(stack: Stack) -> None:
    """A decline that could still be appealed rests with the rest: nothing new begins, and nobody is told of it."""
    async with recruiting(stack) as app:
        made = await scored(app)
        await decided(app, made["path"], "declined")
        async with app.client(made["person"]) as themself:
            assert (await themself.post(f"/v1/people/{made['person']}/erasure")).status_code == 200
            late = await themself.post(f"{made['path']}/appeal", json={"words": "I see it so."})
            refused(late, 409, "person_erased")
        assert await app.database.count("candidates", {"holds_place": True}) == 0
        assert (await announced(app, made["candidate"]))[-1] == "screened"


async def test_an_open_appeal_is_announced_and_taken_back(stack: Stack) -> None:
    """Who looks first reads that it goes; then it is withdrawn, and nobody is asked to decide it any more."""
    async with recruiting(stack) as app:
        made = await scored(app)
        await decided(app, made["path"], "declined")
        async with app.client(made["person"]) as themself:
            await themself.post(f"{made['path']}/appeal", json={"words": "I see it so."})
            path = f"/v1/people/{made['person']}/erasure"
            goes = {part["what"]: part["count"] for part in (await themself.get(path)).json()["goes"]}
            assert goes["open_applications"] == 1
            assert (await themself.post(path)).status_code == 200
        assert (await announced(app, made["candidate"]))[-2:] == ["appealed", "withdrawn"]
        assert await app.database.count("timers", {}) == 0


async def test_an_application_that_crosses_an_erasure_goes_with_it_or_is_refused(stack: Stack) -> None:
    """Sent at the same moment, round after round: no referee and no open application is left of who is erased."""
    async with recruiting(stack) as app:
        for _ in range(5):
            email = f"robin.{new_id()}@example.org"
            person = (await applied(app, email=email))["person"]
            async with app.client(person) as themself:
                again = form(email=email, programme="other")
                answers = await asyncio.gather(
                    themself.post("/v1/applications", json={**again, "name": "Robin"}),
                    themself.post(f"/v1/people/{person}/erasure"),
                )
            assert answers[1].status_code == 200
            assert await app.database.count("candidates", {"person": person, "erased": None}) == 0
