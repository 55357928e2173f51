"""The inbox, preferences and deliveries over HTTP."""

from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel

from services.notifications.api.views import (
    DeliveryView,
    MessageView,
    PreferencesBody,
    PreferencesView,
    ReadView,
    UnreadCount,
    WhyView,
)
from services.notifications.domain.audience import Audience
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.message import Message
from services.notifications.service import SERVICE
from shared.ids import new_id
from tests.notifications.builders import NOON, SITE, after, message, recipient
from tests.notifications.running import notifications, save
from tests.support.stack import Stack

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
    """Reading, or asking about, somebody else's message is answered word for word as if there were none."""
    async with notifications(stack, work=False) as (app, _):
        theirs, none = message(person=person()), message(person=person())
        await save(app, [theirs])
        async with app.client(person(), COORDINATOR) as client:
            answers = {
                (answer.status_code, answer.json()["code"], answer.json()["detail"].replace(id, "ID"))
                for id in (theirs.id, none.id)
                for answer in (
                    await client.post(f"/v1/inbox/{id}/read"),
                    await client.get(f"/v1/inbox/{id}/why"),
                )
            }

        ((status, code, _detail),) = answers
        assert (status, code) == (404, "message_unknown")


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
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid_request")


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
    """A cursor that is not ours is refused with what to do, however much it looks like one."""
    async with notifications(stack, work=False) as (app, _), app.client(person(), COORDINATOR) as client:
        answers = [
            await client.get(path, params={"cursor": cursor})
            for path in ("/v1/inbox", "/v1/deliveries")
            for cursor in ("nonsense", f"999999999999999_{new_id()}", f"1_{'-' * 36}x")
        ]

        assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
            (422, "cursor_invalid")
        }


def failed(item: Message) -> Delivery:
    delivery = Delivery.of(item)
    delivery.refused("550", now=item.created)
    return delivery


