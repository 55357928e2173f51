"""Offered times over HTTP: offered, joined, listed, booked once, and free again when they are left."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx

from shared.clock import utc_now
from shared.ids import new_id
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, appointment, refused
from tests.support.running import Started
from tests.support.stack import Stack


def slot(days: float = 3, *panel: str, **changes: Any) -> dict[str, Any]:
    """A time some days ahead."""
    values: dict[str, Any] = {"site": "leeds", "programme": "core"}
    values["starts"] = (utc_now() + timedelta(days=days)).isoformat()
    return {
        **values,
        "minutes": 45,
        "panel": panel or ("ivy", "ian"),
        "link": "https://meet.example.org/r",
        **changes,
    }


async def offered(app: Started, days: float = 3, *panel: str, **changes: Any) -> str:
    """A time that a coordinator of the site offers."""
    async with app.client("chris", [("coordinator", "*")]) as chris:
        answer = await chris.post("/v1/slots", json=slot(days, *panel, **changes))
    assert answer.status_code == 201, answer.text
    made: str = answer.json()["slot"]
    return made


async def free(client: httpx.AsyncClient, path: str) -> list[str]:
    answer = await client.get(f"{path}/slots")
    assert answer.status_code == 200, answer.text
    return [one["slot"] for one in answer.json()["items"]]


async def test_a_candidate_sees_the_free_times_and_books_one(stack: Stack) -> None:
    """Earliest first, those of their site and programme that can be booked, without the link; then it is theirs."""
    async with recruiting(stack) as app:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        later, earlier = await offered(app, 5), await offered(app, 2)
        await offered(app, site="york")
        await offered(app, programme="other")
        await offered(app, 3, "ivy")
        async with app.client(made["person"]) as robin:
            assert await free(robin, path) == [earlier, later]
            assert "meet.example.org" not in (await robin.get(f"{path}/slots")).text
            booked = await robin.post(f"{path}/interview/booking", json={"slot": earlier})
            assert (booked.json()["stage"], booked.json()["interview"]["panel"]) == (
                "interviewing",
                ["ivy", "ian"],
            )
            assert await free(robin, path) == [later]
            (round_,) = (await robin.get(f"{path}/interview")).json()["rounds"]
            assert (round_["slot"], round_["where"]["link"]) == (earlier, "https://meet.example.org/r")


async def test_two_candidates_who_book_the_same_time_at_once(stack: Stack) -> None:
    """One gets it and the other is asked to choose another, however close they come; eight times over."""
    async with recruiting(stack) as app:
        one, other = await applied(app), await applied(app)
        for days in range(3, 11):
            slot_id = await offered(app, days)

            async def book(made: dict[str, Any], slot_id: str = slot_id) -> httpx.Response:
                async with app.client(made["person"]) as client:
                    path = f"/v1/candidates/{made['candidate']}/interview/booking"
                    return await client.post(path, json={"slot": slot_id})

            answers = await asyncio.gather(book(one), book(other))
            (won,) = [answer for answer in answers if answer.status_code == 200]
            (lost,) = [answer for answer in answers if answer.status_code != 200]
            refused(lost, 409, "slot_taken")
            row = await app.database.get("slots", slot_id)
            assert row is not None
            assert row["candidate"] == won.json()["candidate"]


async def test_a_time_that_is_left_is_free_again(stack: Stack) -> None:
    """Moving to another, calling off, and taking the application back each give the time back to others."""
    async with recruiting(stack, work=True) as app, app.client("cora", LEEDS) as cora:
        made, waiting = await applied(app), await applied(app)
        path, others = (f"/v1/candidates/{one['candidate']}" for one in (made, waiting))
        first, second = await offered(app, 3), await offered(app, 4)
        async with app.client(made["person"]) as robin:

            async def are_free(*wanted: str) -> bool:
                return await free(cora, others) == list(wanted)

            await robin.post(f"{path}/interview/booking", json={"slot": first})
            await robin.post(f"{path}/interview/booking", json={"slot": second})
            await app.until(lambda: are_free(first))
            await robin.post(f"{path}/interview/cancellation")
            await app.until(lambda: are_free(first, second))
            await robin.post(f"{path}/interview/booking", json={"slot": first})
            assert await are_free(second)
            await robin.post(f"{path}/withdrawal")
            await app.until(lambda: are_free(first, second))


async def test_interviewers_offer_their_own_time_and_join_each_other(stack: Stack) -> None:
    """From two people on it is shown; an interviewer neither names others nor takes back what is another's."""
    async with recruiting(stack) as app:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        async with (
            app.client("ivy", IVY) as ivy,
            app.client("ian", IVY) as ian,
            app.client(made["person"]) as robin,
        ):
            refused(await ivy.post("/v1/slots", json=slot(3, "ivy", "ian")), 403, "slot_names_others")
            slot_id = (await ivy.post("/v1/slots", json=slot(3, "ivy"))).json()["slot"]
            assert await free(robin, path) == []
            refused(await ian.post(f"/v1/slots/{slot_id}/withdrawal"), 403, "slot_of_somebody_else")
            assert (await ian.post(f"/v1/slots/{slot_id}/join")).json()["state"] == "free"
            assert await free(robin, path) == [slot_id]
            assert (await ivy.post(f"/v1/slots/{slot_id}/withdrawal")).json()["state"] == "withdrawn"
            assert await free(robin, path) == []


