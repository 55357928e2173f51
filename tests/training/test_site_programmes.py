"""Programmes of sites over HTTP and Kafka: who may, what is refused, and that people train under them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import httpx
import pytest
import yaml
from pymongo.monitoring import CommandListener, CommandStartedEvent

from services.training.domain.enrolment import Enrolment
from services.training.domain.site_programme import SiteProgramme
from services.training.service import PROGRAMMES, SERVICE
from services.training.stock import Stock
from shared.clock import utc_now
from shared.contracts.topics import TRAINING
from shared.ids import new_id
from shared.messaging.batch import Batch
from shared.messaging.outbox import event_row
from shared.service.command_line import refuse_half_way
from tests.support.records import record_of
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import CORE, OPENED, SITE, hours, opened, screened
from tests.training.test_api import refused, said, service, store

ADMIN = [("site_admin", SITE)]
HILLSIDE = [("site_admin", "hillside")]
ALL = f"/v1/sites/{SITE}/programmes"
CODE = "riverside-core"
OWN = f"{ALL}/{CODE}"


async def copy(client: httpx.AsyncClient, code: str = CODE, **body: Any) -> httpx.Response:
    return await client.post(ALL, json={"code": code, "source": "core", **body})


async def rules(client: httpx.AsyncClient) -> dict[str, Any]:
    """The draft as it is, to be edited."""
    found: dict[str, Any] = (await client.get(f"{OWN}/draft")).json()["rules"]
    return found


async def publish(client: httpx.AsyncClient, **body: Any) -> httpx.Response:
    return await client.post(f"{OWN}/versions", json={"reason": "The team agreed.", **body})


@asynccontextmanager
async def published(stack: Stack) -> AsyncIterator[tuple[Started, httpx.AsyncClient]]:
    """Training, and an admin who has published a programme of the site with 80 hours of work."""
    async with service(stack) as app, app.client("ada", ADMIN) as admin:
        await copy(admin)
        own = await rules(admin)
        own["certification"]["supervised_hours"]["value"] = 80
        assert (await admin.put(f"{OWN}/draft", json=own)).status_code == 200
        assert (await publish(admin)).status_code == 201
        yield app, admin


async def test_from_a_copy_to_a_version(stack: Stack) -> None:
    """A programme is copied, edited, published with a name and a reason, and read by the site's people at once."""
    async with published(stack) as (app, admin):
        shown = (await admin.get(OWN)).json()
        (version,) = shown["versions"]
        assert (version["published_by"], version["reason"]) == ("ada", "The team agreed.")
        assert (shown["copied_from"], shown["draft_saved"]) == ("core/1", None)
        assert (await admin.get(ALL)).json()["items"][0]["programme"] == CODE
        async with app.client("t", [("trainer", SITE)]) as trainer:
            listed = {one["code"]: one for one in (await trainer.get("/v1/programmes")).json()}
            assert listed[CODE]["certification"]["supervised_hours"]["value"] == 80
            assert "mhr_1" not in (await trainer.get(f"/v1/programmes/{CODE}")).text
        assert await said(app) == ["programme.published.v1"]


WRONG = [
    ('{"title": "x"}', "application/json", "modules", "add it"),
    ('{"code": "x"}', "application/json", "code", "leave it out"),
    ("[]", "application/json", "", "send its rules as an object"),
    ("{", "application/json", "", "correct it"),
    ("title: [", "application/yaml", "", "correct it"),
    ("title: a\ntitle: b", "application/yaml", "title", "keep one"),
]


async def test_rules_that_hold_and_rules_that_cannot(stack: Stack) -> None:
    """Rules come as JSON or YAML, with a bank that ships; wrong ones are refused with every place and remedy."""
    async with published(stack) as (_, admin):
        for body, kind, where, remedy in WRONG:
            answer = await admin.put(f"{OWN}/draft", content=body, headers={"Content-Type": kind})
            refused(answer, 422, "programme_invalid")
            faults = {fault["where"]: fault["remedy"] for fault in answer.json()["faults"]}
            assert remedy in faults[where], body
            assert answer.headers["content-type"] == "application/problem+json"
        own = (await admin.get(f"{OWN}/versions/1")).json()["rules"]
        own["title"] = "Riverside, by hand"
        modules = {module["code"]: [module["code"]] for module in own["modules"]}
        own["assessments"][0] |= {"bank": {"of": "core/written", "modules": modules}, "questions": []}
        header = {"Content-Type": "application/yaml"}
        saved = await admin.put(f"{OWN}/draft", content=yaml.safe_dump(own), headers=header)
        assert saved.status_code == 200, saved.text
        found = (await admin.get(f"{OWN}/differences", params={"before": 1})).json()
        assert [one["path"] for one in found["differences"]] == ["title"]


