"""Certifiers' decisions over HTTP: renewals, what is given back, suspension, revocation, appeals."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.migrations import migrations
from services.training.service import SERVICE
from shared.clock import utc_now
from tests.support.running import Started, started
from tests.support.stack import Stack
from tests.training.builders import MENTOR, PROGRAMMES, SITE, granted, ready
from tests.training.domain.test_renewing import prepare
from tests.training.test_api import ANA, at, refused, service, store

CERTIFIER, OTHER_SITE = [("certifier", SITE)], [("certifier", "hillside")]
REASON = {"reason": "All there."}


def path(certificate: Certificate, end: str = "") -> str:
    return f"/v1/certificates/{certificate.id}{end}"


@asynccontextmanager
async def certified(
    stack: Stack, *, days_ago: int = 700
) -> AsyncIterator[tuple[Started, Certificate, Enrolment]]:
    """Training with one certificate, granted so many days ago."""
    enrolment = ready()
    certificate = granted(enrolment, now=utc_now() - timedelta(days=days_ago))
    prepare(enrolment, at=utc_now() - timedelta(days=20))
    async with service(stack, certificate, enrolment, ANA) as app:
        yield app, certificate, enrolment


async def post(
    app: Started, url: str, body: Any, *, by: str = "cem", grants: Any = CERTIFIER
) -> httpx.Response:
    async with app.client(by, grants) as client:
        return await client.post(url, json=body)


async def get(app: Started, url: str, *, by: str = "cem", grants: Any = CERTIFIER) -> httpx.Response:
    async with app.client(by, grants) as client:
        return await client.get(url)


async def test_a_renewal(stack: Stack) -> None:
    """What the next period needs is read with its evidence, and a certifier decides on it."""
    async with certified(stack) as (app, certificate, _):
        needed = (await get(app, path(certificate, "/renewal"))).json()
        assert needed["complete"]
        assert needed["requirements"][0]["evidence"]

        renewed = await post(app, path(certificate, "/renewal"), REASON)

        assert renewed.status_code == 200
        assert [entry["kind"] for entry in renewed.json()["history"]] == ["granted", "renewed"]
        refused(await post(app, path(certificate, "/renewal"), REASON), 409, "renewal_not_open")


async def test_who_decides_about_certificates(stack: Stack) -> None:
    """Somebody of another site finds nothing, another role is refused, and the person is told it is not theirs."""
    async with certified(stack) as (app, certificate, enrolment):
        urls = [
            path(certificate, f"/{end}") for end in ("renewal", "extension", "suspension", "reinstatement")
        ]
        for url in (*urls, path(certificate, "/revocation")):
            refused(await post(app, url, REASON, grants=OTHER_SITE), 404, "not_found")
            refused(await post(app, url, REASON, by="tom", grants=[("trainer", SITE)]), 403, "role_missing")
            refused(await post(app, url, REASON, by=MENTOR), 403, "certifier_is_the_person")
        giving_back = {"reason": "r", "what_helps": "w"}
        refused(await post(app, at(enrolment, "/return"), giving_back, grants=OTHER_SITE), 404, "not_found")
        for url in (
            path(certificate),
            path(certificate, "/renewal"),
            path(certificate, "/status?on=2026-05-11"),
        ):
            refused(await get(app, url, grants=OTHER_SITE), 404, "not_found")
        seen = await get(app, f"/v1/people/{MENTOR}/certified?on=2026-05-11", grants=OTHER_SITE)
        assert seen.json() == []


async def test_was_this_person_certified_on_that_day(stack: Stack) -> None:
    """A day before a revocation for the past is answered as it holds now, and as it was known then."""
    async with certified(stack) as (app, certificate, _):
        today, on = utc_now().date(), (utc_now() - timedelta(days=300)).date()
        since = datetime(on.year, on.month, on.day, tzinfo=UTC) - timedelta(days=10)
        body = {"reason": "Forged.", "effective_from": since.isoformat()}
        assert (await post(app, path(certificate, "/revocation"), body)).json()["status"] == "revoked"

        holds = (await get(app, f"/v1/people/{MENTOR}/certified?on={on}&programme=core")).json()
        known = (
            await get(app, path(certificate, f"/status?on={on}&as_known_on={today - timedelta(days=1)}"))
        ).json()

        assert [(one["statuses"], one["certified"]) for one in holds] == [(["revoked"], False)]
        assert (known["statuses"], known["certified"]) == (["valid"], True)
        mine = (await get(app, f"/v1/people/{MENTOR}/certified?on={on}", by=MENTOR, grants=())).json()
        assert mine == holds


async def test_lists(stack: Stack) -> None:
    """Renewals due are listed for staff of the site, and one's own certificates for oneself."""
    async with certified(stack) as (app, certificate, _):
        ends = certificate.ends.date()
        due = (await get(app, f"/v1/certificates?site={SITE}&ends_before={ends + timedelta(days=1)}")).json()
        assert [row["certificate"] for row in due["items"]] == [certificate.id]
        none = (await get(app, f"/v1/certificates?site={SITE}&ends_before={ends}")).json()
        assert none["items"] == []
        mine = (await get(app, "/v1/me/certificates", by=MENTOR, grants=())).json()
        assert [row["certificate"] for row in mine["items"]] == [certificate.id]
        refused(await get(app, f"/v1/certificates?site={SITE}", grants=OTHER_SITE), 404, "not_found")