async def test_staff_list_the_times_of_their_sites(stack: Stack) -> None:
    """Page by page, earliest first, by site and by state; nothing of another site."""
    async with recruiting(stack) as app:
        made = await applied(app)
        ids = [await offered(app, days) for days in (5, 3, 4)]
        york = await offered(app, site="york")
        path = f"/v1/candidates/{made['candidate']}"
        async with app.client("cora", LEEDS) as cora, app.client("olga", [("coordinator", "*")]) as olga:
            await cora.post(f"{path}/interview/booking", json={"slot": ids[0]})

            async def listed(client: httpx.AsyncClient, **query: Any) -> list[str]:
                found, cursor = [], None
                while True:
                    ask = {**query, "limit": 2, **({"cursor": cursor} if cursor else {})}
                    page = (await client.get("/v1/slots", params=ask)).json()
                    found += [one["slot"] for one in page["items"]]
                    if (cursor := page["next"]) is None:
                        return found

            assert await listed(cora) == await listed(cora, site="leeds") == [ids[1], ids[2], ids[0]]
            assert await listed(cora, state="booked") == [ids[0]]
            assert await listed(cora, site="leeds", state="free") == [ids[1], ids[2]]
            assert york in await listed(olga)
            assert york in await listed(olga, state="free")


async def test_who_has_to_do_with_offered_times(stack: Stack) -> None:
    """Staff of another site find nothing, an auditor arranges nothing, a candidate sees their own choices alone."""
    async with recruiting(stack) as app:
        made, somebody = await applied(app), await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        slot_id, york = await offered(app), await offered(app, site="york")
        async with app.client("yuri", [("coordinator", "york"), ("interviewer", "york")]) as yuri:
            refused(await yuri.post("/v1/slots", json=slot()), 404, "not_found")
            refused(await yuri.get("/v1/slots", params={"site": "leeds"}), 404, "not_found")
            for name in ("join", "withdrawal"):
                refused(await yuri.post(f"/v1/slots/{slot_id}/{name}"), 404, "not_found")
            refused(await yuri.get(f"{path}/slots"), 404, "not_found")
            refused(await yuri.post(f"{path}/interview/booking", json={"slot": york}), 404, "not_found")
        async with app.client("cora", LEEDS) as cora:
            refused(await cora.post("/v1/slots", json=slot(programme="magic")), 422, "programme_not_offered")
        async with app.client("ada", [("auditor", "leeds")]) as ada:
            refused(await ada.post("/v1/slots", json=slot()), 403, "role_missing")
            refused(await ada.get("/v1/slots"), 403, "role_missing")
            refused(await ada.post(f"{path}/interview/times", json={"times": "x"}), 403, "role_missing")
        async with app.client(somebody["person"]) as other, app.client(made["person"]) as robin:
            refused(await other.get(f"{path}/slots"), 404, "not_found")
            refused(await other.post(f"{path}/interview/booking", json={"slot": slot_id}), 404, "not_found")
            for strange in (york, new_id()):
                answer = await robin.post(f"{path}/interview/booking", json={"slot": strange})
                refused(answer, 404, "slot_unknown")