async def test_who_may(stack: Stack) -> None:
    """Only admins of the site see rules and change them; to another site's admin there is nothing there."""
    async with published(stack) as (app, _):
        for person, grants, status, code in [
            ("hil", HILLSIDE, 404, "not_found"),
            ("t", [("trainer", SITE)], 403, "role_missing"),
            ("m", [], 404, "not_found"),
        ]:
            async with app.client(person, grants) as client:
                for answer in (
                    await copy(client, "another"),
                    await client.put(f"{OWN}/draft", json={}),
                    await client.get(f"{OWN}/versions/1"),
                    await client.get(f"{OWN}/draft"),
                    await client.get(f"{OWN}/differences?before=1"),
                    await publish(client),
                    await client.post(f"{OWN}/versions/1/withdrawal", json={"reason": "r"}),
                    await client.put(f"{OWN}/sharing", json={"sites": ["hillside"]}),
                ):
                    refused(answer, status, code)
        async with app.client("hil", HILLSIDE) as other:
            own = f"/v1/sites/hillside/programmes/{CODE}"
            for answer in (await other.get(own), await other.put(f"{own}/sharing", json={"sites": []})):
                refused(answer, 404, "programme_unknown")
            copying = {"code": "hillside-core", "source": CODE}
            refused(await other.post("/v1/sites/hillside/programmes", json=copying), 404, "programme_unknown")
            refused(await other.get(f"/v1/programmes/{CODE}"), 404, "programme_unknown")
            assert CODE not in [one["code"] for one in (await other.get("/v1/programmes")).json()]
        async with app.client("org", [("organisation_admin", "*")]) as organisation:
            assert (await organisation.get(f"{OWN}/versions/1")).status_code == 200
        async with app.client("aud", [("auditor", SITE)]) as auditor:
            assert (await auditor.get(OWN)).status_code == 200


async def test_what_is_refused(stack: Stack) -> None:
    """No code twice, no version in the past or without news, no edit on what has changed since it was read."""
    async with published(stack) as (_, admin):
        refused(await copy(admin), 409, "programme_code_taken")
        refused(await copy(admin, "core"), 409, "programme_code_taken")
        refused(await copy(admin, "another", source="yoga"), 404, "programme_unknown")
        refused(await publish(admin), 409, "draft_missing")
        refused(await admin.get(f"{OWN}/draft"), 404, "draft_unknown")
        refused(await admin.get(f"{OWN}/versions/2"), 404, "version_unknown")
        refused(
            await admin.post(f"{OWN}/versions/1/withdrawal", json={"reason": "r"}), 409, "version_in_force"
        )
        first = (await admin.get(f"{OWN}/versions/1")).json()["rules"]
        stale = await admin.put(f"{OWN}/draft", json=first, headers={"If-Match": '"1"'})
        refused(stale, 412, "stale_version")
        await admin.put(f"{OWN}/draft", json=first)
        refused(await publish(admin), 409, "nothing_changed")
        await admin.put(f"{OWN}/draft", json={**first, "title": "Another"})
        refused(await publish(admin, effective_from="2020-01-01T00:00:00Z"), 422, "effective_in_the_past")
        refused(await admin.post(f"{OWN}/versions", json={}), 422, "invalid_request")


async def test_a_version_to_come(stack: Stack) -> None:
    """A version of a later date is not in force, and is withdrawn before it is; its number is gone with it."""
    async with published(stack) as (app, admin):
        first = (await admin.get(f"{OWN}/versions/1")).json()["rules"]
        await admin.put(f"{OWN}/draft", json={**first, "title": "To come"})
        later = (utc_now() + timedelta(days=30)).isoformat()
        assert (await publish(admin, effective_from=later)).status_code == 201
        assert (await admin.get(f"/v1/programmes/{CODE}")).json()["version"] == 1
        assert (await admin.get(f"/v1/programmes/{CODE}?version=2")).json()["title"] == "To come"

        withdrawn = await admin.post(f"{OWN}/versions/2/withdrawal", json={"reason": "Too early."})

        assert withdrawn.json()["versions"][1]["withdrawn_by"] == "ada"
        refused(await admin.get(f"/v1/programmes/{CODE}?version=2"), 404, "programme_unknown")
        assert (await said(app))[-1] == "programme.withdrawn.v1"


async def test_people_train_under_it(stack: Stack) -> None:
    """Somebody accepted for a site's own programme trains under it, and what is heard of them counts by its rules."""
    ana = new_id()
    async with started(SERVICE, stack) as app, app.client("ada", ADMIN) as admin:
        await copy(admin)
        assert (await publish(admin)).status_code == 201

        await app.publish(screened(person=ana, programme=CODE), subject=f"candidate-{ana}")
        # Hours are on another topic: without an enrolment they would wait for a human.
        await app.until(lambda: app.database.find_one("enrolments", {"person": ana}))
        heard = hours(6, person=ana).model_copy(update={"programme": CODE})
        await app.publish(heard, subject=f"placement-{ana}")

        async def counted() -> Enrolment | None:
            row = await app.database.find_one("enrolments", {"person": ana, "evidence.hours.0.hours": 6})
            return Enrolment.rebuild(row) if row else None

        found: Enrolment = await app.until(counted)
        assert (found.programme, found.programme_version) == (CODE, 1)
        assert await app.database.count("parked_events", {}) == 0
        async with app.client(ana) as me:
            mine = (await me.get("/v1/me/enrolments")).json()["items"][0]
            assert mine["standing"]["total"] == 10
            assert (await me.get(f"/v1/enrolments/{found.id}/plan")).status_code == 200
            assert (await me.get(f"/v1/programmes/{CODE}?version=1")).status_code == 200

        async def told() -> bool:
            types = [e.envelope.type for e in await app.events(TRAINING.name) if e.envelope and e.key != ana]
            return "peerpath.training.programme.published.v1" in types

        await app.until(told)