async def test_deliveries_are_newest_first(stack: Stack) -> None:
    """Pages of deliveries follow each other by time, and can be narrowed to a state."""
    async with notifications(stack, work=False) as (app, _):
        items = [message(person=person(), created=after(minutes=number // 2)) for number in range(7)]
        over = [failed(item) for item in items[:3]]
        await save(app, [*over, *(Delivery.of(item) for item in items[3:])])
        seen: list[str] = []
        cursor: str | None = None
        async with app.client(person(), [("auditor", SITE)]) as client:
            while cursor is not None or not seen:
                query: dict[str, int | str] = {"limit": 2, **({"cursor": cursor} if cursor else {})}
                answer = (await client.get("/v1/deliveries", params=query)).json()
                seen += [item["message"] for item in answer["items"]]
                cursor = answer["next"]
            only = (await client.get("/v1/deliveries", params={"state": "failed"})).json()["items"]

        made = sorted(items, key=lambda item: (item.created, Delivery.of(item).id), reverse=True)
        assert seen == [item.id for item in made]
        assert {item["id"] for item in only} == {delivery.id for delivery in over}


async def test_a_failed_mail_is_sent_again(stack: Stack) -> None:
    """A coordinator of the site has it sent again, once however often it is asked; nobody else may."""
    async with notifications(stack, work=False) as (app, _):
        item = message(person=person())
        delivery = failed(item)
        await save(app, [item, delivery, recipient(item.person)])
        path = f"/v1/deliveries/{delivery.id}/send-again"
        refusals = []
        for grants in ([("auditor", SITE)], [("coordinator", "hillside")], []):
            async with app.client(person(), grants) as client:
                refusals.append((await client.post(path)).status_code)
        async with app.client(person(), COORDINATOR) as client:
            once, twice = await client.post(path), await client.post(path)
            unknown = await client.post(f"/v1/deliveries/{new_id()}/send-again")

        assert refusals == [403, 404, 404]
        assert (once.status_code, once.json()["state"], once.json()["attempts"]) == (200, "pending", 0)
        assert once.json() == twice.json()
        assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")


async def test_a_message_whose_text_has_changed(stack: Stack) -> None:
    """One message that can't be written any more is shown as its subject, and the others as they are."""
    async with notifications(stack, work=False) as (app, _):
        me = person()
        await save(app, [message(person=me, template="interview_set"), message(person=me)])
        async with app.client(me) as client:
            items = (await client.get("/v1/inbox")).json()["items"]

        shown = {item["subject"]: len(item["paragraphs"]) for item in items}
        assert shown == {"A date for your conversation with us": 0, "Your learning plan is ready": 2}


@pytest.mark.parametrize(
    ("collection", "where", "found"),
    [
        ("messages", {"person": "p-1"}, 60),
        ("messages", {"person": "p-1", "read_at": None}, 3),
        ("deliveries", {"person": "p-1"}, 60),
        ("deliveries", {"site": SITE}, 120),
        ("deliveries", {"site": SITE, "state": "failed"}, 3),
    ],
)
async def test_lists_follow_an_index(
    stack: Stack, collection: str, where: dict[str, Any], found: int
) -> None:
    """A list is read in the order of an index and looks at nothing but what it shows, however long it grows."""
    async with notifications(stack, work=False) as (app, _):
        items = [message(person=f"p-{number % 2}", created=after(minutes=number)) for number in range(120)]
        for item in items[:114]:
            item.read(now=item.created)
        over = [failed(item) for item in items[:3]]
        await save(app, [*items, *over, *(Delivery.of(item) for item in items[3:])])
        find = {"find": collection, "filter": where, "sort": {"created": -1, "_id": -1}}
        explained = await app.database.command({"explain": find, "verbosity": "executionStats"})

    stats = explained["executionStats"]
    assert (stats["nReturned"], stats["totalDocsExamined"]) == (found, found)
    assert "'stage': 'SORT'" not in str(explained["queryPlanner"]["winningPlan"])


async def test_what_is_due_is_found_by_an_index(stack: Stack) -> None:
    """The dispatcher's question is answered, in order, from an index that holds pending deliveries alone."""
    async with notifications(stack, work=False) as (app, _):
        due = {"state": "pending", "channel": "email", "next_try": {"$lte": NOON}}
        find = {"find": "deliveries", "filter": due, "sort": {"next_try": 1}}
        explained = await app.database.command({"explain": find, "verbosity": "queryPlanner"})

    plan = str(explained["queryPlanner"]["winningPlan"])
    assert "'indexName': 'state_1_channel_1_next_try_1'" in plan
    assert "'stage': 'SORT'" not in plan


def test_what_is_over_is_not_kept_for_ever() -> None:
    """Notices are gone after a month, and it can be looked up for a year what became of an e-mail."""
    kept = {
        (collection.name, index.keys[0][0]): index.expire_after_s
        for collection in SERVICE.collections
        for index in collection.indexes
        if index.expire_after_s
    }

    day = 24 * 60 * 60
    assert kept == {("notices", "created"): 30 * day, ("deliveries", "ended"): 365 * day}


def examples_of(schema: Any, components: dict[str, Any]) -> Iterator[Any]:
    """Every example in a schema, and in those it names."""
    if isinstance(schema, list):
        for part in schema:
            yield from examples_of(part, components)
    elif isinstance(schema, dict):
        yield from schema.get("examples", ())
        yield from filter(None, [schema.get("example")])
        if "$ref" in schema:
            yield from examples_of(components[schema["$ref"].rpartition("/")[2]], components)
        yield from examples_of([*schema.values()], components)


async def test_every_route_has_an_example(stack: Stack) -> None:
    """The OpenAPI document shows for every route what it answers, by an example that is true to its type."""
    async with notifications(stack, work=False) as (app, _), app.client() as client:
        document = (await client.get("/openapi.json")).json()
    routes = {
        f"{method} {path}": answer["responses"]["200"]["content"]["application/json"]["schema"]
        for path, methods in document["paths"].items()
        for method, answer in methods.items()
        if path.startswith("/v1/")
    }

    assert {"get /v1/inbox", "get /v1/parking/keys"} <= routes.keys()
    for route, schema in routes.items():
        assert list(examples_of(schema, document["components"]["schemas"])), route


@pytest.mark.parametrize(
    "view", [MessageView, ReadView, UnreadCount, WhyView, DeliveryView, PreferencesBody, PreferencesView]
)
def test_examples_are_true_to_their_type(view: type[BaseModel]) -> None:
    """An example has every field of its type and nothing else."""
    (example,) = view.model_json_schema()["examples"]

    assert example.keys() == view.model_fields.keys()
    view.model_validate(example)