async def test_a_time_with_an_interviewer_who_stepped_back_is_not_on_offer(stack: Stack) -> None:
    """It is not shown to that candidate, and refused without saying why; others can book it."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made, other = await applied(app), await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        slot_id = await offered(app)
        await cora.post(f"{path}/interview", json=appointment())
        async with app.client("ian", IVY) as ian:
            await ian.post(f"{path}/interview/conflict-of-interest")
        await cora.post(f"{path}/interview/missed", json={"absent": "interviewer"})
        async with app.client(made["person"]) as robin, app.client(other["person"]) as sue:
            assert await free(robin, path) == []
            answer = await robin.post(f"{path}/interview/booking", json={"slot": slot_id})
            refused(answer, 409, "slot_not_for_candidate")
            assert "ian" not in answer.text
            assert await free(sue, f"/v1/candidates/{other['candidate']}") == [slot_id]


async def test_other_times_are_asked_for_and_read_by_those_who_can_help(stack: Stack) -> None:
    """The words are for the coordinators and the person; an auditor and the panel do not read them."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        async with app.client(made["person"]) as robin:
            asked = await robin.post(f"{path}/interview/times", json={"times": "Weekday evenings"})
            assert asked.status_code == 200
            assert "evenings" not in asked.text
            await cora.post(f"{path}/interview", json=appointment())
            for client in (robin, cora):
                wish = (await client.get(f"{path}/interview")).json()["times_wish"]
                assert wish["text"] == {"times": "Weekday evenings"}
        async with app.client("ivy", IVY) as ivy, app.client("ada", [("auditor", "leeds")]) as ada:
            for client in (ivy, ada):
                assert (await client.get(f"{path}/interview")).json()["times_wish"] is None
        rows = await app.database.find("outbox", {"subject": made["candidate"]})
        assert not any(b"evenings" in row["value"] for row in rows)


async def test_who_is_erased_sits_on_no_offered_time(stack: Stack) -> None:
    """A candidate does not book a conversation that somebody erased would hold; two who are left still can."""
    async with recruiting(stack) as app:
        sam, pat = [("site_admin", "leeds")], [("privacy_lead", "leeds")]
        entered = {"site": "leeds", "duties": ["interviewer"], "name": "Ian", "email": "ian@example.org"}
        made = await applied(app)
        path = f"/v1/candidates/{made['candidate']}"
        booked, _, whole = await offered(app), await offered(app), await offered(app, 4, "ivy", "ian", "eve")
        async with app.client("sam", sam) as admin, app.client("pat", pat) as lead:
            assert (await admin.put("/v1/staff/ian", json=entered)).status_code == 200
            async with app.client(made["person"]) as robin:
                await robin.post(f"{path}/interview/booking", json={"slot": booked})
                assert (await lead.post("/v1/people/ian/erasure")).status_code == 200
                assert await free(robin, path) == [whole]
        async with app.client("cora", LEEDS) as cora:
            slots = (await cora.get("/v1/slots")).json()["items"]
        assert [(one["state"], one["panel"]) for one in slots] == [
            ("booked", ["ivy"]),
            ("forming", ["ivy"]),
            ("free", ["ivy", "eve"]),
        ]
