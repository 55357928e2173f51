"""What tests send to the routes of supervision, complete and changed only where a test says so."""

from datetime import timedelta

from httpx import AsyncClient

from shared.clock import utc_now


def terms(site: str, *, limit: int = 3, **more: object) -> dict[str, object]:
    return {"site": site, "caseload_limit": limit, "conflicts": [], "active": True, **more}


def hours(amount: object = 4, **more: object) -> dict[str, object]:
    return {"bucket": "peer_support", "hours": amount, "worked_on": utc_now().date().isoformat(), **more}


def session(**more: object) -> dict[str, object]:
    return {
        "kind": "individual",
        "held": (utc_now() - timedelta(hours=2)).isoformat(),
        "minutes": 50,
        "topics": ["wellbeing"],
        **more,
    }


async def hand_over(coordinator: AsyncClient, placement: str, to: str) -> None:
    """Give a placement to another supervisor."""
    body = {"supervisor": to, "reason": "on leave"}
    answer = await coordinator.post(f"/v1/placements/{placement}/supervisor", json=body)
    assert answer.status_code == 200, answer.text
