"""What is written about a person in training is sealed by the person's key."""

import re
from collections.abc import Iterator
from contextlib import AsyncExitStack
from datetime import UTC, datetime
from typing import Any, get_args, get_origin

from bson import encode
from pydantic import BaseModel

from services.training.domain.erasing import ToForget
from services.training.migrations import migrations
from services.training.service import SERVICE
from shared.clock import utc_now
from shared.domain.aggregate import Aggregate
from shared.domain.erasure import ErasedPerson
from shared.domain.sealed import Sealed, sealed_parts
from shared.storage.schema import migrate
from shared.storage.sealing import seal_stored
from shared.storage.unit_of_work import Change
from shared.storage.vault import destroying
from tests.support.running import Started
from tests.support.stack import Stack
from tests.training.builders import MENTOR, PROGRAMMES, SITE, opened
from tests.training.test_api import at
from tests.training.test_learning_api import DAY, rich_service
from tests.training.written import SECRET, Written, as_once_stored, written

STAFF = [(role, SITE) for role in ("trainer", "assessor", "certifier", "supervisor")]


async def stored(app: Started) -> bytes:
    """Every document of every collection: records, outbox, kept answers, parked events and all."""
    rows = [await app.database.find(name, {}) for name in await app.database.collections()]
    return b"".join(encode(row) for some in rows for row in some)


async def read(app: Started, it: Written) -> str:
    """Everything that the person reads of these records, and the answer that an assessor reads."""
    of_enrolment = ("", "/logs", "/recognitions", "/education", "/documents", "/returns")
    paths = [at(it.enrolment, path) for path in of_enrolment]
    paths += [
        f"/v1/certificates/{it.certificate.id}",
        f"/v1/appeals/{it.appeal.id}",
        f"/v1/help/{it.help.id}",
    ]
    async with app.client(MENTOR) as me, app.client("ada", [("assessor", SITE)]) as assessor:
        answers = [await me.get(path) for path in paths]
        answers.append(await assessor.get(at(it.enrolment, "/assessments/written/attempts/2/review")))
    assert {answer.status_code for answer in answers} == {200}
    return "".join(answer.text for answer in answers)


def numbers(text: str) -> set[int]:
    """Which of the texts are in it."""
    return {int(number) for number in re.findall(rf"{SECRET} (\d+)\.", text)}


async def test_text_is_nowhere_in_plain_form_and_goes_with_the_key(stack: Stack) -> None:
    """Reasons, notes, answers and words are read by whom they are for, and by nobody once the key is gone."""
    it = written()
    async with rich_service(stack, *it.all) as app:
        assert SECRET.encode() not in await stored(app)
        assert numbers(await read(app, it)) == set(range(1, it.texts + 1))
        async with app.client("aud", [("coordinator", SITE)]) as other:
            assert SECRET not in (await other.get(f"/v1/certificates/{it.certificate.id}")).text
        gone = destroying(MENTOR, now=app.runtime.clock())
        await app.runtime.committer.commit(Change(writes=(gone,)))
        after = await read(app, it)
        assert numbers(after) == set()
        # Three entries of the certificate, and one of each other list.
        assert after.count('"erased":true') == 10
        assert '"answer":null' in after


async def test_no_command_repeats_it(stack: Stack) -> None:
    """Neither an answer, nor what is kept of it for a repetition, nor an event holds what was sent."""
    enrolment = opened()
    say = (f"{SECRET} {number}." for number in range(1, 100))
    async with rich_service(stack, enrolment) as app, AsyncExitStack() as clients:
        me = await clients.enter_async_context(app.client(MENTOR))
        sam = await clients.enter_async_context(app.client("sam", STAFF))

        async def send(client: Any, path: str, **body: Any) -> Any:
            answer = await client.post(path, json=body, headers={"Idempotency-Key": path})
            assert (answer.status_code in {200, 201}, SECRET in answer.text) == (True, False), answer.text
            return answer.json()

        asked = await send(me, at(enrolment, "/help"), topic="pace", question=next(say))
        await send(sam, f"/v1/help/{asked['help']}/answer", answer=next(say))
        day = {"kind": "supervised_practice", "beside": "sam", "day": DAY, "hours": 2}
        log = await send(me, at(enrolment, "/logs"), module="crisis_response", note=next(say), **day)
        async with app.client("sam", STAFF) as supervisor:
            assert SECRET in (await supervisor.get("/v1/me/logs-to-confirm")).text
        entry = log["items"][0]["log"]
        await send(sam, at(enrolment, f"/logs/{entry}/return"), reason=next(say))
        course = {"provider": "academy", "day": DAY, "hours": 3, "bucket": "ethics"}
        entry = (await send(me, at(enrolment, "/education"), title=next(say), **course))["items"][0][
            "education"
        ]
        await send(sam, at(enrolment, f"/education/{entry}/return"), reason=next(say))
        path = at(enrolment, "/recognitions")
        entry = (await send(me, path, module="communication", evidence=next(say)))["items"][0]["recognition"]
        await send(sam, f"{path}/{entry}/return", reason=next(say), would_help=next(say))
        assert SECRET.encode() not in await stored(app)
        assert await app.database.count("keys", {}) == 1


