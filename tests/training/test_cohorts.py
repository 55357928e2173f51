"""Cohorts over HTTP, on real services: who may do what, and what is answered."""

import asyncio
from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from typing import Any

import httpx
from icalendar import Calendar

from services.training import queries
from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import Enrolment
from services.training.domain.joining import join
from services.training.domain.module import Delivery
from services.training.domain.programme import Programmes
from services.training.stock import Stock
from shared.clock import utc_now
from shared.contracts.training import CancellationReason
from shared.domain.people import Actor, Grant, Role
from tests.support.running import Started
from tests.support.stack import Stack
from tests.training.builders import CORE, SITE, TRAINER, complete, granted, opened, ready
from tests.training.cohorts import cohort, people, session
from tests.training.test_api import refused, service

BY_TRADE = [("trainer", SITE)]
COORDINATOR = [("coordinator", SITE)]
LINK = "https://meet.example.org/room"


def soon(*, days: int = 7) -> datetime:
    """A time ahead (or, with negative days, gone by) in whole minutes."""
    return (utc_now() + timedelta(days=days)).replace(second=0, microsecond=0)


def made(*days: int, capacity: int = 2, **more: Any) -> Cohort:
    """A cohort with a session on each of these days from now, scheduled long before."""
    plans = [session(starts=soon(days=day), link=LINK) for day in days or (7, 8)]
    it = cohort(*plans, capacity=capacity, now=soon(days=-60), **more)
    it.take_raised()
    return it


def with_people(it: Cohort, *names: str) -> list[Enrolment]:
    """The enrolments of these people, who joined in this order long before."""
    enrolments = [opened(person=name) for name in names]
    for enrolment in enrolments:
        join(enrolment, it, programme=CORE, now=soon(days=-50))
    for one in (it, *enrolments):
        one.take_raised()
    return enrolments


def plan(**more: Any) -> dict[str, Any]:
    """A session as a client sends it."""
    return session(starts=soon(), **more).model_dump(mode="json")


def body(**more: Any) -> dict[str, Any]:
    """A cohort as a client sends it."""
    facts: dict[str, Any] = {
        "site": SITE,
        "programme": "core",
        "modules": ["communication"],
        "language": "en",
        "time_zone": "America/New_York",
        "capacity": 2,
        "accessibility": "Step-free.",
        "sessions": [plan()],
    }
    return facts | more


def at(it: Cohort, path: str = "") -> str:
    return f"/v1/cohorts/{it.id}{path}"


async def stored(app: Started, it: Cohort) -> Cohort:
    row = await app.database.get("cohorts", it.id)
    assert row
    return Cohort.rebuild(row)


async def announced(app: Started) -> list[tuple[str, str, str]]:
    """Type, subject and key of everything that waits to be sent, in the order in which it is sent."""
    rows = await app.database.find("outbox", {}, sort=(("_id", 1),))
    return [
        (
            row["headers"]["ce_type"].decode().removeprefix("peerpath.training."),
            row["subject"],
            row["key"].decode(),
        )
        for row in rows
    ]


