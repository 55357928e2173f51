"""Interviews over HTTP: moved, called off, missed, on the person's own calendar, and who may do what."""

from datetime import timedelta
from typing import Any

from icalendar import Calendar

from shared.clock import utc_now
from tests.recruitment.builders import scores
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import CARD, IVY, LEEDS, applied, appointment, interviewed, refused
from tests.support.running import Started
from tests.support.stack import Stack

SOON = timedelta(hours=3)
LATER = timedelta(days=3)
PLACE = {"place": "Room 2, Park Street 5", "link": "https://meet.example.org/r", "time_zone": "Europe/London"}


def ahead(by: timedelta = LATER, *panel: str) -> dict[str, Any]:
    """An interview that lies ahead, at a place."""
    return appointment(*panel, starts=(utc_now() + by).isoformat(), **PLACE)


async def set_ahead(app: Started, by: timedelta = LATER, *panel: str) -> tuple[str, str]:
    """A person whose interview lies ahead, and the path of their application."""
    made = await applied(app)
    path = f"/v1/candidates/{made['candidate']}"
    async with app.client("chris", LEEDS) as chris:
        answer = await chris.post(f"{path}/interview", json=ahead(by, *panel))
        assert answer.status_code == 200, answer.text
    return made["person"], path


def event_of(ics: bytes) -> Any:
    (event,) = Calendar.from_ical(ics).events
    return event


async def test_an_interview_keeps_its_place_in_a_calendar_while_it_moves(stack: Stack) -> None:
    """The person and the panel fetch it; a move raises SEQUENCE under the same UID, and a cancellation strikes it."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        person, path = await set_ahead(app)
        async with app.client(person) as robin, app.client("ivy", IVY) as ivy:
            first = await robin.get(f"{path}/interview.ics")
            assert first.headers["content-type"].startswith("text/calendar")
            set_ = event_of(first.content)
            later = (utc_now() + LATER * 2).isoformat()
            moved = await cora.post(f"{path}/interview/move", json={"starts": later, "minutes": 60})
            assert moved.json()["interview"]["round"] == 1
            after = event_of((await ivy.get(f"{path}/interview.ics")).content)
            assert (after["uid"], after["sequence"], set_["sequence"]) == (set_["uid"], 1, 0)
            assert (after["summary"], after["location"], after["url"]) == (
                "Interview",
                PLACE["place"],
                PLACE["link"],
            )
            assert after["dtstart"].dt > set_["dtstart"].dt
            assert set_["dtstart"].params["TZID"] == "Europe/Madrid"
            assert after["dtstart"].params["TZID"] == "Europe/London"
            await cora.post(f"{path}/interview/cancellation")
            struck = event_of((await ivy.get(f"{path}/interview.ics")).content)
            assert (struck["uid"], struck["sequence"], struck["status"]) == (set_["uid"], 2, "CANCELLED")


async def test_who_has_an_interview_in_their_calendar(stack: Stack) -> None:
    """Its person and panel; not a coordinator, an interviewer off the panel or of another site, or a stranger."""
    async with recruiting(stack) as app:
        _, path = await set_ahead(app)
        for person, grants, status, code in (
            ("cora", LEEDS, 403, "role_missing"),
            ("eve", IVY, 403, "role_missing"),
            ("ivy", [("interviewer", "york")], 404, "not_found"),
            ("stranger", [], 404, "not_found"),
        ):
            async with app.client(person, grants) as one:
                refused(await one.get(f"{path}/interview.ics"), status, code)
        made = await applied(app)
        async with app.client(made["person"]) as robin:
            answer = await robin.get(f"/v1/candidates/{made['candidate']}/interview.ics")
            refused(answer, 404, "no_interview")


async def test_a_person_calls_off_until_the_day_before(stack: Stack) -> None:
    """In time they do it themself; on the day before they are told to ring, and a coordinator still can."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        person, path = await set_ahead(app)
        async with app.client(person) as robin:
            answer = await robin.post(f"{path}/interview/cancellation")
            assert answer.json()["interview"]["state"] == "cancelled"
            refused(await robin.post(f"{path}/interview/cancellation"), 409, "no_interview_ahead")
        person, path = await set_ahead(app, SOON)
        async with app.client(person) as robin:
            refused(await robin.post(f"{path}/interview/cancellation"), 409, "interview_too_near")
            assert (await cora.post(f"{path}/interview/cancellation")).status_code == 200