async def test_the_migration_seals_what_is_stored(stack: Stack) -> None:
    """Each author's words are parted and sealed, and read as ever; again it changes nothing, and half-way neither."""
    it = written()
    once = {aggregate.collection: as_once_stored(aggregate.document()) for aggregate in it.all}
    async with rich_service(stack, *it.all) as app:
        await _store_as_once(app, once)
        assert numbers((await stored(app)).decode("latin-1")) == set(range(1, it.texts + 1))
        for _ in range(2):
            await _migrate(app)
            assert SECRET.encode() not in await stored(app)
            assert numbers(await read(app, it)) == set(range(1, it.texts + 1))
        for aggregate in it.all:
            row = await app.database.get(aggregate.collection, aggregate.id)
            assert row
            assert (await _open(app, type(aggregate).rebuild(row))) == (await _open(app, aggregate))


async def test_the_migration_forgets_whom_was_erased_before(stack: Stack) -> None:
    """Text about somebody whose key is destroyed is dropped, and the rest is on the list of what to forget."""
    it = written()
    once = {aggregate.collection: as_once_stored(aggregate.document()) for aggregate in it.all}
    async with rich_service(stack) as app:
        gone = destroying(MENTOR, now=app.runtime.clock())
        await app.runtime.committer.commit(Change(writes=(gone,)))
        erased = ErasedPerson(id=MENTOR, site=SITE, version=1, at=datetime(2026, 6, 1, tzinfo=UTC))
        once[erased.collection] = erased.document()
        await _store_as_once(app, once)
        for _ in range(2):
            await _migrate(app)
        assert SECRET.encode() not in await stored(app)
        assert [row["_id"] for row in await app.database.find(ToForget.collection, {})] == [MENTOR]


async def _store_as_once(app: Started, once: dict[str, dict[str, Any]]) -> None:
    for collection, row in once.items():
        change = {"$set": {name: value for name, value in row.items() if name != "_id"} | {"version": 7}}
        await app.database.change_one(collection, {"_id": row["_id"]}, change, upsert=True)


async def _migrate(app: Started) -> None:
    database, vault = app.database, app.runtime.vault
    assert vault is not None
    await database.delete("migrations", {"_id": {"$gt": 100}})
    await migrate(
        database, SERVICE.all_collections, migrations(PROGRAMMES), now=utc_now(),
        seal=lambda kind: seal_stored(database, vault, kind),
    )  # fmt: skip


async def _open(app: Started, aggregate: Aggregate) -> list[Any]:
    """The text of every sealed part, in order."""
    assert app.runtime.vault is not None
    await app.runtime.vault.open(aggregate)
    return [part.read() for part in sealed_parts(aggregate)]


def test_text_about_people_is_sealed_wherever_it_is_kept() -> None:
    """No record has a part in plain form that is named for its text, but for those that are about no one person."""
    plain = {
        (kind.__name__, name)
        for kind in _all_kinds(BaseModel)
        if kind.__module__.startswith("services.training.domain.")
        for name, field in kind.model_fields.items()
        if get_origin(field.annotation) is not Sealed
        for one in (field.annotation, *get_args(field.annotation))
        if isinstance(one, type) and one.__name__.endswith("Text")
    }
    of_dates_and_rules = {("Cancellation", "text"), ("Version", "text")}
    assert plain == of_dates_and_rules


def _all_kinds(kind: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for one in kind.__subclasses__():
        yield from (one, *_all_kinds(one))