async def test_a_cohort_is_scheduled_changed_and_cancelled(stack: Stack) -> None:
    """A coordinator schedules, moves, enlarges and cancels, and each change raises the calendar's sequence."""
    async with service(stack) as app, app.client("cleo", COORDINATOR) as cleo:
        answer = await cleo.post("/v1/cohorts", json=body())
        assert answer.status_code == 201, answer.text
        made = answer.json()
        assert (made["status"], made["places_left"], made["programme_version"]) == ("scheduled", 2, 1)
        path, tag = f"/v1/cohorts/{made['cohort']}", answer.headers["etag"]
        moved = plan(title="Listening") | {"starts": soon(days=9).isoformat()}
        later = await cleo.put(f"{path}/sessions/s1", json=moved, headers={"If-Match": tag})
        stale = await cleo.put(f"{path}/capacity", json={"capacity": 3}, headers={"If-Match": tag})
        more = (await cleo.put(f"{path}/capacity", json={"capacity": 3})).json()
        reason = {"reason": "weather", "message": "A storm is coming."}
        gone = (await cleo.post(f"{path}/cancellation", json=reason)).json()
        read = (await cleo.get(path)).json()
        told = await announced(app)

    assert later.json()["sessions"][0]["title"] == "Listening"
    assert stale.status_code == 412
    assert (more["calendar_sequence"], gone["calendar_sequence"]) == (2, 3)
    assert (gone["status"], gone["cancelled"]["message"]) == ("cancelled", None)
    assert read["cancelled"]["message"] == "A storm is coming."
    assert [type for type, _, _ in told] == [
        "cohort.scheduled.v1",
        "cohort.sessions_assigned.v1",
        "cohort.changed.v1",
        "cohort.sessions_assigned.v1",
        "cohort.changed.v1",
        "cohort.changed.v1",
        "cohort.sessions_released.v1",
    ]
    assert {(subject, key) for type, subject, key in told if type == "cohort.changed.v1"} == {
        (made["cohort"], made["cohort"])
    }
    assert (f"{made['cohort']}/people/{TRAINER}", TRAINER) in {told[1][1:], told[-1][1:]}


async def test_what_cannot_be_scheduled(stack: Stack) -> None:
    """What doesn't fit is refused, with what to do about it, and nothing is saved."""
    script = plan(delivery="live_online") | {"link": "javascript:alert(1)"}
    wrong: list[tuple[dict[str, Any], str]] = [
        ({"time_zone": "Mars/Olympus"}, "time_zone_unknown"),
        ({"modules": ["yoga"]}, "module_unknown"),
        ({"programme": "yoga"}, "programme_unknown"),
        ({"capacity": 0}, "invalid_request"),
        ({"sessions": []}, "invalid_request"),
        ({"sessions": [script]}, "invalid_request"),
        ({"sessions": [plan(), plan()]}, "sessions_overlap"),
    ]
    async with service(stack) as app, app.client("tom", BY_TRADE) as tom:
        for more, code in wrong:
            answer = await tom.post("/v1/cohorts", json=body(**more))
            assert answer.json()["code"] == code, answer.text
        assert await app.database.count("cohorts", {}) == 0


async def test_a_mentor_who_is_shadowed_is_certified(stack: Stack) -> None:
    """A certificate of the site is looked for where a mentor is named."""
    mentor = ready(person="mentor-mo")
    certificate = granted(mentor, now=soon(days=-30))
    (taught,) = (module for module in CORE.modules if module.code == "communication")
    shadowed = taught.model_copy(update={"delivery": (*taught.delivery, Delivery.SHADOWING)})
    rules = CORE.model_copy(update={"modules": (shadowed,)})

    def shadowing(who: str, **more: Any) -> dict[str, Any]:
        return body(sessions=[plan(mentor=who, delivery=Delivery.SHADOWING)], **more)

    async with service(stack, mentor, certificate) as app:
        app.runtime.extras["stock"] = Stock(Programmes([rules]))
        grants = [*BY_TRADE, ("trainer", "hillside")]
        async with app.client("tom", grants) as tom:
            made = await tom.post("/v1/cohorts", json=shadowing("mentor-mo"))
            nobody = await tom.post("/v1/cohorts", json=shadowing("mentor-max"))
            elsewhere = await tom.post("/v1/cohorts", json=shadowing("mentor-mo", site="hillside"))

    assert made.status_code == 201, made.text
    assert made.json()["sessions"][0]["mentor"] == "mentor-mo"
    for answer in (nobody, elsewhere):
        refused(answer, 422, "mentor_not_certified")


