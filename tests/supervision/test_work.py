"""The routes of supervised work, over the real database: sessions, hours and reviews."""

import asyncio

import pytest
from httpx import AsyncClient, Response

from shared.ids import new_id
from tests.supervision.builders import full_scores, words
from tests.supervision.requests import hand_over, hours, session
from tests.supervision.running import People


def outcomes(*answers: Response) -> list[tuple[int, str]]:
    """Status and code of refusals."""
    return [(answer.status_code, answer.json().get("code", "")) for answer in answers]


async def everything(who: AsyncClient, at: str, *, session_id: str, entry: str) -> list[Response]:
    """Every act of a supervisor on one placement, tried."""
    return [
        await who.post(f"{at}/sessions", json=session()),
        await who.post(f"{at}/sessions/{session_id}/notes", json={"notes": "other"}),
        await who.post(f"{at}/hours/{entry}/approval"),
        await who.post(f"{at}/hours/{entry}/return", json={"reason": "why"}),
        await who.post(f"{at}/reviews", json={"scores": full_scores(), "outcome": "meets"}),
    ]


async def some_work(people: People, placement: str) -> tuple[str, str]:
    """A session with a note by Sam, and hours with a note of the mentor; the ids of both."""
    at = f"/v1/placements/{placement}"
    async with people.as_supervisor() as sam, people.as_mentor() as mentor:
        logged = await sam.post(f"{at}/sessions", json=session(notes="a hard week"))
        reported = await mentor.post(f"{at}/hours", json=hours(note="long day"))
    return logged.json()["session"], reported.json()["entry"]


async def test_nothing_without_a_supervisor(people: People) -> None:
    """Hours and sessions wait kindly until a supervisor is assigned."""
    waiting = await people.waiting()

    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        reported = await mentor.post(f"/v1/placements/{waiting.id}/hours", json=hours())
        logged = await sam.post(f"/v1/placements/{waiting.id}/sessions", json=session())

    assert outcomes(reported, logged) == [(409, "placement_without_supervisor")] * 2


async def test_a_week_of_work(people: People) -> None:
    """Mentor and supervisor do their parts, and both read the same sums."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"

    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        logged = await sam.post(f"{at}/sessions", json=session())
        first = (await mentor.post(f"{at}/hours", json=hours(4))).json()
        second = (await mentor.post(f"{at}/hours", json=hours(2.5, note="long day"))).json()
        approved = await sam.post(f"{at}/hours/{first['entry']}/approval")
        returned = await sam.post(f"{at}/hours/{second['entry']}/return", json={"reason": "which day?"})
        reviewed = await sam.post(f"{at}/reviews", json={"scores": full_scores(), "outcome": "meets"})
        ledger = (await mentor.get(f"{at}/hours")).json()["items"]
        mine = (await mentor.get("/v1/me/placements")).json()["items"]

    assert [logged.status_code, reviewed.status_code] == [201, 201]
    assert (approved.json()["state"], approved.json()["total"]) == ("approved", 4)
    assert returned.json()["state"] == "returned"
    assert [entry["return_reason"] for entry in ledger] == ["", "which day?"]
    assert mine[0]["hours"] == {"required": 60, "approved": 4, "waiting": 0, "entries_waiting": 0}
    assert mine[0]["sessions"] == 1
    assert [review["outcome"] for review in mine[0]["reviews"]] == ["meets"]


async def test_a_correction(people: People) -> None:
    """The mentor takes back approved hours with a correction, and the total falls once it is signed."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}/hours"

    async with people.as_mentor() as mentor, people.as_supervisor() as sam:
        entry = (await mentor.post(at, json=hours(6))).json()["entry"]
        await sam.post(f"{at}/{entry}/approval")
        too_much = await mentor.post(at, json=hours(-7, corrects=entry))
        correction = await mentor.post(at, json=hours(-2, corrects=entry))
        approved = await sam.post(f"{at}/{correction.json()['entry']}/approval")

    assert outcomes(too_much) == [(409, "hours_correction_too_large")]
    assert (correction.status_code, correction.json()["corrects"]) == (201, entry)
    assert approved.json()["total"] == 4


async def test_a_full_day_at_once(people: People) -> None:
    """Eight reports of four hours for one day at the same moment: six fit into it."""
    placement = await people.supervised()

    async with people.as_mentor() as mentor:
        answers = await asyncio.gather(
            *(mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(4)) for _ in range(8))
        )

    refused = [answer.json()["code"] for answer in answers if answer.status_code != 201]
    assert refused == ["hours_day_full"] * 2
    assert (await people.placement(placement.id)).hours.waiting == 24
    assert len(await people.entries(placement.id)) == 6


