"""Parts, logs, prior learning and courses over HTTP, on real services."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import replace
from typing import Any

from services.training.service import SERVICE
from services.training.stock import Stock
from shared.domain.aggregate import Aggregate
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import MENTOR, SITE, after, granted, opened, ready
from tests.training.rich import RICH_PROGRAMMES
from tests.training.test_api import at, refused, said, store

TRAINER = [("trainer", SITE)]
MODULE = "/modules/mental_health_recovery"
DAY = "2026-03-10"


@asynccontextmanager
async def rich_service(stack: Stack, *present: Aggregate) -> AsyncIterator[Started]:
    """Training under a programme that has everything, with these aggregates; only its API runs."""
    rich = replace(SERVICE, prepare=lambda runtime: runtime.extras.update(stock=Stock(RICH_PROGRAMMES)))
    async with started(rich, stack, work=False) as app:
        for aggregate in present:
            await store(app, aggregate)
        yield app


async def test_parts(stack: Stack) -> None:
    """The person alone sees a module's parts, each with its notes before it begins, and where to go on."""
    enrolment = opened()
    async with rich_service(stack, enrolment) as app:
        async with app.client(MENTOR) as me:
            seen = (await me.get(at(enrolment, MODULE))).json()
            assert seen["resume_at"] == "what_recovery_is"
            assert seen["content_notes"]
            story = next(part for part in seen["parts"] if part["code"] == "your_story")
            assert story["content_notes"] == ["You are asked to think of a time that was hard for you"]
            path = at(enrolment, f"{MODULE}/parts/what_recovery_is/progress")
            done = (await me.post(path, json={"minutes": 25, "finished": True})).json()
            assert (done["percent"], done["minutes"], done["resume_at"]) == (25, 25, "experiences")
            refused(await me.post(path, json={"minutes": -1}), 422, "invalid_request")
            unknown = at(enrolment, f"{MODULE}/parts/singing/progress")
            refused(await me.post(unknown, json={}), 404, "part_unknown")
        for person, grants, status in [("t", TRAINER, 403), ("t", [("trainer", "hillside")], 404)]:
            async with app.client(person, grants) as client:
                assert (await client.get(at(enrolment, MODULE))).status_code == status
                assert (await client.post(path, json={"minutes": 5})).status_code == status


async def test_two_windows(stack: Stack) -> None:
    """Reports of several windows at the same moment all count."""
    enrolment = opened()
    parts = ["what_recovery_is", "experiences", "your_story", "rights_and_stigma"]
    async with rich_service(stack, enrolment) as app, AsyncExitStack() as clients:
        windows = [await clients.enter_async_context(app.client(MENTOR)) for _ in parts]
        paths = [at(enrolment, f"{MODULE}/parts/{part}/progress") for part in parts]
        answers = await asyncio.gather(
            *(
                window.post(path, json={"minutes": 10, "finished": True})
                for window, path in zip(windows, paths, strict=True)
            )
        )
        seen = (await windows[0].get(at(enrolment, MODULE))).json()

    assert {answer.status_code for answer in answers} == {200}
    assert (seen["percent"], seen["minutes"]) == (100, 40)


async def test_another_way_is_seen_by_nobody_else(stack: Stack) -> None:
    """Whoever takes a part in its other way sees it; everything anybody else can read stays byte for byte."""
    enrolment = opened()
    part = at(enrolment, f"{MODULE}/parts/your_story")
    staff = [("trainer", SITE), ("assessor", SITE), ("certifier", SITE), ("auditor", SITE)]
    reads = ["", "/plan", "/readiness", "/adaptations", "/logs", "/education", "/recognitions"]
    async with rich_service(stack, enrolment) as app, app.client("s", staff) as others:

        async def seen() -> list[str]:
            lists = ["/v1/enrolments", "/v1/submissions", "/v1/reviews", "/v1/help"]
            return [(await others.get(path)).text for path in [*lists, *(at(enrolment, r) for r in reads)]]

        before = await seen()
        async with app.client(MENTOR) as me:
            chosen = await me.post(f"{part}/alternative", json={})
            assert (chosen.status_code, chosen.json()["takes_alternative"]) == (200, True)
            own = (await me.get(at(enrolment, MODULE))).json()["parts"]
            assert [p["code"] for p in own if p["takes_alternative"]] == ["your_story"]
            back = await me.post(f"{part}/alternative", json={"chosen": False})
            assert back.json()["takes_alternative"] is False
            await me.post(f"{part}/alternative", json={})
            plain = at(enrolment, f"{MODULE}/parts/experiences/alternative")
            refused(await me.post(plain, json={}), 409, "part_without_alternative")
        assert await seen() == before
        refused(await others.post(f"{part}/alternative", json={}), 403, "role_missing")
        async with app.client("x", [("trainer", "hillside")]) as stranger:
            refused(await stranger.post(f"{part}/alternative", json={}), 404, "not_found")
        assert await said(app) == []