async def test_joining_and_leaving(stack: Stack) -> None:
    """People join and leave by themselves, a coordinator does so for somebody, and the list moves by itself."""
    it = made(capacity=1)
    ana, ben = opened(person="ana"), opened(person="ben")
    async with service(stack, it, ana, ben) as app:
        async with app.client("ana") as me:
            before = (await me.get(at(it))).json()
            mine = (await me.post(at(it, "/join"))).json()
            refused(await me.post(at(it, "/join")), 409, "already_joined")
        async with app.client("cleo", COORDINATOR) as cleo:
            bens = (await cleo.post(at(it, "/join"), json={"person": "ben"})).json()
            refused(await cleo.post(at(it, "/join"), json={"person": "eva"}), 404, "not_enrolled")
            refused(await cleo.post(at(it, "/leave"), json={"person": "eva"}), 404, "not_enrolled")
            roster = (await cleo.get(at(it, "/people"))).json()
        async with app.client("ana") as me:
            left = (await me.post(at(it, "/leave"))).json()
            refused(await me.post(at(it, "/leave")), 404, "not_in_cohort")
        told = await announced(app)
        now = await stored(app, it)

    assert (before["your_place"], before["sessions"][0]["link"]) == (False, None)
    assert (mine["your_place"], mine["your_turn"], mine["sessions"][0]["link"]) == (True, None, LINK)
    assert (bens["your_place"], bens["your_turn"]) == (False, 1)
    assert [one["person"] for one in roster["waiting"]] == ["ben"]
    assert left["your_place"] is False
    assert (people(now.seats), people(now.waiting)) == (["ben"], [])
    assert told == [
        ("cohort.joined.v1", f"{it.id}/people/ana", "ana"),
        ("cohort.waiting.v1", f"{it.id}/people/ben", "ben"),
        ("cohort.left.v1", f"{it.id}/people/ana", "ana"),
        ("cohort.place_given.v1", f"{it.id}/people/ben", "ben"),
    ]


async def test_the_last_place(stack: Stack) -> None:
    """Of people who join at the very same moment as many get a place as there are, the rest a turn, nobody two.

    So many at once are too many for one record: some are told to come back, and do.
    """
    it = made(capacity=3)
    with_people(it, "first", "second")
    names = [f"person-{number}" for number in range(12)]

    async def join_in(client: httpx.AsyncClient) -> httpx.Response:
        while (answer := await client.post(at(it, "/join"))).status_code == 503:
            assert answer.json()["code"] == "busy"
        return answer

    async with service(stack, it, *(opened(person=name) for name in names)) as app, AsyncExitStack() as exits:
        clients = [await exits.enter_async_context(app.client(name)) for name in names]
        answers = await asyncio.gather(*(join_in(one) for one in clients))
        again = await asyncio.gather(*(join_in(one) for one in clients))
        now = await stored(app, it)

    shown = [answer.json() for answer in answers]
    assert [answer.status_code for answer in answers] == [200] * len(names)
    assert sum(one["your_place"] for one in shown) == 1
    assert sorted(one["your_turn"] for one in shown if one["your_turn"]) == list(range(1, len(names)))
    assert {answer.json()["code"] for answer in again} == {"already_joined"}
    assert sorted(people(now.seats) + people(now.waiting)) == sorted(["first", "second", *names])
    assert (len(now.seats), now.places_left) == (3, 0)


async def test_one_person_from_two_devices(stack: Stack) -> None:
    """Whoever joins twice at the same moment has one place."""
    it = made(capacity=5)
    async with service(stack, it, opened(person="ana")) as app, app.client("ana") as me:
        answers = await asyncio.gather(*(me.post(at(it, "/join")) for _ in range(5)))
        now = await stored(app, it)

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409, 409]
    assert people(now.seats) == ["ana"]


async def test_a_pause_and_a_place_at_the_same_moment(stack: Stack) -> None:
    """Of a pause and a joining at the same moment, whichever comes second knows of the first."""
    it, ana = made(), opened(person="ana")
    async with service(stack, it, ana) as app, app.client("ana") as me:
        joined, paused = await asyncio.gather(
            me.post(at(it, "/join")), me.post(f"/v1/enrolments/{ana.id}/pause")
        )
        told = [type for type, _, _ in await announced(app)]

    assert paused.status_code == 200
    assert (joined.status_code, told.count("enrolment.seat_returned.v1")) in {(200, 1), (409, 0)}