async def test_only_where_it_is_shared(stack: Stack) -> None:
    """At a site it is not shared with, an acceptance waits for a human; once it is shared, one opens an enrolment."""
    ben, cora = new_id(), new_id()
    async with started(SERVICE, stack) as app, app.client("ada", ADMIN) as admin:
        await copy(admin)
        await publish(admin)
        await app.publish(screened(person=ben, site="hillside", programme=CODE), subject=f"candidate-{ben}")

        async def parked() -> bool:
            rows = await app.database.find("parked_events", {})
            return [row["key"] for row in rows] == [ben]

        await app.until(parked)
        shared = await admin.put(f"{OWN}/sharing", json={"sites": ["hillside"]})
        assert shared.json()["shared_with"] == ["hillside"]
        await app.publish(screened(person=cora, site="hillside", programme=CODE), subject=f"candidate-{cora}")

        async def opened_there() -> bool:
            return await app.database.count("enrolments", {"person": cora, "site": "hillside"}) == 1

        await app.until(opened_there)


async def test_another_process_knows_it_at_once(stack: Stack) -> None:
    """What one process has published another serves with its next request, and reads only what has changed."""
    async with published(stack) as (app, admin):
        other = Stock(PROGRAMMES)
        assert (await other.fresh(app.database)).version(CODE, 1).certification.hours_of_work == 80
        before = await other.fresh(app.database)
        assert await other.fresh(app.database) is before

        await copy(admin, "riverside-two")
        assert await other.fresh(app.database) is before
        await admin.post(f"{ALL}/riverside-two/versions", json={"reason": "r"})

        assert (await other.fresh(app.database)).has("riverside-two", 1)


class Counted(CommandListener):
    """The finds that were sent to the server, by collection."""

    def __init__(self) -> None:
        self.finds: list[str] = []

    def started(self, event: CommandStartedEvent) -> None:
        """One more."""
        if event.command_name == "find":
            self.finds.append(event.command["find"])

    def succeeded(self, event: object) -> None:
        """Of no concern."""

    def failed(self, event: object) -> None:
        """Of no concern."""


async def test_a_batch_reads_a_programme_once(stack: Stack) -> None:
    """A hundred events of people under a site's programme cost one find of it; under one that ships, none."""
    seen, own = Counted(), SiteProgramme.copied(CODE, site=SITE, source=CORE, by="ada", now=OPENED)
    own.publish(OPENED, by="ada", reason="r", now=OPENED)
    async with started(SERVICE, stack, work=False, listeners=[seen]) as app:
        await store(app, own)
        batch = Batch(app.database, SERVICE.reactions, new_id=new_id)
        for programme, finds in ((CODE, 1), ("core", 0)):
            accepted = [screened(person=f"person-{n}", programme=programme) for n in range(100)]
            rows = [
                event_row(
                    event, id=new_id(), subject=event.person, sequence=1, now=utc_now(), traceparent=None
                )
                for event in accepted
            ]
            records = [record_of(row, offset=number) for number, row in enumerate(rows)]
            seen.finds.clear()
            outcome = await batch.decide([batch.read(record) for record in records], now=utc_now())

            assert (len(outcome.handled), len(outcome.parked)) == (100, 0)
            assert seen.finds.count("programmes") == finds
            assert len(seen.finds) <= 4


async def test_a_process_does_not_start_without_its_rules(stack: Stack) -> None:
    """Where people train under a version that is nowhere any more, or a code is there twice, no process starts."""
    lost = opened()
    lost.programme_version = 7
    async with service(stack, opened(person="ben"), lost) as app:
        with pytest.raises(SystemExit, match=r"version 7 of the programme core, .*: put its file back"):
            await refuse_half_way(SERVICE, app.runtime, "api")
        await app.database.delete("enrolments", {"_id": lost.id})
        await refuse_half_way(SERVICE, app.runtime, "api")
        await store(app, SiteProgramme.copied("texas-mhps", site=SITE, source=CORE, by="ada", now=utc_now()))
        with pytest.raises(SystemExit, match=r"the site riverside has a programme texas-mhps of its own"):
            await refuse_half_way(SERVICE, app.runtime, "api")
