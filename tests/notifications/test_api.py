"""The inbox, preferences and deliveries over HTTP."""

import pytest

from services.notifications.domain.audience import Audience
from services.notifications.domain.delivery import Delivery
from shared.ids import new_id
from tests.notifications.builders import SITE, after, message, recipient
from tests.notifications.running import notifications, save
from tests.support.stack import Stack

pytestmark = pytest.mark.timeout(120)

COORDINATOR = [("coordinator", SITE)]


def person() -> str:
    return f"person-{new_id()}"


async def test_the_inbox_is_newest_first_and_one_s_own(stack: Stack) -> None:
    """Pages follow each other without gap or repetition, and hold nobody else's messages."""
    async with notifications(stack, work=False) as (app, _):
        me = person()
        mine = [message(person=me, created=after(minutes=number // 2)) for number in range(7)]
        await save(app, [*mine, message(person=person())])
        seen: list[str] = []
        cursor: str | None = None
        async with app.client(me) as client:
            while cursor is not None or not seen:
                query: dict[str, int | str] = {"limit": 3, **({"cursor": cursor} if cursor else {})}
                answer = (await client.get("/v1/inbox", params=query)).json()
                seen += [item["id"] for item in answer["items"]]
                cursor = answer["next"]

        newest_first = sorted(mine, key=lambda item: (item.created, item.id), reverse=True)
        assert seen == [item.id for item in newest_first]


async def test_messages_are_in_the_reader_s_language(stack: Stack) -> None:
    """The words are found at reading, in the language of the contact; without one, in English."""
    async with notifications(stack, work=False) as (app, _):
        known, unknown = person(), person()
        await save(app, [message(person=known), message(person=unknown), recipient(known, language="es")])
        subjects = []
        for who in (known, unknown):
            async with app.client(who) as client:
                subjects.append((await client.get("/v1/inbox")).json()["items"][0]["subject"])

        assert subjects == ["Tu plan de aprendizaje está listo", "Your learning plan is ready"]


async def test_reading_counts_down(stack: Stack) -> None:
    """What was read is no longer unread, and reading it again changes nothing."""
    async with notifications(stack, work=False) as (app, _):
        me = person()
        first, second = message(person=me), message(person=me)
        await save(app, [first, second])
        async with app.client(me) as client:
            assert (await client.get("/v1/inbox/unread-count")).json() == {"unread": 2, "more": False}
            once = await client.post(f"/v1/inbox/{first.id}/read")
            twice = await client.post(f"/v1/inbox/{first.id}/read")
            unread = (await client.get("/v1/inbox", params={"unread": True})).json()["items"]

        assert once.status_code == twice.status_code == 200
        assert once.json() == twice.json()
        assert [item["id"] for item in unread] == [second.id]


async def test_another_s_message_does_not_exist(stack: Stack) -> None:
    """Reading, or asking about, somebody else's message is answered as if there were none."""
    async with notifications(stack, work=False) as (app, _):
        theirs = message(person=person())
        await save(app, [theirs])
        async with app.client(person(), COORDINATOR) as client:
            answers = [
                await client.post(f"/v1/inbox/{theirs.id}/read"),
                await client.get(f"/v1/inbox/{theirs.id}/why"),
            ]

        assert [(answer.status_code, answer.json()["code"]) for answer in answers] == [
            (404, "message_unknown"),
            (404, "message_unknown"),
        ]


@pytest.mark.parametrize(("grants", "count"), [(COORDINATOR, 2), ([("coordinator", "hillside")], 1), ([], 1)])
async def test_what_came_with_a_duty_goes_with_it(
    stack: Stack, grants: list[tuple[str, str]], count: int
) -> None:
    """Who no longer coordinates a site finds nothing of it in the inbox or the count."""
    async with notifications(stack, work=False) as (app, _):
        me = person()
        official = message(person=me, audience=Audience.COORDINATORS, template="application_to_look_at")
        await save(app, [message(person=me), official])
        async with app.client(me, grants) as client:
            items = (await client.get("/v1/inbox")).json()["items"]
            unread = (await client.get("/v1/inbox/unread-count")).json()["unread"]

        assert len(items) == unread == count


async def test_why(stack: Stack) -> None:
    """One can always ask why a message came, and what became of its e-mail."""
    async with notifications(stack, work=False) as (app, _):
        me = person()
        item = message(person=me)
        await save(app, [item, Delivery.of(item)])
        async with app.client(me) as client:
            answer = (await client.get(f"/v1/inbox/{item.id}/why")).json()

        assert answer["why"] == "Why you got this: it is about your own record."
        assert (answer["audience"], answer["email"], answer["email_reason"]) == ("person", "pending", None)


async def test_preferences(stack: Stack) -> None:
    """Choices are kept, replaced as a whole, and guarded against a second window."""
    async with notifications(stack, work=False) as (app, _):
        choice = {"muted": [{"kind": "hours", "channel": "email"}]}
        async with app.client(person()) as client:
            none = await client.get("/v1/preferences")
            kept = await client.put("/v1/preferences", json=choice)
            stale = await client.put(
                "/v1/preferences", json={"muted": []}, headers={"If-Match": none.headers["ETag"]}
            )
            cleared = await client.put("/v1/preferences", json={"muted": []})
            inbox = {"muted": [{"kind": "hours", "channel": "inbox"}]}
            refused = await client.put("/v1/preferences", json=inbox)

        assert none.json()["muted"] == []
        assert kept.json()["muted"] == choice["muted"]
        assert stale.status_code == 412
        assert cleared.json()["muted"] == []
        assert (refused.status_code, refused.json()["code"]) == (422, "inbox_cannot_be_muted")


async def test_coordinators_see_what_became_of_mails(stack: Stack) -> None:
    """A coordinator sees the deliveries of the site, without an address; a mentor sees none."""
    async with notifications(stack, work=False) as (app, _):
        me = person()
        item = message(person=me)
        await save(app, [item, Delivery.of(item), recipient(me)])
        where = {"site": SITE, "person": me}
        async with app.client(person(), COORDINATOR) as client:
            seen = await client.get("/v1/deliveries", params=where)
        async with app.client(person(), [("coordinator", "hillside")]) as client:
            other_site = await client.get("/v1/deliveries", params=where)
        async with app.client(me) as client:
            mentor = await client.get("/v1/deliveries", params=where)

        assert [row["message"] for row in seen.json()["items"]] == [item.id]
        assert "@" not in seen.text
        assert (other_site.status_code, mentor.status_code) == (404, 403)


async def test_nobody_without_a_token(stack: Stack) -> None:
    """Every route needs somebody signed in."""
    async with notifications(stack, work=False) as (app, _), app.client() as client:
        for path in ("/v1/inbox", "/v1/inbox/unread-count", "/v1/preferences", "/v1/deliveries"):
            assert (await client.get(path)).status_code == 401


async def test_a_cursor_of_nowhere(stack: Stack) -> None:
    """A cursor that is not ours is refused with what to do."""
    async with notifications(stack, work=False) as (app, _), app.client(person()) as client:
        answer = await client.get("/v1/inbox", params={"cursor": "nonsense"})

        assert (answer.status_code, answer.json()["code"]) == (422, "cursor_invalid")