async def test_another_site(stack: Stack) -> None:
    """To whoever works at another site, or trains at another, a cohort does not exist, whatever they try."""
    it = made(-1, 1)
    ana, *_ = with_people(it, "ana")
    elsewhere = opened(person="hilda", site="hillside")
    roles = ("trainer", "coordinator", "site_admin", "auditor", "certifier")
    there = [(role, "hillside") for role in roles]
    commands: list[tuple[str, str, Any]] = [
        ("POST", "/join", None),
        ("POST", "/join", {"person": "ana"}),
        ("POST", "/leave", {"person": "ana"}),
        ("PUT", "/sessions/s1", plan()),
        ("PUT", "/capacity", {"capacity": 9}),
        ("POST", "/cancellation", {"reason": "other"}),
        ("PUT", "/sessions/s1/attendance", {"people": {"ana": {"presence": "absent"}}}),
        ("POST", "/sessions/s1/made-up", {"person": "ana", "minutes": 9}),
        ("POST", "/modules/communication/completion", None),
        ("GET", "", None),
        ("GET", "/people", None),
        ("GET", "/sessions/s1/attendance", None),
        ("GET", "/modules/communication/hours", None),
        ("GET", "/calendar.ics", None),
    ]
    async with service(stack, it, ana, elsewhere) as app:
        for person, grants in [("stranger", there), ("hilda", []), ("nobody-known", [])]:
            async with app.client(person, grants) as client:
                for method, path, json in commands:
                    refused(await client.request(method, at(it, path), json=json), 404, "not_found")
        async with app.client("stranger", there) as stranger:
            refused(await stranger.post("/v1/cohorts", json=body()), 404, "not_found")
            assert (await stranger.get("/v1/cohorts")).json()["items"] == []
            refused(await stranger.get(f"/v1/cohorts?site={SITE}"), 404, "not_found")
            refused(await stranger.get(f"/v1/enrolments/{ana.id}/cohorts"), 404, "not_found")
        assert await stored(app, it) == Cohort.rebuild({**it.document(), "version": 1})


async def test_what_people_in_it_may_not(stack: Stack) -> None:
    """Whoever is in a cohort sees it without the others, and decides about nobody but themself."""
    it = made(-1, 1)
    enrolments = with_people(it, "ana", "ben")
    async with service(stack, it, *enrolments) as app:
        async with app.client("ana") as me:
            shown = await me.get(at(it))
            listed = await me.get("/v1/me/cohorts")
            for method, path, json in [
                ("GET", "/people", None),
                ("GET", "/sessions/s1/attendance", None),
                ("GET", "/modules/communication/hours", None),
                ("POST", "/leave", {"person": "ben"}),
                ("PUT", "/sessions/s1/attendance", {"people": {"ana": {"presence": "absent"}}}),
                ("POST", "/cancellation", {"reason": "other"}),
            ]:
                refused(await me.request(method, at(it, path), json=json), 404, "not_found")
        async with app.client("ida", [("interviewer", SITE)]) as other:
            refused(await other.get(at(it)), 403, "role_missing")
        async with app.client("cleo", COORDINATOR) as cleo:
            refused(
                await cleo.post(at(it, "/sessions/s1/made-up"), json={"person": "ana", "minutes": 9}),
                403,
                "role_missing",
            )

    for answer in (shown, listed):
        assert answer.status_code == 200
        assert "ben" not in answer.text
        assert enrolments[1].id not in answer.text


