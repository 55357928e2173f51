"""Lists of ten thousand enrolments are read from an index, whoever asks."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from pymongo import InsertOne

from services.training import queries
from services.training.domain.enrolment import Enrolment
from services.training.service import SERVICE
from shared.domain.people import Actor, Grant, Role
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import SITE, after, granted, opened, ready
from tests.training.test_api import at, store
from tests.training.test_site_programmes import Counted

MANY = 10_000
MONTH = timedelta(days=30)
SITES = 3


def row(number: int) -> dict[str, Any]:
    """A small enrolment: one in ten waits for a decision, one in a hundred is certified."""
    waits = number % 10 == 0
    return {
        "_id": f"enrolment-{number:05}", "site": f"site-{number % SITES}", "version": 1, "person": f"person-{number}",
        "programme": "core", "programme_version": 1, "opened": after(days=0),
        "ready_since": after(minutes=number) if waits else None,
        "certificate": f"certificate-{number}" if number % 100 == 0 else None,
        "paused_since": None, "training_completed": None,
        "standing": {"met": 10 if waits else 3, "total": 10, "unmet": [] if waits else ["modules"]},
    }  # fmt: skip


def stages(plan: Mapping[str, Any]) -> list[str]:
    """The stages of a query plan, from the top."""
    below = plan.get("inputStages") or ([plan["inputStage"]] if "inputStage" in plan else [])
    return [plan["stage"], *(name for one in below for name in stages(one))]


async def explained(
    app: Started, where: Mapping[str, Any], *, of: str = "enrolments", by: str = "_id"
) -> tuple[list[str], int]:
    """How the first page of a list is read: the stages, and how many documents were looked at."""
    find = {"find": of, "filter": {"$and": [where]}, "sort": {by: 1, "_id": 1}, "limit": 51}
    found = await app.database.command({"explain": find, "verbosity": "executionStats"})
    return stages(found["queryPlanner"]["winningPlan"]), found["executionStats"]["totalDocsExamined"]


def certifier(*sites: str) -> Actor:
    return Actor(person="cem", grants=frozenset(Grant(role=Role.CERTIFIER, site=site) for site in sites))


async def test_the_certifiers_queue_is_read_from_an_index(stack: Stack) -> None:
    """Among ten thousand, a page of those who wait looks at few documents more than it shows, and sorts none."""
    async with started(SERVICE, stack, work=False) as app:
        await app.database.bulk_write("enrolments", [InsertOne(row(number)) for number in range(MANY)])
        for sites in (["site-1"], ["site-0", "site-1"], ["*"]):
            for ready_ones in (True, False):
                where = queries.enrolments_of_sites(certifier(*sites), site=None, ready=ready_ones)
                names, looked_at = await explained(app, where)
                assert "COLLSCAN" not in names
                assert "SORT" not in names, (sites, ready_ones, names)
                assert looked_at <= 80, (sites, ready_ones, looked_at)
        async with app.client("cem", [("certifier", "site-2")]) as client:
            items = (await client.get("/v1/enrolments?ready=true&limit=5")).json()["items"]
            assert [one["standing"]["met"] for one in items] == [10] * 5


async def test_renewals_due_and_appeals_are_read_from_an_index(stack: Stack) -> None:
    """Whoever asks, for a site, for some or for all: a page looks at no more documents than a page of each site."""
    end = granted().ends
    certificates = [
        {
            "_id": f"certificate-{number:05}", "site": f"site-{number % SITES}", "version": 1, "token": f"t{number}",
            "person": f"person-{number}", "enrolment": f"enrolment-{number}", "history": {},
            "ends": end + timedelta(hours=number),
        }
        for number in range(2_000)
    ]  # fmt: skip
    appeals = [
        {
            "_id": f"appeal-{number:05}", "site": f"site-{number % SITES}", "version": 1, "person": "p",
            "enrolment": "e", "outcome": "upheld" if number % 20 else None,
        }
        for number in range(2_000)
    ]  # fmt: skip
    async with started(SERVICE, stack, work=False) as app:
        await app.database.bulk_write("certificates", [InsertOne(one) for one in certificates])
        await app.database.bulk_write("appeals", [InsertOne(one) for one in appeals])
        for sites in (["site-1"], ["site-0", "site-1"], ["*"]):
            due = queries.certificates_of_sites(certifier(*sites), site=None, ends_before=end.date() + MONTH)
            waiting = queries.appeals_of_sites(certifier(*sites), site=None, open=True)
            for where, of, by in ((due, "certificates", "ends"), (waiting, "appeals", "_id")):
                names, looked_at = await explained(app, where, of=of, by=by)
                assert not {"COLLSCAN", "SORT"} & {*names}, (sites, of, names)
                assert looked_at <= 51 * len(sites) + 2, (sites, of, looked_at)


async def test_readiness_takes_three_reads(stack: Stack) -> None:
    """However much evidence there is, a readiness report reads three documents, each by its id."""
    seen = Counted()
    one: Enrolment = ready()
    async with (
        started(SERVICE, stack, work=False, listeners=[seen]) as app,
        app.client("t", [("trainer", SITE)]) as me,
    ):
        await store(app, one)
        await store(app, opened(person="ben"))
        seen.finds.clear()
        assert (await me.get(at(one, "/readiness"))).json()["complete"] is True

    assert sorted(seen.finds) == ["catalogues", "contacts", "enrolments"]