async def test_a_missed_interview_and_the_next_one(stack: Stack) -> None:
    """It is noted, stays in the history, and another round begins; before its time it is not missed."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())
        missed = await cora.post(f"{path}/interview/missed", json={"absent": "interviewer"})
        assert (missed.json()["interview"]["state"], missed.json()["stage"]) == ("missed", "applied")
        await cora.post(f"{path}/interview", json=ahead())
        refused(
            await cora.post(f"{path}/interview/missed", json={"absent": "candidate"}),
            409,
            "interview_not_begun",
        )
        rounds = (await cora.get(f"{path}/interview")).json()["rounds"]
        assert [(one["round"], one["state"], one["absent"]) for one in rounds] == [
            (1, "missed", "interviewer"),
            (2, "set", None),
        ]
        assert [step["kind"] for step in rounds[0]["steps"]] == ["missed"]


async def test_where_to_go_is_for_those_who_come(stack: Stack) -> None:
    """Person, panel and coordinators read place and link; an auditor reads codes and times alone."""
    async with recruiting(stack) as app:
        person, path = await set_ahead(app)
        for who, grants, where in (
            (person, [], PLACE),
            ("ivy", IVY, PLACE),
            ("cora", LEEDS, PLACE),
            ("ada", [("auditor", "leeds")], None),
        ):
            async with app.client(who, grants) as one:
                (round_,) = (await one.get(f"{path}/interview")).json()["rounds"]
                assert round_["where"] == where
                assert (round_["rubric"], round_["rubric_version"]) == ("default", 2)
                assert PLACE["link"] not in (await one.get(path)).text


async def test_a_panel_changes_and_its_members_step_back(stack: Stack) -> None:
    """An interviewer who is too close is off the panel and reads nothing more; another is named and scores."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())
        async with app.client("ian", IVY) as ian, app.client("eve", IVY) as eve:
            off = await ian.post(f"{path}/interview/conflict-of-interest")
            assert off.json()["interview"]["panel"] == ["ivy"]
            refused(await ian.get(path), 403, "role_missing")
            refused(await ian.post(f"{path}/scorecards", json=CARD), 403, "not_on_panel")
            back = await cora.put(f"{path}/interview/panel", json={"panel": ["ivy", "ian"]})
            refused(back, 422, "interviewer_stepped_back")
            named = await cora.put(f"{path}/interview/panel", json={"panel": ["ivy", "eve"]})
            assert named.json()["interview"]["panel"] == ["ivy", "eve"]
            assert (await eve.post(f"{path}/scorecards", json=CARD)).status_code == 201
            refused(await eve.post(f"{path}/interview/conflict-of-interest"), 409, "scorecard_submitted")
            dropped = await cora.put(f"{path}/interview/panel", json={"panel": ["ivy", "uma"]})
            refused(dropped, 422, "panel_member_has_scored")


