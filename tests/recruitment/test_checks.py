"""Renewing checks and being warned of their end, over real servers."""

from datetime import timedelta
from typing import Any

from shared.clock import utc_now
from shared.contracts.recruitment import CandidateCheckExpiring
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import LEEDS, applied, refused
from tests.recruitment.test_applying import accepted
from tests.support.stack import Stack

TOPIC = "peerpath.recruitment.events"


async def test_a_check_is_renewed_on_somebody_accepted_and_by_nobody_elsewhere(stack: Stack) -> None:
    """The page says who noted it, its number and whether it has lapsed; another site may not."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora:
        path = f"/v1/candidates/{(await applied(app))['candidate']}"
        await accepted(app, path)
        until = (utc_now() + timedelta(days=400)).replace(microsecond=0).isoformat().replace("+00:00", "Z")
        body = {"check": "background_check", "result": "cleared", "expires": until}
        answer = await cora.post(f"{path}/checks", json={**body, "provider_reference": "DBS/7"})
        renewed = next(one for one in answer.json()["checks"] if one["check"] == "background_check")
        assert (renewed["expires"], renewed["lapsed"], renewed["recorded_by"]) == (until, False, "cora")
        assert renewed["provider_reference"] == "DBS/7"
        async with app.client("yuri", [("coordinator", "york")]) as yuri:
            refused(await yuri.post(f"{path}/checks", json=body), 404, "not_found")
        over = {**body, "expires": "2026-01-01T00:00:00Z"}
        refused(await cora.post(f"{path}/checks", json=over), 422, "check_expired_already")
        wordy = {**body, "provider_reference": "told me that"}
        refused(await cora.post(f"{path}/checks", json=wordy), 422, "invalid_request")


async def test_a_check_that_ends_soon_is_announced_by_its_timer(stack: Stack) -> None:
    """Noted with less than 30 days to go, the warning follows at once, through Kafka and back."""
    async with recruiting(stack, work=True) as app, app.client("cora", LEEDS) as cora:
        made = await applied(app)
        soon = (utc_now() + timedelta(days=7)).isoformat()
        body = {"check": "background_check", "result": "cleared", "expires": soon}
        answer = await cora.post(f"/v1/candidates/{made['candidate']}/checks", json=body)
        assert answer.status_code == 200, answer.text

        async def warned() -> Any:
            events = await app.events(TOPIC)
            ours = [one.data for one in events if isinstance(one.data, CandidateCheckExpiring)]
            return [one for one in ours if one.candidate == made["candidate"]]

        (warning,) = await app.until(warned)
        assert (warning.check, warning.person) == ("background_check", made["person"])
