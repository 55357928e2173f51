"""The public form and its consents, and who may be the same person, over the real database."""

import json
from typing import Any

from services.recruitment.api.bodies import ApplicationBody
from services.recruitment.service import FORM
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, applied, form, refused
from tests.recruitment.test_applying import PATH, stored
from tests.support.stack import Stack

TO_REFEREES = {"code": "contact_referees", "version": "1"}


async def test_whoever_builds_a_form_finds_all_of_it_in_one_place(stack: Stack) -> None:
    """Fields with limits and kind words in both languages, the consents in force, the criteria; no sign-in needed."""
    async with recruiting(stack) as app, app.client() as nobody:
        shown = (await nobody.get("/v1/application-form")).json()
        consents = (await nobody.get("/v1/consents")).json()
    assert shown["languages"] == ["en", "es"]
    fields = {field["name"]: field for field in shown["fields"]}
    assert fields.keys() == ApplicationBody.model_fields.keys() == FORM.fields.keys()
    statement = fields["statement"]
    assert (statement["max_words"], statement["max_length"], statement["required"]) == (250, 4000, False)
    assert "graphic detail" in statement["texts"]["en"]["hint"]
    assert (fields["name"]["required"], fields["name"]["max_length"]) == (True, 200)
    assert fields["references"]["exactly"] == 2
    assert shown["consents"] == consents["consents"]
    assert [(one["code"], one["required"]) for one in consents["consents"]] == [
        ("data_processing", True),
        ("contact_referees", False),
    ]
    assert {language for one in consents["consents"] for language in one["texts"]} == {"en", "es"}
    assert "empathy" in shown["criteria"]


async def test_an_application_agrees_to_what_is_in_force(stack: Stack) -> None:
    """What is missing, outdated or unknown is named, and nothing is saved."""
    needed = {"code": "data_processing", "version": "1"}
    async with recruiting(stack) as app, app.client() as nobody:
        for consents, code in (
            ([TO_REFEREES], "consent_missing"),
            ([{**needed, "version": "0"}], "consent_not_in_force"),
            ([needed, {"code": "souls", "version": "1"}], "consent_unknown"),
        ):
            refused(await nobody.post(PATH, json=form(consents=consents)), 422, code)
        assert await stored(app) == []


async def test_a_person_gives_and_takes_back_a_consent(stack: Stack) -> None:
    """They alone, with times kept; the one that is needed is answered with what taking it back means."""
    async with recruiting(stack) as app:
        path = f"/v1/candidates/{(await applied(app, 'robin'))['candidate']}/consents"
        async with app.client("robin") as robin:
            assert (await robin.post(path, json=TO_REFEREES)).status_code == 200
            taken = (await robin.delete(f"{path}/contact_referees")).json()
            assert [one["withdrawn"] is None for one in taken["consents"]] == [True, False]
            answer = await robin.delete(f"{path}/data_processing")
            refused(answer, 409, "consent_required")
            assert "withdrawal" in answer.json()["detail"]
            refused(await robin.post(path, json={**TO_REFEREES, "version": "9"}), 422, "consent_not_in_force")
        async with app.client("cora", LEEDS) as cora, app.client("stranger") as stranger:
            refused(await cora.post(path, json=TO_REFEREES), 403, "role_missing")
            refused(await stranger.delete(f"{path}/contact_referees"), 404, "not_found")


async def test_who_may_be_the_same_person_is_told_to_coordinators_alone(stack: Stack) -> None:
    """Both applications stand; the page says so to those who handle it, to nobody else, and never across sites."""
    same: dict[str, Any] = {"name": "Robin Adeyemi", "phone": "07700 900123"}
    looks_alike = "R\u043ebin Adeyemi"  # With a Cyrillic letter: somebody else, as far as a program can tell.
    async with recruiting(stack) as app:
        first = await applied(app, "robin", **same)
        await applied(app, **{**same, "site": "york"})
        await applied(app, **{**same, "name": looks_alike})
        again = await applied(app, "robin-2", **{**same, "name": "ROBIN ADEYEMI", "phone": "+44 7700 900123"})
        path = f"/v1/candidates/{again['candidate']}"
        async with app.client("cora", LEEDS) as cora, app.client("robin-2") as robin:
            (found,) = (await cora.get(path)).json()["may_be_same_as"]
            assert found["candidate"] == first["candidate"]
            assert (await robin.get(path)).json()["may_be_same_as"] == []
        async with app.client("ada", [("auditor", "leeds")]) as ada:
            assert (await ada.get(path)).json()["may_be_same_as"] == []


async def test_what_is_looked_up_uses_an_index(stack: Stack) -> None:
    """However many applications and references there are, those alike and that of a link are found at once."""
    alike = {"site": "leeds", "likeness": {"$in": ["a", "b"]}, "person": {"$ne": "p"}}
    link = {"token_hash": "a", "state": "requested"}
    async with recruiting(stack) as app:
        for query, index in (
            ({"find": "candidates", "filter": alike, "sort": {"_id": -1}}, "site_1_likeness_1__id_-1"),
            ({"find": "references", "filter": link}, "token_hash_1"),
        ):
            plan = json.dumps(await app.database.command({"explain": query}), default=str)
            assert index in plan
            assert "COLLSCAN" not in plan
