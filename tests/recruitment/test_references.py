"""References from the question to the check, over the real database, and who learns what."""

import asyncio
from typing import Any

import httpx

from services.recruitment.api.reference_html import answer_of
from services.recruitment.domain.reference import Reference, ReferenceState
from services.recruitment.settings import read_reference_form
from shared.contracts.people import PersonInvited
from tests.recruitment.builders import refused as refused_by
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, applied, refused
from tests.recruitment.test_sealed import stored
from tests.support.running import Started, records_of
from tests.support.stack import Stack

AGREED = [{"code": "data_processing", "version": "1"}, {"code": "contact_referees", "version": "1"}]
CRITERIA = ("reliability", "listening", "respect", "boundaries")
ANSWER: dict[str, Any] = {
    "known_as": "colleague",
    "known_for": "over_three_years",
    "scores": {**dict.fromkeys(CRITERIA, 4), "boundaries": None},
    "recommends": "with_support",
    "words": "Calm when it <matters>.",
}
SENT = {
    "language": "en",
    "known_as": "colleague",
    "known_for": "over_three_years",
    **{f"score.{code}": "5" for code in CRITERIA},
    "score.boundaries": "unknown",
    "recommends": "yes",
    "words": "Kind.",
}
JSON = {"Accept": "application/json"}


async def agreeing(app: Started, *, person: str = "robin", **changes: Any) -> str:
    """The path of somebody's application who lets their referees be written to."""
    return f"/v1/candidates/{(await applied(app, person, consents=AGREED, **changes))['candidate']}"


async def asked(app: Started, path: str, referee: int = 1) -> str:
    """The address that a referee is sent, as it leaves for the contacts topic; new at every call."""
    async with app.client("cora", LEEDS) as cora:
        answer = await cora.post(f"{path}/references/{referee}")
    assert answer.status_code == 200, answer.text
    assert "token" not in answer.text
    where = {"subject": answer.json()["reference"], "topic": "peerpath.people.contacts"}
    rows = await app.database.find("outbox", where, sort=(("sequence", 1),))
    return PersonInvited.model_validate_json(rows[-1]["value"]).link.removeprefix("http://127.0.0.1")


def form_of(link: str) -> str:
    return link.replace("/v1/", "/forms/")


def as_seen(answer: httpx.Response) -> tuple[Any, ...]:
    return answer.status_code, answer.content, sorted(set(answer.headers.items()) - {("date", "")})


async def test_both_referees_answer_and_a_coordinator_decides(stack: Stack) -> None:
    """One by the API, one noted on the phone: the check is received, read by the coordinator, cleared by them."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client() as nobody:
        path = await agreeing(app)
        link = await asked(app, path)
        shown = (await nobody.get(link, headers=JSON)).json()
        assert (shown["name"], shown["criteria"], shown["language"]) == ("Robin", list(CRITERIA), "es")
        done = await nobody.post(link, json={"answer": ANSWER})
        assert (done.status_code, done.json()) == (200, {"thanks": True})
        assert [one["result"] for one in (await cora.get(path)).json()["checks"]] == ["requested"]
        noted = await cora.post(f"{path}/references/2/answer", json=ANSWER)
        assert (noted.status_code, noted.json()["answer"]["taken_by"]) == (200, "cora")
        first, second = (await cora.get(f"{path}/references")).json()["references"]
        assert (first["state"], second["state"]) == ("received", "received")
        assert first["answer"]["text"]["words"] == "Calm when it <matters>."
        assert first["answer"]["scores"]["boundaries"] is None
        assert [one["result"] for one in (await cora.get(path)).json()["checks"]] == ["received"]
        cleared = await cora.post(f"{path}/checks", json={"check": "references", "result": "cleared"})
        assert [one["result"] for one in cleared.json()["checks"]] == ["cleared"]
        rows = await app.database.find("outbox", {"subject": first["reference"]}, sort=(("sequence", 1),))
        assert [row["value"] is None for row in rows] == [False, True, False]
        assert b"Calm" not in await stored(app)


async def test_at_the_same_moment_each_counts_and_counts_once(stack: Stack) -> None:
    """Two referees at once are both heard, and one of them is the last; of five who use one link one is."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client() as nobody:
        path = await agreeing(app)
        links = [await asked(app, path, referee) for referee in (1, 2)]
        sent = ({"answer": ANSWER}, {"answer": None}, {"answer": ANSWER})
        answers = await asyncio.gather(*(nobody.post(links[0], json=body) for body in sent))
        assert sorted(answer.status_code for answer in answers) == [200, 404, 404]
        if (await cora.get(f"{path}/references")).json()["references"][0]["state"] == "declined":
            links[0] = await asked(app, path, 1)
            await nobody.post(links[0], json={"answer": ANSWER})
        await nobody.post(links[1], json={"answer": ANSWER})
        assert [one["result"] for one in (await cora.get(path)).json()["checks"]] == ["received"]
        other = await agreeing(app, person="kim")
        both = [await asked(app, other, referee) for referee in (1, 2)]
        done = await asyncio.gather(*(nobody.post(link, json={"answer": ANSWER}) for link in both))
        assert [answer.status_code for answer in done] == [200, 200]
        assert [one["result"] for one in (await cora.get(other)).json()["checks"]] == ["received"]