async def test_suspended_appealed_and_reinstated(stack: Stack) -> None:
    """A suspension is appealed by the person, read by those who decide, and undone by another certifier."""
    async with certified(stack, days_ago=100) as (app, certificate, _):
        reason = {"reason": "A concern is looked into."}
        suspended = await post(app, path(certificate, "/suspension"), reason)
        assert suspended.json()["status"] == "suspended"
        assert "concern" not in suspended.text

        words = {"words": "I was ill in March."}
        refused(await post(app, path(certificate, "/appeal"), words), 403, "role_missing")
        made = await post(app, path(certificate, "/appeal"), words, by=MENTOR, grants=())
        assert made.status_code == 201
        assert "ill" not in made.json().values()
        url = f"/v1/appeals/{made.json()['appeal']}"
        again = await post(app, path(certificate, "/appeal"), words, by=MENTOR, grants=())
        refused(again, 409, "already_appealed")

        waiting = (await get(app, f"/v1/appeals?site={SITE}&open=true")).json()["items"]
        assert [row["appeal"] for row in waiting] == [made.json()["appeal"]]
        assert (await get(app, url)).json()["words"] == "I was ill in March."
        refused(await get(app, url, by="tom", grants=[("trainer", SITE)]), 403, "role_missing")
        refused(await get(app, url, grants=OTHER_SITE), 404, "not_found")

        decision = {"outcome": "upheld", "reason": "The illness explains it."}
        refused(await post(app, f"{url}/decision", decision), 403, "appeal_own_decision")
        decided = await post(app, f"{url}/decision", decision, by="col")
        assert (decided.json()["outcome"], decided.json()["decided_by"]) == ("upheld", "col")
        assert (await get(app, path(certificate))).json()["status"] == "valid"
        read = (await get(app, url, by=MENTOR, grants=())).json()
        assert read["reason"] == "The illness explains it."


async def test_given_back_and_looked_at_again(stack: Stack) -> None:
    """What is given back says why and what would help, to the person and those who decide, and comes back."""
    enrolment = ready()
    async with service(stack, enrolment, ANA) as app:
        body = {"reason": "The review is thin.", "what_helps": "Another one in four weeks."}
        assert (await post(app, at(enrolment, "/return"), body)).status_code == 200
        queue = (await get(app, f"/v1/enrolments?site={SITE}&ready=true")).json()["items"]
        assert queue == []
        for by, grants in ((MENTOR, ()), ("cem", CERTIFIER)):
            (read,) = (await get(app, at(enrolment, "/returns"), by=by, grants=grants)).json()
            assert (read["what_helps"], read["by"]) == ("Another one in four weeks.", "cem")
        refused(
            await get(app, at(enrolment, "/returns"), by="tom", grants=[("trainer", SITE)]),
            403,
            "role_missing",
        )

        asked = await post(app, at(enrolment, "/another-look"), None, by=MENTOR, grants=())

        assert asked.status_code == 200
        queue = (await get(app, f"/v1/enrolments?site={SITE}&ready=true")).json()["items"]
        assert [row["enrolment"] for row in queue] == [enrolment.id]


async def test_the_public_address_moves(stack: Stack) -> None:
    """With another address the one before says nothing any more; nobody but the person moves it."""
    async with certified(stack) as (app, certificate, _), app.client() as public:
        before = f"/verify/{certificate.token}"
        assert (await public.get(before)).status_code == 200
        refused(await post(app, path(certificate, "/public-address"), None), 403, "role_missing")

        moved = await post(app, path(certificate, "/public-address"), None, by=MENTOR, grants=())

        assert (await public.get(before)).status_code == 404
        assert (await public.get(httpx.URL(moved.json()["verification_url"]).path)).status_code == 200


async def test_guessing_addresses(stack: Stack) -> None:
    """Whoever tries addresses hears 429 after so many, and it tells nothing of what is there; staff go on reading."""
    certificate = granted(ready(), now=utc_now())
    hit, miss = f"/verify/{certificate.token}", "/verify/another-token-of-32-bytes-or-so"
    async with started(SERVICE, stack, work=False, verifications_rate="3/hour") as app:
        await store(app, certificate)
        async with app.client() as public:
            answers = [
                await public.get(url, headers={"Accept": "application/json"}) for url in (hit, miss) * 3
            ]
            assert [answer.status_code for answer in answers] == [200, 404, 200, 429, 429, 429]
            assert answers[3].json() == answers[4].json()
        assert (await get(app, path(certificate))).status_code == 200


async def test_what_was_stored_before_entries(stack: Stack) -> None:
    """A certificate stored with periods is brought into today's form, as often as that is tried."""
    enrolment = ready()
    certificate = granted(enrolment, now=utc_now() - timedelta(days=800))
    span = certificate.history.span
    old = {
        "kind": "granted",
        "valid_from": span.holds_from,
        "valid_until": span.holds_until,
        "decided": span.decided,
        "decided_by": span.decided_by,
        "reason": "Everything is there.",
        "notice_days": [90, 30, 7],
        "notices_given": [90, 30],
        "end_announced": True,
    }
    async with service(stack, certificate, enrolment, ANA) as app:
        await app.database.command({"collMod": "certificates", "validator": {}})
        gone = dict.fromkeys(("history", "ends", "notices", "notice_days"), "")
        where = {"_id": certificate.id}
        await app.database.change_one("certificates", where, {"$set": {"periods": [old]}, "$unset": gone})
        await app.database.change_one("enrolments", {"_id": enrolment.id}, {"$unset": {"next_period": ""}})

        for _ in range(2):
            for migration in migrations(PROGRAMMES):
                await migration.run(app.database)

        shown = (await get(app, path(certificate))).json()
        assert [entry["kind"] for entry in shown["history"]] == ["granted", "expired"]
        kept = await app.database.get("certificates", certificate.id)
        assert kept
        assert [one["days_left"] for one in kept["notices"]] == [90, 30, 0]
        assert (await get(app, path(certificate, "/renewal"))).json()["opens"]