async def test_own_hours(people: People) -> None:
    """A mentor who signs their own hours is refused, with the code that says so."""
    placement = await people.supervised()
    _, entry = await some_work(people, placement.id)
    at = f"/v1/placements/{placement.id}/hours"

    async with people.as_mentor() as mentor:
        answers = [
            await mentor.post(f"{at}/{entry}/approval"),
            await mentor.post(f"{at}/{entry}/return", json={"reason": "why"}),
        ]

    assert outcomes(*answers) == [(403, "hours_not_own")] * 2


async def test_the_mentor_tries_the_supervisors_part(people: People) -> None:
    """A mentor who logs, rewrites or reviews is told that only the supervisor does."""
    placement = await people.supervised()
    written, entry = await some_work(people, placement.id)

    async with people.as_mentor() as mentor:
        answers = await everything(mentor, f"/v1/placements/{placement.id}", session_id=written, entry=entry)

    assert outcomes(answers[0], answers[1], answers[4]) == [(403, "placement_not_yours")] * 3


async def test_the_supervisor_reports_hours(people: People) -> None:
    """A supervisor who reports the mentor's hours is told that only the mentor does."""
    placement = await people.supervised()

    async with people.as_supervisor() as sam, people.as_coordinator() as coordinator:
        answers = [
            await who.post(f"/v1/placements/{placement.id}/hours", json=hours()) for who in (sam, coordinator)
        ]

    assert outcomes(*answers) == [(403, "hours_of_somebody_else")] * 2


async def test_another_supervisor(people: People) -> None:
    """A supervisor of the site neither acts on somebody else's placement nor reads any part of it."""
    placement = await people.supervised()
    written, entry = await some_work(people, placement.id)
    at = f"/v1/placements/{placement.id}"

    async with people.as_supervisor(people.lee) as lee:
        done = await everything(lee, at, session_id=written, entry=entry)
        read = [await lee.get(f"{at}{path}") for path in ("", "/sessions", "/hours", "/reviews")]

    assert outcomes(*done) == [(403, "placement_not_yours")] * 5
    assert outcomes(*read) == [(403, "role_missing")] * 4


async def test_another_sites_supervisor(people: People) -> None:
    """A supervisor of another site finds nothing, whatever they try."""
    placement = await people.supervised()
    written, entry = await some_work(people, placement.id)
    at = f"/v1/placements/{placement.id}"

    async with people.as_("supervisor", site="elsewhere") as stranger:
        done = await everything(stranger, at, session_id=written, entry=entry)
        read = [await stranger.get(f"{at}{path}") for path in ("", "/sessions", "/hours", "/reviews")]

    assert outcomes(*done, *read) == [(404, "not_found")] * 9


@pytest.mark.parametrize("site", [None, "elsewhere"])
async def test_assigned_and_no_longer_at_the_site(people: People, site: str | None) -> None:
    """Who is assigned but has lost the site acts no more, is told what is missing, and reads nothing."""
    placement = await people.supervised()
    written, entry = await some_work(people, placement.id)
    at = f"/v1/placements/{placement.id}"

    async with people.app.client(people.sam, [("supervisor", site)] if site else []) as sam:
        done = await everything(sam, at, session_id=written, entry=entry)
        read = [await sam.get(f"{at}{path}") for path in ("", "/sessions", "/hours", "/reviews")]

    assert outcomes(*done) == [(403, "supervisor_role_missing")] * 5
    assert outcomes(*read) == [(404, "not_found")] * 4
    assert [words(found.text).notes for found in await people.sessions(placement.id)] == ["a hard week"]


async def test_assigned_and_now_a_coordinator(people: People) -> None:
    """A supervisor who became a coordinator hands their placement over, and reads it as staff, without texts."""
    placement = await people.supervised()
    await some_work(people, placement.id)
    await people.supervisor(people.lee)

    async with people.app.client(people.sam, [("coordinator", people.site)]) as sam:
        sessions = (await sam.get(f"/v1/placements/{placement.id}/sessions")).json()["items"]
        await hand_over(sam, placement.id, people.lee)

    assert [found["text"] for found in sessions] == [None]
    assert (await people.placement(placement.id)).supervisor == people.lee