async def test_a_page_that_needs_no_javascript(stack: Stack) -> None:
    """A form with a label for each choice; what is missing is said and nothing lost; then a word of thanks."""
    async with recruiting(stack) as app, app.client() as nobody:
        path = await agreeing(app, name="Robin <b>")
        link = await asked(app, path)
        page = await nobody.get(f"{link}?language=en")
        assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
        assert "form-action 'self'" in page.headers["content-security-policy"]
        assert page.headers["referrer-policy"] == "no-referrer"
        assert "Robin &lt;b&gt; would like" in page.text
        assert "<script" not in page.text
        assert page.text.count("<legend>") == 3 + len(CRITERIA)
        assert 'lang="es" hreflang="es"' in page.text
        partly = {**SENT, "recommends": "", "words": "Kept <as it is>."}
        wrong = await nobody.post(form_of(link), data=partly)
        assert wrong.status_code == 422
        assert 'role="alert">Something is missing: Would you recommend them for this?' in wrong.text
        assert "Kept &lt;as it is&gt;." in wrong.text
        assert 'value="colleague" required checked' in wrong.text
        done = await nobody.post(form_of(link), data=SENT, follow_redirects=True)
        assert (done.status_code, "Thank you." in done.text) == (200, True)
        again = await nobody.post(form_of(link), data=SENT, follow_redirects=True)
        assert (again.status_code, "Thank you." in again.text) == (200, True)
        async with app.client("cora", LEEDS) as cora:
            heard, _ = (await cora.get(f"{path}/references")).json()["references"]
        assert (heard["state"], heard["answer"]["text"]["words"]) == ("received", "Kind.")


async def test_unknown_used_and_dead_links_are_answered_alike(stack: Stack) -> None:
    """Nobody learns from an answer whether a link ever was one: as a page, as JSON, and where it is posted to."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client() as nobody:
        path = await agreeing(app)
        replaced = await asked(app, path)
        used, withdrawn = await asked(app, path), await asked(app, path, 2)
        assert (await nobody.post(used, json={"answer": None})).status_code == 200
        await cora.post(f"{path}/references/2/withdrawal")
        links = ("/v1/references/" + "x" * 43, replaced, used, withdrawn)
        for headers in ({}, JSON):
            answers = [await nobody.get(one, headers=headers) for one in links]
            assert {as_seen(answer)[:2] for answer in answers} == {(404, answers[0].content)}
        for answer in [await nobody.post(one, json={"answer": ANSWER}) for one in links]:
            refused(answer, 404, "not_found")
        sent = [await nobody.post(form_of(one), data=SENT) for one in links]
        assert {(one.status_code, "set-cookie" in one.headers) for one in sent} == {(303, False)}
        wrong = [await nobody.post(form_of(one), data={}) for one in links]
        assert {one.status_code for one in wrong} == {303}


async def test_who_would_rather_not_says_so_with_one_button(stack: Stack) -> None:
    """No reason is asked for, and the coordinators see that it will not come."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client() as nobody:
        path = await agreeing(app)
        data = {"language": "en", "decline": "1"}
        await nobody.post(form_of(await asked(app, path)), data=data)
        first, second = (await cora.get(f"{path}/references")).json()["references"]
        assert (first["state"], second["state"]) == (ReferenceState.DECLINED, ReferenceState.NOT_ASKED)
        assert (await asked(app, path)).startswith("/v1/references/")


async def test_only_the_sites_coordinators_see_to_references(stack: Stack) -> None:
    """Not the applicant, not another site, not an interviewer; each refusal is the one they know."""
    async with recruiting(stack) as app:
        path = await agreeing(app)
        places = (f"{path}/references/1", f"{path}/references/1/withdrawal")
        for person, grants, status, code in (
            ("robin", [], 404, "not_found"),
            ("yuri", [("coordinator", "york")], 404, "not_found"),
            ("ivy", [("interviewer", "leeds")], 403, "role_missing"),
            ("robin", LEEDS, 403, "own_application"),
        ):
            async with app.client(person, grants) as one:
                refused(await one.get(f"{path}/references"), status, code)
                for place in places:
                    refused(await one.post(place), status, code)
                refused(await one.post(f"{path}/references/1/answer", json=ANSWER), status, code)
        async with app.client("cora", LEEDS) as cora:
            refused(await cora.post(f"{path}/references/3"), 404, "referee_unknown")
        assert await app.database.find("references", {}) == []


