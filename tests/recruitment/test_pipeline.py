"""The pipeline over the real database: who waits for what, for how long, and who may see it."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import cycle, islice, product
from typing import Any

import pytest
from pymongo import UpdateOne

from services.recruitment import pipeline
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.lacking import Lack
from services.recruitment.domain.stage import Stage
from services.recruitment.pipeline import Filters, Sort
from services.recruitment.service import SERVICE, TARGETS
from shared.clock import utc_now
from shared.service import apply_migrations
from tests.recruitment.crowd import crowd
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import CARD, IVY, LEEDS, applied, appointment, interviewed, refused
from tests.support.running import Started
from tests.support.stack import Stack

PAGE = 50
WAITED = utc_now() - timedelta(days=20)


def every_filter() -> Iterator[Filters]:
    """Each combination that is offered."""
    stages = (pipeline.OPEN, (Stage.SCORED,), tuple(Stage))
    for programme, lack, some in product((None, "core"), (None, Lack.SCORECARDS), stages):
        given: dict[str, Any] = {"site": "leeds", "programme": programme, "lack": lack, "stages": some}
        for since in (None, WAITED):
            yield Filters(**given, waiting_since=since)
        if programme:
            yield Filters(**given, overdue=True)
        for after, before in ((None, None), (WAITED - timedelta(days=20), WAITED)):
            yield Filters(**given, sort=Sort.APPLIED, applied_after=after, applied_before=before)


async def explained(app: Started, command: dict[str, Any]) -> dict[str, Any]:
    return await app.database.command({"explain": command, "verbosity": "executionStats"})


@pytest.mark.timeout(240)
async def test_lists_and_counts_of_a_hundred_thousand_look_at_no_more_than_they_answer(stack: Stack) -> None:
    """Whatever is filtered by, and on later pages: one key per row and branch; counts touch no document."""
    async with recruiting(stack) as app:
        now = utc_now()
        await crowd(app.database, "leeds", 100_000, now=now)
        for filters in every_filter():
            assert await looked_at_little(app, filters, now), filters
        for programme in (None, "core"):
            counting = pipeline.counting("leeds", programme, now)
            told = await explained(app, {"aggregate": "candidates", "pipeline": counting, "cursor": {}})
            stats = str(told)
            assert "'totalDocsExamined': 0" in stats
            assert "COLLSCAN" not in stats
        counted = await pipeline.counts(app.database, site="leeds", programme=None, targets=TARGETS, now=now)
        assert {one.stage: one.count for one in counted} == dict(Counter(islice(cycle(Stage), 100_000)))


async def looked_at_little(app: Started, filters: Filters, now: datetime) -> bool:
    """Is the second page, too, read from the index in order, one key for each row and branch?"""
    _, cursor = await pipeline.listed(app.database, filters, targets=TARGETS, now=now, limit=PAGE)
    assert cursor is not None
    for after in (None, cursor):
        where = pipeline.query(filters, targets=TARGETS, now=now, cursor=after)
        sort = dict(pipeline.order_of(filters).sort)
        find = {"find": Candidate.collection, "filter": where, "sort": sort, "limit": PAGE + 1}
        told = await explained(app, find)
        stats, plan = told["executionStats"], str(told["queryPlanner"]["winningPlan"])
        allowed = stats["nReturned"] + 2 * len(where["$or"])
        if "COLLSCAN" in plan or "'SORT'" in plan or stats["totalKeysExamined"] > allowed:
            return False
    return True


async def test_looking_somebody_up_reads_the_keys_that_begin_so(stack: Stack) -> None:
    """By the beginning of any word of the name or of the address, at this site alone, from an index."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app, name="Zoë  Adeyemi Núñez", email="Zoe@example.org")
        await applied(app, name="Zoe Elsewhere", site="york")
        await applied(app, name="Somebody Else")
        for beginning in ("zoe a", "ADEY", "nunez", "zoe@ex"):
            found = (await cora.get("/v1/pipeline", params={"site": "leeds", "q": beginning})).json()
            assert [one["candidate"] for one in found["items"]] == [made["candidate"]], beginning
            assert (found["items"][0]["name"], found["next"]) == ("Zoë  Adeyemi Núñez", None)
        where = pipeline.people_query("leeds/zo", "leeds/zo\U0010ffff")
        told = await explained(app, {"find": "people", "filter": where, "limit": 50})
        assert told["executionStats"]["totalKeysExamined"] <= 4
        short = await cora.get("/v1/pipeline", params={"site": "leeds", "q": " z "})
        refused(short, 422, "search_too_short")
        crowded = await cora.get("/v1/pipeline", params={"site": "leeds", "q": "zoe", "stage": "scored"})
        refused(crowded, 422, "search_stands_alone")