async def test_after_a_reassignment(people: People) -> None:
    """The new supervisor reads, rewrites and signs what was left; the former one does none of it."""
    placement = await people.supervised()
    written, entry = await some_work(people, placement.id)
    await people.supervisor(people.lee)
    at = f"/v1/placements/{placement.id}"

    async with people.as_coordinator() as coordinator:
        await hand_over(coordinator, placement.id, people.lee)
    async with people.as_supervisor() as sam, people.as_supervisor(people.lee) as lee:
        former = await everything(sam, at, session_id=written, entry=entry)
        former_reads = [await sam.get(f"{at}{path}") for path in ("", "/sessions", "/hours")]
        read = (await lee.get(f"{at}/sessions")).json()["items"][0]["text"]["notes"]
        rewritten = await lee.post(f"{at}/sessions/{written}/notes", json={"notes": "shorter"})
        signed = await lee.post(f"{at}/hours/{entry}/approval")

    assert outcomes(*former) == [(403, "placement_not_yours")] * 5
    assert [answer.status_code for answer in former_reads] == [403] * 3
    assert read == "a hard week"
    assert (rewritten.status_code, signed.status_code) == (200, 200)
    [kept] = await people.sessions(placement.id)
    assert (kept.supervisor, kept.rewritten_by, words(kept.text).notes) == (people.sam, people.lee, "shorter")


async def test_notes(people: People) -> None:
    """Notes are read by the supervisor only; a name in them brings a warning that does not repeat it."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}/sessions"

    async with people.as_supervisor() as sam, people.as_mentor() as mentor, people.as_coordinator() as staff:
        logged = await sam.post(at, json=session(notes="We spoke about Maria", follow_ups=["rest"]))
        changed = await sam.post(f"{at}/{logged.json()['session']}/notes", json={"notes": "about a client"})
        for_sam = (await sam.get(at)).json()["items"][0]
        for_mentor = (await mentor.get(at)).json()["items"][0]
        for_staff = (await staff.get(at)).json()["items"][0]

    [warning] = logged.json()["warnings"]
    assert warning["code"] == "note_may_name_client"
    assert "Maria" not in logged.text
    assert changed.json()["warnings"] == []
    assert for_sam["text"] == {"notes": "about a client", "follow_ups": []}
    assert for_sam["rewritten_by"] == people.sam
    assert (for_mentor["text"], for_staff["text"]) == (None, None)


async def test_names_in_other_texts(people: People) -> None:
    """Follow-ups, the mentor's note and the reason for a return are searched for names as well."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"

    async with people.as_supervisor() as sam, people.as_mentor() as mentor:
        answers = [
            await sam.post(f"{at}/sessions", json=session(follow_ups=["rest", "call Maria"])),
            reported := await mentor.post(f"{at}/hours", json=hours(note="walked with Maria")),
            await sam.post(
                f"{at}/hours/{reported.json()['entry']}/return", json={"reason": "was it with Maria?"}
            ),
        ]

    for answer in answers:
        [warning] = answer.json()["warnings"]
        assert warning["code"] == "note_may_name_client"
        assert "Maria" not in answer.text


async def test_who_reads_remarks(people: People) -> None:
    """What is written beside hours is read by the mentor and the supervisor, not by staff or certifiers."""
    placement = await people.supervised()
    await some_work(people, placement.id)
    at = f"/v1/placements/{placement.id}/hours"

    notes = []
    for who in (people.as_mentor(), people.as_supervisor(), people.as_coordinator(), people.as_("certifier")):
        async with who as reader:
            notes.append((await reader.get(at)).json()["items"][0]["note"])

    assert notes == ["long day", "long day", None, None]


