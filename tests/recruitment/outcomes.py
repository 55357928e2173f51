"""People brought as far as a decision, over HTTP."""

from typing import Any

import httpx

from shared.domain.people import Role
from tests.recruitment.running import describe
from tests.recruitment.test_api import LEEDS, applied, interviewed
from tests.support.running import Started

SAM = [(Role.SITE_ADMIN.value, "leeds")]


async def one_place(app: Started, **offer: Any) -> None:
    """Leeds has one place in core, and wants no checks."""
    await describe(
        app, "leeds", programmes={"core": {"capacity": 1, "required_checks": [], **offer}, "other": {}}
    )


async def scored(app: Started, person: str | None = None, **changes: Any) -> dict[str, Any]:
    """Somebody whose cards are all in; `path` is added to what the application was answered with."""
    made = await applied(app, person, **changes)
    made["path"] = f"/v1/candidates/{made['candidate']}"
    await interviewed(app, made["path"])
    return made


async def decided(
    app: Started, path: str, outcome: str, *, person: str = "cora", **more: Any
) -> httpx.Response:
    """What a coordinator's decision is answered with."""
    async with app.client(person, LEEDS) as coordinator:
        return await coordinator.post(
            f"{path}/decision", json={"outcome": outcome, "reason": "as we discussed", **more}
        )


async def announced(app: Started, subject: str) -> list[str]:
    """The types of what was announced about a candidate, without their common parts, in order."""
    rows = await app.database.find("outbox", {"subject": subject}, sort=(("sequence", 1),))
    return [dict(row["headers"])["ce_type"].decode().split(".")[3] for row in rows]