async def test_finding_a_cohort(stack: Stack) -> None:
    """Cohorts are found by site, programme, module, trainer and date, the next one first; people find theirs."""
    late, early, full, gone = made(9), made(3), made(5, capacity=1), made(4)
    past, other = made(-3), made(6)
    ana = opened(person="ana")
    ben, *_ = with_people(full, "ben", "cora")
    gone.call_off(CancellationReason.OTHER, "", by="cleo", now=utc_now())
    gone.take_raised()
    done = opened(person="dora")
    complete(done, "communication")
    async with service(stack, late, early, full, gone, past, other, ana, ben, done) as app:

        async def found(query: str, person: str = "tom", path: str = "/v1/cohorts") -> list[str]:
            async with app.client(person, BY_TRADE if person == "tom" else []) as client:
                answer = await client.get(f"{path}{query}")
            assert answer.status_code == 200, answer.text
            return [one["cohort"] for one in answer.json()["items"]]

        ids = [one.id for one in (early, gone, full, other, late)]
        assert await found("") == await found(f"?site={SITE}") == ids
        assert await found("?free=true") == [early.id, other.id, late.id]
        assert await found("?programme=core&module=communication&trainer=trainer-tom&limit=2") == ids[:2]
        assert await found("?module=self_care") == await found("?trainer=trainer-tea") == []
        begin = soon(days=6).isoformat().replace("+", "%2B")
        assert await found(f"?from={begin}") == [other.id, late.id]
        assert await found("", "ana", f"/v1/enrolments/{ana.id}/cohorts") == [early.id, other.id, late.id]
        assert (
            await found("", "ben", "/v1/me/cohorts") == await found("", "cora", "/v1/me/cohorts") == [full.id]
        )
        assert await found("", "ana", "/v1/me/cohorts") == []


async def test_pages_of_cohorts(stack: Stack) -> None:
    """A list goes on where it stopped."""
    all_of_them = [made(day) for day in (2, 3, 3, 4, 5)]
    async with service(stack, *all_of_them) as app, app.client("tom", BY_TRADE) as tom:
        seen: list[str] = []
        path = "/v1/cohorts?limit=2"
        while path:
            answer = (await tom.get(path)).json()
            seen += [one["cohort"] for one in answer["items"]]
            path = f"/v1/cohorts?limit=2&cursor={answer['next']}" if answer["next"] else ""

    assert sorted(seen) == sorted(one.id for one in all_of_them)
    assert len(seen) == 5


async def test_attendance_and_signatures(stack: Stack) -> None:
    """A trainer fills in the sheets, sees the hours they come to, and signs the module for all who were there."""
    it = made(-3, -2, capacity=3)
    enrolments = with_people(it, "ana", "ben", "cora")
    there = {"presence": "present", "minutes": 240}
    async with service(stack, it, *enrolments) as app, app.client("tom", BY_TRADE) as tom:
        sheet = {"ana": there, "ben": {"presence": "absent"}, "cora": {"presence": "present", "minutes": 90}}
        for code in ("s1", "s2"):
            answer = await tom.put(at(it, f"/sessions/{code}/attendance"), json={"people": sheet})
            assert answer.status_code == 200, answer.text
        await tom.put(at(it, "/sessions/s2/attendance"), json={"people": {"ben": there}})
        shown = (await tom.get(at(it, "/sessions/s2/attendance"))).json()
        hours = (await tom.get(at(it, "/modules/communication/hours"))).json()
        refused(await tom.get(at(it, "/modules/self_care/hours")), 404, "module_not_taught")
        key = {"Idempotency-Key": "once"}
        path = at(it, "/modules/communication/completion")
        signed = (await tom.post(path, headers=key)).json()
        again = (await tom.post(path, headers=key)).json()
        made_up = await tom.post(at(it, "/sessions/s1/made-up"), json={"person": "ben", "minutes": 240})
        later = (await tom.post(path, json={"people": ["ben", "eva"]})).json()
        row = await app.database.get("enrolments", enrolments[0].id)
        told = [(type, key) for type, _, key in await announced(app)]

    (ben,) = (one for one in shown["people"] if one["person"] == "ben")
    assert [(mark["presence"], mark["by"]) for mark in ben["marks"]] == [
        ("absent", "tom"),
        ("present", "tom"),
    ]
    assert [(one["person"], one["hours"], one["ready"]) for one in hours["people"]] == [
        ("ana", 8, True),
        ("ben", 4, False),
        ("cora", 3, True),
    ]
    assert signed == again
    assert signed["signed"] == [{"person": "ana", "hours": 8}]
    assert {one["person"]: one["code"] for one in signed["refused"]} == {
        "ben": "attendance_incomplete",
        "cora": "module_hours_short",
    }
    assert made_up.status_code == 200
    assert later["signed"] == [{"person": "ben", "hours": 8}]
    assert [one["code"] for one in later["refused"]] == ["not_in_cohort"]
    assert row
    assert Enrolment.rebuild(row).learning.module("communication").completed_by == "tom"
    assert told == [("module.completed.v1", "ana"), ("module.completed.v1", "ben")]