async def test_who_reads_scores(people: People) -> None:
    """The mentor, the supervisor and coordinators read the scores; certifiers and auditors the outcome."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}/reviews"
    async with people.as_supervisor() as sam:
        await sam.post(at, json={"scores": full_scores(3), "outcome": "developing"})

    with_scores = (people.as_mentor(), people.as_supervisor(), people.as_coordinator())
    for who in with_scores:
        async with who as reader:
            [review] = (await reader.get(at)).json()["reviews"]
            assert (review["scores"], review["outcome"]) == (full_scores(3), "developing")
    for who in (people.as_("certifier"), people.as_("auditor")):
        async with who as reader:
            [review] = (await reader.get(at)).json()["reviews"]
            assert (review["scores"], review["outcome"]) == (None, "developing")


async def test_certifiers_look_up_evidence(people: People) -> None:
    """A certifier of the site opens what a certificate rests on, but no list of people and no session."""
    placement = await people.supervised()
    at = f"/v1/placements/{placement.id}"

    async with people.as_("certifier") as certifier:
        read = [await certifier.get(f"{at}{path}") for path in ("", "/hours", "/reviews")]
        not_read = [await certifier.get(path) for path in (f"{at}/sessions", "/v1/placements")]

    assert [answer.status_code for answer in read] == [200] * 3
    assert [answer.status_code for answer in not_read] == [403] * 2


async def test_work_in_pages(people: People) -> None:
    """Sessions and hours come page by page, in the order in which they were written."""
    placement = await people.supervised(days=5)
    at = f"/v1/placements/{placement.id}"
    async with people.as_supervisor() as sam, people.as_mentor() as mentor:
        for minutes in (10, 20, 30):
            await sam.post(f"{at}/sessions", json=session(minutes=minutes))
            await mentor.post(f"{at}/hours", json=hours(minutes / 10))
        for path, field, expected in (
            ("sessions", "minutes", [10, 20, 30]),
            ("hours", "hours", [1, 2, 3]),
        ):
            first = (await mentor.get(f"{at}/{path}", params={"limit": 2})).json()
            where = {"limit": 2, "cursor": first["next"]}
            second = (await mentor.get(f"{at}/{path}", params=where)).json()
            assert [item[field] for item in first["items"] + second["items"]] == expected
            assert second["next"] is None


async def test_repeated_report(people: People) -> None:
    """The same report sent twice with one Idempotency-Key is one entry, and the same answer."""
    placement = await people.supervised()
    key = {"Idempotency-Key": new_id()}

    async with people.as_mentor() as mentor:
        first = await mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(), headers=key)
        again = await mentor.post(f"/v1/placements/{placement.id}/hours", json=hours(), headers=key)

    assert first.json() == again.json()
    assert len(await people.entries(placement.id)) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"mood": "fine"},
        {"worked_on": "yesterday"},
        {"worked_on": 20_000},
        {"hours": True},
        {"hours": "4"},
    ],
)
async def test_wrong_hours(people: People, wrong: dict[str, object]) -> None:
    """Unknown fields, and values that stand for something else in another language, are refused."""
    placement = await people.supervised()

    async with people.as_mentor() as mentor:
        answer = await mentor.post(f"/v1/placements/{placement.id}/hours", json={**hours(), **wrong})

    assert outcomes(answer) == [(422, "invalid_request")]


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"kind": "party"}, "invalid_request"),
        ({"minutes": True}, "invalid_request"),
        ({"held": 1_772_000_000}, "invalid_request"),
        ({"held": "2199-01-01T00:00:00Z"}, "session_in_future"),
        ({"minutes": 10**12}, "session_minutes_out_of_range"),
    ],
)
async def test_wrong_sessions(people: People, wrong: dict[str, object], code: str) -> None:
    """A session of no known kind, in no real time or still to come is refused."""
    placement = await people.supervised()

    async with people.as_supervisor() as sam:
        answer = await sam.post(f"/v1/placements/{placement.id}/sessions", json=session(**wrong))

    assert outcomes(answer) == [(422, code)]


async def test_a_score_is_a_number(people: People) -> None:
    """True is no score, though a lenient reader would take it for 1."""
    placement = await people.supervised()
    scores = {**full_scores(), "boundaries": True}

    async with people.as_supervisor() as sam:
        answer = await sam.post(
            f"/v1/placements/{placement.id}/reviews", json={"scores": scores, "outcome": "meets"}
        )

    assert outcomes(answer) == [(422, "invalid_request")]


async def test_deciding_hours_at_once(people: People) -> None:
    """Approved and returned at the same moment, an entry is decided once."""
    placement = await people.supervised()
    _, entry = await some_work(people, placement.id)
    at = f"/v1/placements/{placement.id}/hours"

    async with people.as_supervisor() as sam:
        answers = await asyncio.gather(
            sam.post(f"{at}/{entry}/approval"),
            sam.post(f"{at}/{entry}/return", json={"reason": "why"}),
            sam.post(f"{at}/{entry}/approval"),
        )

    assert sorted(answer.status_code for answer in answers) == [200, 409, 409]
    approved = (await people.placement(placement.id)).hours.approved
    assert approved == (4 if answers[1].status_code == 409 else 0)


async def test_another_placements_parts(people: People) -> None:
    """A session or an entry is reached through its own placement only."""
    placement, other = await people.supervised(), await people.supervised_again()
    written, entry = await some_work(people, placement.id)

    async with people.as_supervisor() as sam:
        answers = await everything(sam, f"/v1/placements/{other.id}", session_id=written, entry=entry)

    assert outcomes(*answers[1:4]) == [
        (404, "session_unknown"),
        (404, "hours_entry_unknown"),
        (404, "hours_entry_unknown"),
    ]