async def test_a_candidate_does_not_learn_who_stepped_back(stack: Stack) -> None:
    """The site reads in the history that an interviewer was too close; the candidate sees another panel alone."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())
        async with app.client("ian", IVY) as ian:
            await ian.post(f"{path}/interview/conflict-of-interest")
        await cora.put(f"{path}/interview/panel", json={"panel": ["ivy", "eve"]})
        async with app.client(made["person"]) as robin:
            (seen,) = (await robin.get(f"{path}/interview")).json()["rounds"]
        assert ([step["kind"] for step in seen["steps"]], seen["panel"]) == (
            ["panel_changed"],
            ["ivy", "eve"],
        )
        (known,) = (await cora.get(f"{path}/interview")).json()["rounds"]
        assert [step["kind"] for step in known["steps"]] == ["stepped_back", "panel_changed"]


async def test_cards_stay_hidden_while_the_panel_changes(stack: Stack) -> None:
    """No replacement, stepping back or early look shows a card before all are in; then the panel is fixed."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await interviewed(app, path, "ivy")
        async with app.client("ian", IVY) as ian, app.client("eve", IVY) as eve:
            early = (await ian.get(f"{path}/scorecards")).json()
            assert (early["cards"], early["means"], early["scores"], early["to_talk_over"]) == (
                [],
                {},
                [],
                [],
            )
            await cora.put(f"{path}/interview/panel", json={"panel": ["ivy", "eve"]})
            refused(await ian.get(f"{path}/scorecards"), 403, "role_missing")
            for one in (eve, cora):
                shown = (await one.get(f"{path}/scorecards")).json()
                assert (shown["cards"], shown["submitted"]) == ([], ["ivy"])
            await eve.post(f"{path}/scorecards", json={"scores": {**scores(), "empathy": 1}})
            all_in = (await cora.get(f"{path}/scorecards")).json()
            (empathy,) = [one for one in all_in["scores"] if one["criterion"] == "empathy"]
            assert (empathy["mean"], empathy["lowest"], empathy["highest"], empathy["spread"]) == (
                2.5,
                1,
                4,
                3,
            )
            (sentence,) = all_in["to_talk_over"]
            assert "empathy" in sentence
            late = await cora.put(f"{path}/interview/panel", json={"panel": ["ivy", "eve", "ian"]})
            refused(late, 409, "panel_complete")


async def test_who_arranges_an_interview(stack: Stack) -> None:
    """An interviewer or auditor of the site is refused, and one of another site learns of nothing."""
    later = (utc_now() + LATER * 2).isoformat()
    arranging: tuple[tuple[str, str, Any], ...] = (
        ("POST", "move", {"starts": later, "minutes": 45}),
        ("POST", "cancellation", None),
        ("POST", "missed", {"absent": "candidate"}),
        ("PUT", "panel", {"panel": ["ivy", "eve"]}),
    )
    async with recruiting(stack) as app:
        _, path = await set_ahead(app)
        for person, grants, status, code in (
            ("ivy", IVY, 403, "role_missing"),
            ("ada", [("auditor", "leeds")], 403, "role_missing"),
            ("yuri", [("coordinator", "york"), ("interviewer", "york")], 404, "not_found"),
            ("stranger", [], 404, "not_found"),
        ):
            async with app.client(person, grants) as one:
                for method, name, body in arranging:
                    refused(await one.request(method, f"{path}/interview/{name}", json=body), status, code)


async def test_an_interviewer_of_another_site_has_nothing_to_step_back_from(stack: Stack) -> None:
    """They do not learn that there is an interview; one of the site who is not on the panel is told so."""
    async with recruiting(stack) as app:
        _, path = await set_ahead(app)
        async with app.client("ivy", [("interviewer", "york")]) as yuri, app.client("eve", IVY) as eve:
            refused(await yuri.post(f"{path}/interview/conflict-of-interest"), 404, "not_found")
            refused(await yuri.get(f"{path}/interview"), 404, "not_found")
            refused(await eve.post(f"{path}/interview/conflict-of-interest"), 403, "not_on_panel")


async def test_a_place_or_a_code_that_is_none_is_refused(stack: Stack) -> None:
    """A link is a whole https address, a clock one that exists, and who was absent one of two sides."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        for name, body in (
            ("interview", appointment(link="http://meet.example.org")),
            ("interview", appointment(link="https://meet.example.org/a b")),
            ("interview", appointment(time_zone="Mars/Olympus")),
            ("interview", appointment(place="")),
            ("interview/missed", {"absent": "the bus"}),
            ("interview/move", {"starts": "2026-01-01T10:00:00", "minutes": 45}),
        ):
            refused(await cora.post(f"{path}/{name}", json=body), 422, "invalid_request")