def day(**changes: Any) -> dict[str, Any]:
    return {
        "module": "communication",
        "kind": "shadowing",
        "beside": "mia",
        "day": DAY,
        "hours": 2,
        **changes,
    }


async def test_shadowing(stack: Stack) -> None:
    """A mentor with a valid certificate of the site confirms a day, sees that day alone, and is found by it."""
    enrolment = opened()
    mia = granted(ready(person="mia"), now=after(days=70))
    elsewhere = granted(ready(person="eve"), now=after(days=70))
    elsewhere.site, elsewhere.token = "hillside", "another-random-token"
    async with rich_service(stack, enrolment, mia, elsewhere) as app:
        async with app.client(MENTOR) as me:
            for beside in ("eve", "nobody"):
                answer = await me.post(at(enrolment, "/logs"), json=day(beside=beside))
                refused(answer, 409, "mentor_not_certified")
            made = await me.post(at(enrolment, "/logs"), json=day(note="With a group."))
            assert made.status_code == 201
            assert "With a group." not in made.text
            log = made.json()["items"][0]["log"]
            path = at(enrolment, f"/logs/{log}/confirmation")
            refused(await me.post(path), 404, "not_found")
        for person, grants, status, code in [
            ("eve", [], 404, "not_found"),
            ("t", TRAINER, 403, "log_of_another"),
            ("t", [("trainer", "hillside")], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(path), status, code)
        async with app.client("mia") as mentor:
            waiting = (await mentor.get("/v1/me/logs-to-confirm")).json()["items"]
            assert [item["log"] for one in waiting for item in one["items"]] == [log]
            refused(await mentor.get(at(enrolment)), 404, "not_found")
            confirmed = await mentor.post(path)
            assert [item["state"] for item in confirmed.json()["items"]] == ["confirmed"]
            assert (await mentor.get("/v1/me/logs-to-confirm")).json()["items"] == []
        async with app.client("t", TRAINER) as trainer:
            modules = (await trainer.get(at(enrolment))).json()["modules"]
            assert next(m for m in modules if m["code"] == "communication")["shadowing_hours"] == 2


async def test_supervised_practice(stack: Stack) -> None:
    """Practice is confirmed by the member of staff it names, who finds it while they work for the site."""
    enrolment = opened()
    body = day(module="crisis_response", kind="supervised_practice", beside="sam")
    async with rich_service(stack, enrolment) as app:
        async with app.client(MENTOR) as me:
            log = (await me.post(at(enrolment, "/logs"), json=body)).json()["items"][0]["log"]
        path = at(enrolment, f"/logs/{log}")
        for person, grants, status, code in [
            ("sam", [], 404, "not_found"),
            ("sam", [("supervisor", "hillside")], 404, "not_found"),
            ("sue", [("supervisor", SITE)], 403, "log_of_another"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(f"{path}/confirmation"), status, code)
                assert (await client.get("/v1/me/logs-to-confirm")).json()["items"] == []
        async with app.client("sam", [("supervisor", SITE)]) as supervisor:
            waiting = (await supervisor.get("/v1/me/logs-to-confirm")).json()["items"]
            assert [item["log"] for one in waiting for item in one["items"]] == [log]
            back = await supervisor.post(f"{path}/return", json={"reason": "It was Tuesday."})
            assert back.json()["items"][0]["state"] == "returned"
        async with app.client(MENTOR) as me:
            assert (await me.get(at(enrolment, "/logs"))).json()["items"][0]["return_reason"]


async def test_prior_learning(stack: Stack) -> None:
    """The person asks, trainers of the site find it, and return or recognise it; nobody elsewhere learns of it."""
    enrolment = opened()
    path = at(enrolment, "/recognitions")
    body = {"module": "communication", "evidence": "Two years of it.", "documents": ["document-17"]}
    async with (
        rich_service(stack, enrolment) as app,
        app.client(MENTOR) as me,
        app.client("t", TRAINER) as trainer,
        app.client("x", [("trainer", "hillside")]) as stranger,
    ):
        made = await me.post(path, json=body)
        assert (made.status_code, "Two years" in made.text) == (201, False)
        one = f"{path}/{made.json()['items'][0]['recognition']}"
        no = {"reason": "It was about groups.", "would_help": "A letter."}
        for what, given in [("return", no), ("recognition", {"hours": 8})]:
            refused(await stranger.post(f"{one}/{what}", json=given), 404, "not_found")
            refused(await me.post(f"{one}/{what}", json=given), 404, "not_found")
        refused(await stranger.get(path), 404, "not_found")
        assert (await stranger.get("/v1/submissions")).json()["items"] == []
        refused(await trainer.get("/v1/submissions?site=hillside"), 404, "not_found")
        waiting = (await trainer.get(f"/v1/submissions?site={SITE}")).json()["items"]
        assert [item["enrolment"] for item in waiting] == [enrolment.id]
        assert "Two years" in (await trainer.get(path)).text
        refused(await trainer.post(f"{one}/withdrawal"), 403, "role_missing")

        returned = await trainer.post(f"{one}/return", json=no)
        assert returned.json()["items"][0]["state"] == "returned"
        assert (await me.get(path)).json()["items"][0]["would_help"] == "A letter."
        second = (await me.post(path, json=body)).json()["items"][1]["recognition"]
        done = await trainer.post(f"{path}/{second}/recognition", json={"hours": 8})
        assert done.json()["items"][1]["hours"] == 8
        assert (await trainer.get("/v1/submissions")).json()["items"] == []
        third = (await me.post(path, json={**body, "module": "self_care"})).json()["items"][2]
        back = await me.post(f"{path}/{third['recognition']}/withdrawal")
        assert back.json()["items"][2]["state"] == "taken_back"
        assert await said(app) == ["recognition.returned.v1", "recognition.granted.v1", "module.completed.v1"]


async def test_courses(stack: Stack) -> None:
    """The person reports a course, a trainer of the site approves or returns it, and certifiers can look it up."""
    enrolment = opened()
    path = at(enrolment, "/education")
    body = {"title": "Small towns", "provider": "academy", "day": DAY, "hours": 3, "bucket": "ethics"}
    async with (
        rich_service(stack, enrolment) as app,
        app.client(MENTOR) as me,
        app.client("t", TRAINER) as trainer,
    ):
        made = await me.post(path, json=body)
        assert (made.status_code, "Small towns" in made.text) == (201, False)
        entry = made.json()["items"][0]["education"]
        for person, grants, status, code in [
            (MENTOR, [], 404, "not_found"),
            (MENTOR, TRAINER, 403, "education_own_approval"),
            ("c", [("certifier", SITE)], 403, "role_missing"),
            ("x", [("trainer", "hillside")], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.post(f"{path}/{entry}/approval"), status, code)
        waiting = (await trainer.get("/v1/submissions")).json()["items"]
        assert waiting[0]["education"] == [entry]
        await trainer.post(f"{path}/{entry}/return", json={"reason": "Which day?"})
        assert (await me.get(path)).json()["items"][0]["return_reason"] == "Which day?"
        second = (await me.post(path, json={**body, "corrects": entry})).json()["items"][1]["education"]
        approved = await trainer.post(f"{path}/{second}/approval")
        assert [item["state"] for item in approved.json()["items"]] == ["corrected", "approved"]
        for person, grants, status in [
            ("c", [("certifier", SITE)], 200),
            ("a", [("assessor", SITE)], 403),
            ("x", [("certifier", "hillside")], 404),
        ]:
            async with app.client(person, grants) as client:
                assert (await client.get(path)).status_code == status
        assert await said(app) == ["education.returned.v1", "education.approved.v1"]