async def test_somebody_known_elsewhere_is_found_where_they_apply(stack: Stack) -> None:
    """A person of York who applies at Leeds is looked up there as well, under the name they have now."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        await applied(app, "robin", site="york", email="robin@example.org")
        await applied(app, "robin", programme="other", email="robin@example.org", name="Robin Newname")
        found = (await cora.get("/v1/pipeline", params={"site": "leeds", "q": "newn"})).json()["items"]
        assert [one["person"] for one in found] == ["robin"]


async def test_who_waits_longest_comes_first_with_what_is_next(stack: Stack) -> None:
    """Each row says how long, whether that is too long, and what is missing; filters narrow it."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        first, second, third = [(await applied(app, name=f"P {at}"))["candidate"] for at in range(3)]
        await cora.post(f"/v1/candidates/{first}/interview", json=appointment())
        long_ago = utc_now() - timedelta(days=15, hours=1)
        aged = UpdateOne({"_id": second}, {"$set": {"stage_since": long_ago}})
        await app.database.bulk_write("candidates", [aged])

        async def listed(**query: Any) -> list[dict[str, Any]]:
            answer = await cora.get("/v1/pipeline", params={"site": "leeds", **query})
            assert answer.status_code == 200, answer.text
            rows: list[dict[str, Any]] = answer.json()["items"]
            return rows

        rows = await listed()
        assert [row["candidate"] for row in rows] == [second, third, first]
        assert (rows[0]["days_in_stage"], rows[0]["target_days"], rows[0]["overdue"]) == (15, 14, True)
        assert (rows[0]["name"], rows[1]["overdue"]) == ("P 1", False)
        assert rows[0]["next"] == "The check references was not begun; request it and note its result."

        async def ids(**query: Any) -> list[str]:
            return [row["candidate"] for row in await listed(**query)]

        assert await ids(programme="core", overdue=True) == [second]
        assert await ids(waiting_since=(utc_now() - timedelta(days=1)).isoformat()) == [second]
        assert await ids(missing="interview", stage=["applied", "scored"]) == [second, third]
        assert await ids(missing="scorecards") == [first]
        assert await ids(sort="applied") == [first, second, third]
        assert await ids(sort="applied", applied_before="2020-01-01T00:00:00Z") == []
        assert await ids(stage="withdrawn") == []
        page = (await cora.get("/v1/pipeline?site=leeds&limit=2")).json()
        assert await ids(limit=2, cursor=page["next"]) == [first]


