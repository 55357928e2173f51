"""Entering somebody by hand, over the real database."""

import json
from datetime import timedelta
from typing import Any

from shared.clock import utc_now
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, form, refused
from tests.support.stack import Stack

SIGNED = {"code": "data_processing", "version": "1", "given": "2026-02-27T00:00:00Z"}


def paper(**changes: Any) -> dict[str, Any]:
    """An application on paper."""
    return form(**{"consents": [SIGNED], **changes})


async def test_a_coordinator_enters_somebody_with_what_they_signed(stack: Stack) -> None:
    """The event names who entered them, the application keeps when they signed; the person need not be told."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        answer = await cora.post("/v1/candidates", json=paper(external_id="P-1", announce=False))
        assert answer.status_code == 201, answer.text
        [row] = await app.database.find("candidates", {})
        assert row["entered"] == {"by": "cora", "imported_in": None, "external_id": "P-1"}
        assert row["application"]["consents"][0]["given"].isoformat() == "2026-02-27T00:00:00+00:00"
        [event] = await app.database.find("outbox", {"subject": answer.json()["candidate"]})
        said = json.loads(event["value"])
        assert (said["entered_by"], said["announce"], said["imported_in"]) == ("cora", False, None)
        assert row["person"] != "cora"


async def test_nobody_is_entered_twice(stack: Stack) -> None:
    """Under an address with an open application, or an external id that is taken, nothing is saved."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        await applied(app, email="robin@example.org")
        twice = await cora.post("/v1/candidates", json=paper(email="Robin@example.org"))
        refused(twice, 409, "candidate_already_entered")
        assert (await cora.post("/v1/candidates", json=paper(external_id="P-1"))).status_code == 201
        refused(await cora.post("/v1/candidates", json=paper(external_id="P-1")), 409, "external_id_taken")
        assert await app.database.count("people", {}) == 2


async def test_what_the_form_refuses_is_refused(stack: Stack) -> None:
    """A consent that is missing, or signed tomorrow; a programme that the site does not offer."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        refused(await cora.post("/v1/candidates", json=paper(consents=[])), 422, "consent_missing")
        tomorrow = {**SIGNED, "given": (utc_now() + timedelta(days=1)).isoformat()}
        answer = await cora.post("/v1/candidates", json=paper(consents=[tomorrow]))
        refused(answer, 422, "consent_in_the_future")
        unknown = await cora.post("/v1/candidates", json=paper(programme="unheard_of"))
        refused(unknown, 422, "programme_not_offered")


async def test_who_may_enter_people(stack: Stack) -> None:
    """Coordinators of the site alone."""
    async with recruiting(stack) as app:
        for grant, status, code in (
            (("coordinator", "york"), 404, "not_found"),
            (IVY[0], 403, "role_missing"),
        ):
            async with app.client("other", [grant]) as other:
                refused(await other.post("/v1/candidates", json=paper()), status, code)