async def test_a_calendar(stack: Stack) -> None:
    """Staff and whoever has a place get every session for their calendar, which says nothing of what it is about."""
    it = made(7, 8, capacity=1)
    enrolments = with_people(it, "ana", "ben")
    async with service(stack, it, *enrolments) as app:
        async with app.client("ana") as me:
            answer = await me.get(at(it, "/calendar.ics"))
        async with app.client("ben") as waits:
            refused(await waits.get(at(it, "/calendar.ics")), 404, "not_found")
        async with app.client("tom", BY_TRADE) as tom:
            await tom.post(at(it, "/cancellation"), json={"reason": "weather"})
            after = Calendar.from_ical((await tom.get(at(it, "/calendar.ics"))).content)

    assert answer.headers["content-type"].startswith("text/calendar")
    before: Any = Calendar.from_ical(answer.content)
    assert before["method"] == "PUBLISH"
    assert [event["uid"] for event in before.events] == [f"{it.id}.s1@peerpath", f"{it.id}.s2@peerpath"]
    assert [event["dtstart"].dt for event in before.events] == [one.starts for one in it.sessions]
    assert {str(event["summary"]) for event in before.events} == {"Training session"}
    assert {str(event["url"]) for event in before.events} == {LINK}
    assert [(str(e["status"]), e["sequence"]) for e in before.events] == [("CONFIRMED", 0)] * 2
    assert [(str(e["status"]), e["sequence"]) for e in after.events] == [("CANCELLED", 1)] * 2


async def test_a_sheet_for_somebody_else_alone(stack: Stack) -> None:
    """A trainer who learns along is not on a sheet of their own hand."""
    it = made(-1, 1)
    enrolments = with_people(it, "tom", "ana")
    own = {"people": {"tom": {"presence": "present", "minutes": 9}}}
    async with service(stack, it, *enrolments) as app, app.client("tom", BY_TRADE) as tom:
        refused(await tom.put(at(it, "/sessions/s1/attendance"), json=own), 403, "attendance_own")
        early = {"people": {"ana": {"presence": "absent"}}}
        refused(await tom.put(at(it, "/sessions/s2/attendance"), json=early), 409, "session_not_begun")
        async with app.client("tea", BY_TRADE) as tea:
            assert (await tea.put(at(it, "/sessions/s1/attendance"), json=own)).status_code == 200


async def test_every_list_has_its_index(stack: Stack) -> None:
    """No list of cohorts is read by looking at all of them, nor sorted after it is read."""
    tom = Actor(person=TRAINER, grants=frozenset({Grant(role=Role.TRAINER, site=SITE)}))
    everywhere = Actor(person="olga", grants=frozenset({Grant(role=Role.ORGANISATION_ADMIN, site="*")}))
    nothing: dict[str, str | None] = {}
    lists = [
        queries.cohorts_of_sites(actor, site=None, begins=soon(), **chosen)
        for actor in (tom, everywhere)
        for chosen in (
            nothing,
            {"programme": "core"},
            {"modules": "communication"},
            {"sessions.trainer": TRAINER},
        )
    ]
    lists += [
        queries.cohorts_for(opened(), begins=soon(), module="communication"),
        queries.cohorts_with("ana"),
    ]
    async with service(stack, made(3)) as app:
        for where in lists:
            find = {"find": "cohorts", "filter": where, "sort": {"starts": 1, "_id": 1}, "limit": 51}
            plan = str(
                (await app.database.command({"explain": find, "verbosity": "queryPlanner"}))["queryPlanner"]
            )
            won = plan.partition("'winningPlan'")[2].partition("'rejectedPlans'")[0]
            assert "IXSCAN" in won, where
            assert "COLLSCAN" not in won, where
            assert "'SORT'" not in won, where
