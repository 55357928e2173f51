"""Places and the line for one, over HTTP and the real database."""

import asyncio

from tests.recruitment.outcomes import announced, decided, one_place, scored
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, refused
from tests.support.stack import Stack

LINE = "/v1/sites/leeds/programmes/core/waiting"


async def test_two_coordinators_give_the_last_place_at_the_same_moment(stack: Stack) -> None:
    """One is accepted, the other is refused with the waiting list as remedy, round after round."""
    async with recruiting(stack) as app:
        for capacity in (1, 2):
            await one_place(app, capacity=capacity)
            both = [await scored(app), await scored(app)]
            answers = await asyncio.gather(
                *(
                    decided(app, one["path"], "accepted", person=who)
                    for one, who in zip(both, ("cora", "chris"), strict=True)
                )
            )
            assert sorted(answer.status_code for answer in answers) == [200, 409]
            full = next(answer for answer in answers if answer.status_code == 409)
            refused(full, 409, "site_full")
            assert "waiting" in full.json()["detail"]
        assert await app.database.count("candidates", {"stage": "accepted"}) == 2


async def test_beyond_the_places_on_purpose(stack: Stack) -> None:
    """A coordinator may, and the record says that it was so."""
    async with recruiting(stack) as app:
        await one_place(app)
        first, second = await scored(app), await scored(app)
        assert (await decided(app, first["path"], "accepted")).json()["beyond_capacity"] is False
        refused(await decided(app, second["path"], "accepted"), 409, "site_full")
        refused(await decided(app, second["path"], "waiting", beyond_capacity=True), 422, "no_acceptance")
        answer = await decided(app, second["path"], "accepted", beyond_capacity=True)
        assert (answer.status_code, answer.json()["beyond_capacity"]) == (200, True)


async def test_the_line_is_read_in_order_and_changed_with_a_reason(stack: Stack) -> None:
    """Staff see everybody in order; a person their own position; a stale order changes nothing."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        await one_place(app)
        people = [await scored(app) for _ in range(3)]
        for one in people:
            assert (await decided(app, one["path"], "waiting")).status_code == 200
        read = await cora.get(LINE)
        assert [row["candidate"] for row in read.json()["items"]] == [one["candidate"] for one in people]
        assert (read.json()["capacity"], read.json()["taken"], read.json()["free"]) == (1, 0, 1)
        body = {"position": 1, "reason": "Was first on paper."}
        path, seen = f"{LINE}/{people[2]['candidate']}", {"If-Match": read.headers["ETag"]}
        moved = await cora.put(path, json=body, headers=seen)
        assert moved.json() == {"candidate": people[2]["candidate"], "position": 1, "of": 3}
        refused(await cora.put(path, json=body, headers=seen), 412, "stale_version")
        refused(await cora.put(path, json={**body, "position": 4}), 422, "position_out_of_range")
        async with app.client(people[0]["person"]) as robin:
            assert (await robin.get(people[0]["path"])).json()["waiting_position"] == 2
            refused(await robin.get(LINE), 404, "not_found")
            refused(await robin.put(path, json=body), 404, "not_found")


async def test_the_line_of_a_site_is_its_own(stack: Stack) -> None:
    """Another site's staff find nothing, other roles are refused, and so is who does not wait there."""
    async with recruiting(stack) as app:
        made = await scored(app)
        body, path = {"position": 1, "reason": "x"}, f"{LINE}/{made['candidate']}"
        async with app.client("yuri", [("coordinator", "york")]) as yuri, app.client("ivy", IVY) as ivy:
            refused(await yuri.get(LINE), 404, "not_found")
            refused(await yuri.put(path, json=body), 404, "not_found")
            refused(await yuri.put(path.replace("leeds", "york"), json=body), 404, "not_found")
            refused(await yuri.post(f"{made['path']}/place/release", json={"reason": "x"}), 404, "not_found")
            refused(await ivy.get(LINE), 403, "role_missing")
            refused(await ivy.put(path, json=body), 403, "role_missing")
        async with app.client("cora", LEEDS) as cora, app.client("ada", [("auditor", "leeds")]) as ada:
            refused(await cora.put(path, json=body), 409, "not_waiting")
            refused(await cora.get(LINE.replace("core", "choir")), 422, "programme_not_offered")
            assert (await ada.get(LINE)).json()["items"] == []


async def test_a_place_that_is_given_up_is_announced_and_nobody_is_accepted(stack: Stack) -> None:
    """Also where there are more places than before: the list is announced with who is first, and stays."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        await one_place(app)
        accepted, waits = await scored(app), await scored(app)
        await decided(app, accepted["path"], "accepted")
        await decided(app, waits["path"], "waiting")
        refused(await cora.post(f"{waits['path']}/place/release", json={"reason": "x"}), 409, "no_place")
        released = await cora.post(f"{accepted['path']}/place/release", json={"reason": "Took up a job."})
        assert released.json()["stage"] == "accepted"
        (intake,) = await app.database.find("intakes", {})
        assert await announced(app, intake["_id"]) == ["freed"]
        await one_place(app, capacity=2)
        assert await announced(app, intake["_id"]) == ["freed", "freed"]
        await one_place(app, capacity=1)
        assert await announced(app, intake["_id"]) == ["freed", "freed"]
        assert (await cora.get(waits["path"])).json()["stage"] == "waiting"