async def test_counts_by_stage(stack: Stack) -> None:
    """How many are in each stage, how long at the median and at most, and how many over the target."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = [(await applied(app))["candidate"] for _ in range(3)]
        for days, candidate in zip((2, 5, 30), made, strict=True):
            since = {"stage_since": utc_now() - timedelta(days=days, hours=1)}
            await app.database.bulk_write("candidates", [UpdateOne({"_id": candidate}, {"$set": since})])
        answer = (await cora.get("/v1/pipeline/counts?site=leeds&programme=core")).json()
        by_stage = {one.pop("stage"): one for one in answer["stages"]}
        assert by_stage["applied"] == {
            "count": 3,
            "median_days": 5,
            "oldest_days": 30,
            "over_target": 1,
        }
        assert by_stage["scored"]["count"] == 0
        whole = (await cora.get("/v1/pipeline/counts?site=leeds")).json()["stages"]
        assert [one["over_target"] for one in whole] == [None] * len(Stage)


async def test_filters_that_no_index_answers_are_refused(stack: Stack) -> None:
    """The refusal says which filter goes with which order, and that targets are a programme's."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        moment = "2026-01-01T00:00:00Z"
        for query in ({"waiting_since": moment, "sort": "applied"}, {"applied_after": moment}):
            answer = await cora.get("/v1/pipeline", params={"site": "leeds", **query})
            refused(answer, 422, "filter_needs_sort")
        answer = await cora.get("/v1/pipeline?site=leeds&overdue=true")
        refused(answer, 422, "overdue_needs_programme")


async def test_the_pipeline_of_another_site_is_not_there(stack: Stack) -> None:
    """Who works elsewhere learns nothing; who works there in another role may not; auditors see no name."""
    async with recruiting(stack) as app:
        await applied(app, name="Robin")
        async with app.client("yuri", [("coordinator", "york")]) as yuri, app.client("ivy", IVY) as ivy:
            for path in ("/v1/pipeline", "/v1/pipeline/counts"):
                refused(await yuri.get(f"{path}?site=leeds"), 404, "not_found")
                refused(await ivy.get(f"{path}?site=leeds"), 403, "role_missing")
        async with app.client("ada", [("auditor", "leeds")]) as ada:
            assert [one["name"] for one in (await ada.get("/v1/pipeline?site=leeds")).json()["items"]] == [
                None
            ]
            refused(await ada.get("/v1/pipeline?site=leeds&q=robin"), 403, "role_missing")


async def test_the_stage_is_entered_when_it_changes(stack: Stack) -> None:
    """The last card makes it scored from then on; another interview of somebody in the stage changes nothing."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())

        async def since() -> tuple[str, Any]:
            [row] = await app.database.find("candidates", {})
            return row["stage"], row["stage_since"]

        stage, begun = await since()
        await cora.post(f"{path}/interview", json=appointment())
        assert await since() == (stage, begun)
        async with app.client("ivy", IVY) as ivy, app.client("ian", IVY) as ian:
            for one in (ivy, ian):
                assert (await one.post(f"{path}/scorecards", json=CARD)).status_code == 201
        assert (await since())[0] == "scored"
        assert (await since())[1] > begun


async def test_what_was_stored_before_is_in_the_pipeline_after_the_migration(stack: Stack) -> None:
    """Stored applications get the time they came into their stage, as noted, and people their keys; run twice."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        plain, scored = [(await applied(app, name="Old Timer"))["candidate"] for _ in range(2)]
        await interviewed(app, f"/v1/candidates/{scored}")
        before = await app.database.find("candidates", {}, sort=(("_id", 1),))
        gone = {"stage_since": "", "found_under": "", "entered": ""}
        as_before = {"$unset": gone, "$set": {"application.text": {"statement": "Not sealed yet."}}}
        await app.database.bulk_write(
            "candidates", [UpdateOne({"_id": one}, as_before) for one in (plain, scored)]
        )
        for person in await app.database.find("people", {}):
            lost = {"$unset": {"search": "", "applied_at": ""}}
            await app.database.bulk_write("people", [UpdateOne({"_id": person["_id"]}, lost)])
        for _ in range(2):
            await app.database.delete("migrations", {"_id": {"$gte": 100}})
            await apply_migrations(SERVICE, app.runtime.settings)
        after = await app.database.find("candidates", {}, sort=(("_id", 1),))
        assert [one["found_under"] for one in after] == [one["found_under"] for one in before]
        assert [one["stage_since"] for one in after] == [one["stage_since"] for one in before]
        found = (await cora.get("/v1/pipeline?site=leeds&q=timer")).json()["items"]
        assert len(found) == 2