async def test_taking_the_consent_back_ends_the_links(stack: Stack) -> None:
    """From then on nobody answers, nobody is asked again, and nobody is rung up."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client() as nobody:
        path = await agreeing(app)
        link = await asked(app, path)
        async with app.client("robin") as robin:
            assert (await robin.delete(f"{path}/consents/contact_referees")).status_code == 200
        assert (await nobody.get(link, headers=JSON)).status_code == 404
        refused(await cora.post(f"{path}/references/1"), 409, "referees_not_to_be_contacted")
        noted = await cora.post(f"{path}/references/1/answer", json=ANSWER)
        refused(noted, 409, "referees_not_to_be_contacted")


async def test_an_application_that_is_over_asks_nobody_any_more(stack: Stack) -> None:
    """Once it was taken back, open links lead nowhere, by way of what was announced."""
    async with recruiting(stack, work=True) as app, app.client("robin") as robin, app.client() as nobody:
        path = await agreeing(app)
        link = await asked(app, path)
        assert (await nobody.get(link, headers=JSON)).status_code == 200
        await robin.post(f"{path}/withdrawal")

        async def gone() -> bool:
            return (await nobody.get(link, headers=JSON)).status_code == 404

        await app.until(gone)


async def test_an_erasure_ends_links_and_what_was_written_by_them(stack: Stack) -> None:
    """Who spoke and what they wrote is gone with the applicant's key; that somebody spoke stays, in codes."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client() as nobody:
        path = await agreeing(app)
        used, left = await asked(app, path), await asked(app, path, 2)
        noted = {"Idempotency-Key": "k1"}
        again = await cora.post(f"{path}/references/2", headers=noted)
        assert not {"name", "email"} & again.json().keys()
        assert (await nobody.post(used, json={"answer": ANSWER})).status_code == 200
        async with app.client("robin") as robin:
            assert (await robin.post("/v1/people/robin/erasure")).status_code == 200
        for link in (used, left):
            refused(await nobody.get(link, headers=JSON), 404, "not_found")
        assert (await cora.get(f"{path}/references")).json() == {"references": []}
        refused(await cora.post(f"{path}/references/1"), 404, "referee_unknown")
        rows = [Reference.rebuild(row) for row in await app.database.find("references", {})]
        assert {one.state for one in rows} == {ReferenceState.RECEIVED, ReferenceState.WITHDRAWN}
        assert app.runtime.vault is not None
        await app.runtime.vault.open(*rows)
        texts = [one.answer.text for one in rows if one.answer]
        assert [text.erased for text in texts if text] == [True]


async def test_a_reference_goes_along_to_another_site(stack: Stack) -> None:
    """The link goes on working, and the coordinators of the new site are told what comes of it."""
    async with recruiting(stack, work=True) as app, app.client("robin") as robin, app.client() as nobody:
        path = await agreeing(app)
        link = await asked(app, path)
        assert (await robin.post(f"{path}/move", json={"site": "york"})).status_code == 200

        async def there() -> bool:
            return await app.database.count("references", {"site": "york"}) == 1

        await app.until(there)
        assert (await nobody.post(link, json={"answer": ANSWER})).status_code == 200
        async with app.client("yuki", [("coordinator", "york")]) as yuki:
            heard, _ = (await yuki.get(f"{path}/references")).json()["references"]
        assert heard["answer"]["text"]["words"] == ANSWER["words"]


async def test_a_hostile_form_is_refused_and_a_foreign_page_reaches_nothing_else(stack: Stack) -> None:
    """Long words, wrong scores and floods get their refusal; a form sent elsewhere is no JSON."""
    async with recruiting(stack, references_rate="9/hour") as app, app.client() as nobody:
        link = await asked(app, await agreeing(app))
        for change in ({"score.respect": "9"}, {"score.respect": "many"}, {"words": "x" * 4001}):
            answer = await nobody.post(form_of(link), data={**SENT, **change})
            assert answer.status_code == 422, answer.text
        huge = await nobody.post(form_of(link), data={**SENT, "words": "x" * 300_000})
        refused(huge, 413, "body_too_large")
        refused(await nobody.post(link, data=SENT), 415, "not_json")
        refused(
            await nobody.post(link, json={"answer": {**ANSWER, "recommends": "x y"}}), 422, "invalid_request"
        )
        for _ in range(5):
            await nobody.get(link)
        refused(await nobody.get(link), 429, "too_many_requests")


async def test_what_a_link_was_sent_with_is_gone_from_the_topic_once_it_is_used(stack: Stack) -> None:
    """The invitation is on the contacts topic under the reference's id, and a null follows it."""
    async with recruiting(stack, work=True) as app, app.client() as nobody, app.client("cora", LEEDS) as cora:
        path = await agreeing(app)
        reference = (await cora.post(f"{path}/references/1")).json()["reference"]

        async def heard() -> list[bytes | None]:
            records = await records_of(stack.kafka_url, "peerpath.people.contacts")
            return [one.value for one in records if one.key == reference.encode()]

        (value,) = await app.until(heard)
        link = PersonInvited.model_validate_json(value or b"").link.removeprefix("http://127.0.0.1")
        await nobody.post(link, json={"answer": ANSWER})

        async def ended() -> bool:
            return await heard() == [value, None]

        await app.until(ended)


def test_what_a_form_leaves_out_is_named_in_its_language() -> None:
    """An answer that lacks something is refused with the questions that are open."""
    form = read_reference_form()
    refusal = refused_by("answer_incomplete", lambda: answer_of({"language": "es"}, form))
    _, words = form.in_language("es")
    assert words.recommends in refusal.message
