"""Help, adaptations and reviews over HTTP, on real services."""

from typing import Any

from services.training.api.views.assessment import SheetView
from services.training.api.views.attempt import QuestionView, ResultView
from services.training.api.views.enrolment import EnrolmentView
from services.training.domain.supervisors import Supervisors
from tests.support.stack import Stack
from tests.training.builders import CORE, MENTOR, SITE, assess, assigned, complete, opened, scores
from tests.training.rich import RICH, learnt, programme, right_choice
from tests.training.test_api import at, refused, said, service
from tests.training.test_learning_api import rich_service

TRAINER = [("trainer", SITE)]


async def test_help(stack: Stack) -> None:
    """Somebody asks, the trainers of the site find it longest first, and one answers; nobody else sees a trace."""
    enrolment = opened()
    path = at(enrolment, "/help")
    body = {"topic": "how_i_am", "question": "I can't sleep before sessions."}
    async with (
        service(stack, enrolment) as app,
        app.client(MENTOR) as me,
        app.client("t", TRAINER) as trainer,
    ):
        asked = [await me.post(path, json=given) for given in (body, {"topic": "pace"})]
        assert {answer.status_code for answer in asked} == {201}
        assert "sleep" not in asked[0].text
        first, second = (answer.json()["help"] for answer in asked)
        assert [one["help"] for one in (await trainer.get("/v1/help")).json()["items"]] == [first, second]
        page = (await trainer.get(f"/v1/help?site={SITE}&limit=1")).json()
        rest = (await trainer.get(f"/v1/help?site={SITE}&limit=1&cursor={page['next']}")).json()
        assert [one["help"] for one in [*page["items"], *rest["items"]]] == [first, second]
        assert (await trainer.get(f"/v1/help/{first}")).json()["question"] == body["question"]
        for person, grants, status, code in [
            ("c", [("certifier", SITE), ("supervisor", SITE)], 403, "role_missing"),
            ("x", [("trainer", "hillside")], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.get(f"/v1/help/{first}"), status, code)
                refused(await client.post(f"/v1/help/{first}/answer", json={"answer": "a"}), status, code)
                refused(await client.post(f"/v1/help/{first}/withdrawal"), status, code)
                refused(await client.post(path, json=body), status, code)
                assert "asked for help" not in (await client.get(at(enrolment, "/plan"))).text
        async with app.client("x", [("trainer", "hillside")]) as stranger:
            assert (await stranger.get("/v1/help")).json()["items"] == []
        assert "asked for help" in (await me.get(at(enrolment, "/plan"))).text
        assert "asked for help" not in (await trainer.get(at(enrolment, "/plan"))).text

        answered = await trainer.post(f"/v1/help/{first}/answer", json={"answer": "On Thursday."})
        assert (answered.json()["state"], "Thursday" in answered.text) == ("answered", False)
        assert (await me.get(f"/v1/help/{first}")).json()["answer"] == "On Thursday."
        assert (await me.post(f"/v1/help/{second}/withdrawal")).json()["state"] == "taken_back"
        assert (await trainer.get("/v1/help")).json()["items"] == []
        assert [one["state"] for one in (await me.get("/v1/me/help")).json()["items"]] == [
            "answered",
            "taken_back",
        ]
        assert sorted(await said(app)) == ["help.answered.v1", "help.asked.v1", "help.asked.v1"]


async def test_adaptations(stack: Stack) -> None:
    """Those who run things see what helps; a trainer decides on time, which the written assessment honours."""
    enrolment = opened()
    complete(enrolment)
    path = at(enrolment, "/adaptations")
    needs = {"needs": ["extra_time", "reading_aloud"], "language": "es"}
    async with service(stack, enrolment) as app:
        async with app.client("t", TRAINER) as trainer, app.client(MENTOR) as me:
            assert (await trainer.get(path)).json()["needs"] == []
            refused(
                await trainer.post(f"{path}/extra-time", json={"factor": 1.5}), 409, "extra_time_not_asked"
            )
            assert (await me.put(path, json=needs)).json()["needs"] == needs["needs"]
            refused(await trainer.put(path, json=needs), 403, "role_missing")
            refused(await me.post(f"{path}/extra-time", json={"factor": 3}), 404, "not_found")
            refused(await trainer.post(f"{path}/extra-time", json={"factor": 9}), 422, "invalid_request")
            given = await trainer.post(f"{path}/extra-time", json={"factor": 2})
            assert given.json()["extra_time"]["decided_by"] == "t"
            for person, grants, status in [
                (MENTOR, [], 200),
                ("a", [("assessor", SITE)], 200),
                ("c", [("certifier", SITE), ("supervisor", SITE), ("coordinator", SITE)], 403),
                ("x", [("trainer", "hillside")], 404),
            ]:
                async with app.client(person, grants) as client:
                    assert (await client.get(path)).status_code == status, person
            attempt = await me.post(at(enrolment, "/assessments/written/attempts"))
            assert attempt.status_code == 201
            own = (await me.get(at(enrolment))).json()["assessments"][0]["attempts"][0]
            theirs = (await trainer.get(at(enrolment))).json()["assessments"][0]["attempts"][0]
            row = await app.database.get("enrolments", enrolment.id)
        assert row
        stored = row["learning"]["assessments"][0]["attempts"][0]
        limit = CORE.written("written").time_limit_minutes.value
        assert (stored["ends"] - stored["started"]).total_seconds() == 2 * limit * 60
        assert own["ends"]
        assert (theirs["ends"], theirs["started"][11:]) == (None, "00:00:00Z")


async def hand_in(client: Any, enrolment: Any) -> Any:
    path = at(enrolment, "/assessments/written/attempts")
    questions = (await client.post(path)).json()["questions"]
    bank = RICH.written("written")
    assert {q["kind"] for q in questions} == {"single", "multiple", "open"}
    answers = {q["id"]: right_choice(bank.question(q["id"])) for q in questions if q["kind"] != "open"}
    texts = {"com_open": "I'd listen first."}
    return await client.post(f"{path}/1/answers", json={"answers": answers, "texts": texts})


async def test_reviews(stack: Stack) -> None:
    """Options are marked at once, an assessor of the site reads the rest, and no right answer is ever shown."""
    enrolment = learnt()
    supervisors = Supervisors(id=MENTOR, site=SITE)
    supervisors.assign(assigned("sam"))
    path = at(enrolment, "/assessments/written/attempts/1/review")
    body = {"points": {"com_open": {"listens": 1, "reason": 1}}, "reason": "You listen first."}
    async with (
        rich_service(stack, enrolment, supervisors) as app,
        app.client(MENTOR) as me,
        app.client("ada", [("assessor", SITE)]) as assessor,
    ):
        handed_in = (await hand_in(me, enrolment)).json()
        assert (handed_in["state"], handed_in["passed"], handed_in["right"]) == ("awaiting_review", None, 7)
        assert "I'd listen" not in str(handed_in)
        waiting = (await assessor.get(f"/v1/reviews?site={SITE}")).json()["items"]
        assert [one["attempts"][0]["attempt"] for one in waiting] == [1]
        assert (await assessor.get(path)).json()["answers"][0]["answer"] == "I'd listen first."
        for person, grants, status, code in [
            (MENTOR, [("assessor", SITE)], 403, "assessor_is_the_person"),
            ("sam", [("assessor", SITE)], 403, "assessor_is_the_supervisor"),
            ("t", TRAINER, 403, "role_missing"),
            ("x", [("assessor", "hillside")], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                refused(await client.get(path), status, code)
                refused(await client.post(path, json=body), status, code)
                if grants != TRAINER:
                    expected = 1 if person == "sam" else 0
                    assert len((await client.get("/v1/reviews")).json()["items"]) == expected
        refused(await assessor.post(path, json={**body, "points": {}}), 422, "review_incomplete")
        result = await assessor.post(path, json=body)
        marks = result.json()
        assert (marks["passed"], marks["points"], marks["out_of_points"]) == (True, 9, 10)
        assert marks["look_at_again"] == ["communication"]
        assert "You listen first." not in result.text
        mine = await me.get(path.removesuffix("/review"))
        assert (mine.json()["points"], mine.json()["look_at_again"]) == (9, ["communication"])
        refused(await me.get(path.replace("/1/review", "/2")), 404, "attempt_unknown")
        refused(await assessor.get(path.removesuffix("/review")), 403, "role_missing")
        own = (await me.get(at(enrolment))).json()["assessments"][0]["attempts"][0]
        assert own["review_reason"] == "You listen first."
        async with app.client("t", TRAINER) as trainer:
            theirs = (await trainer.get(at(enrolment))).json()["assessments"][0]["attempts"][0]
            assert theirs["review_reason"] is None
        refused(await assessor.post(path, json=body), 409, "attempt_not_awaiting_review")
        assert (await assessor.get("/v1/reviews")).json()["items"] == []
        assert await said(app) == ["review.wanted.v1", "assessment.passed.v1"]


def test_no_answer_given_away() -> None:
    """Neither the questions nor a result say which option is right."""
    assert not {"right_options", "all_right", "rubric"} & QuestionView.model_fields.keys()
    assert "right" not in QuestionView.model_fields
    assert ResultView.model_fields["right"].annotation == (int | None)


def test_sheets() -> None:
    """With two assessors neither reads the other's sheet until both are in, nor the other's notes after that."""
    rules = programme(assessors=2)
    enrolment = learnt(rules)

    def read_by(reader: str) -> tuple[SheetView, ...]:
        practical = EnrolmentView.of(enrolment, rules, reader=reader).assessments[1]
        return practical.attempts[0].sheets

    assess(enrolment, scores(), by="ada", notes="calm", programme=rules)
    assert [read_by(reader) for reader in ("ada", "bea", MENTOR)] == [(), (), ()]

    assess(enrolment, scores(5), by="bea", notes="clear", programme=rules)

    for reader, notes in [("ada", ["calm", None]), (MENTOR, ["calm", "clear"]), ("t", [None, None])]:
        assert [sheet.notes for sheet in read_by(reader)] == notes


async def test_queues_have_their_index(stack: Stack) -> None:
    """What waits is read from an index in its order, however much else there is."""
    waits = {"$type": "date"}
    queues: list[tuple[str, dict[str, Any], dict[str, int]]] = [
        ("enrolments", {"site": SITE, "review_awaited_since": waits}, {"review_awaited_since": 1, "_id": 1}),
        (
            "enrolments",
            {"site": SITE, "trainer_awaited_since": waits},
            {"trainer_awaited_since": 1, "_id": 1},
        ),
        ("enrolments", {"mentors_awaited": "mia"}, {"_id": 1}),
        ("help_requests", {"site": SITE, "state": "open"}, {"asked": 1, "_id": 1}),
        ("help_requests", {"person": MENTOR}, {"asked": 1, "_id": 1}),
    ]
    async with service(stack, opened()) as app:
        for collection, where, sort in queues:
            find = {"find": collection, "filter": where, "sort": sort, "limit": 51}
            explained = await app.database.command({"explain": find, "verbosity": "queryPlanner"})
            plan = str(explained["queryPlanner"]["winningPlan"])
            assert "IXSCAN" in plan, where
            assert "'stage': 'SORT'" not in plan, where
