"""Recruitment running for a test, with the sites that its people apply at."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from services.recruitment.service import SERVICE
from tests.support.running import Started, started
from tests.support.stack import Stack

ORGANISATION = [("organisation_admin", "*")]


def site(**changes: Any) -> dict[str, Any]:
    """A site that offers two programmes, without a limit."""
    return {
        "name": "A site",
        "time_zone": "Europe/London",
        "languages": ["en"],
        "support_contacts": [{"name": "The peer line", "phone": "0113 496 0000"}],
        "programmes": {"core": {}, "other": {}},
        **changes,
    }


async def describe(app: Started, name: str, **changes: Any) -> None:
    """The site is as `site` says, with changes."""
    async with app.client("olga", ORGANISATION) as olga:
        answer = await olga.put(f"/v1/sites/{name}", json=site(**changes))
    assert answer.status_code == 200, answer.text


@asynccontextmanager
async def recruiting(stack: Stack, *, work: bool = False, **more: Any) -> AsyncIterator[Started]:
    """Recruitment with the sites leeds and york; its worker runs too where it is asked for."""
    async with started(SERVICE, stack, work=work, **more) as app:
        for name in ("leeds", "york"):
            await describe(app, name)
        yield app
