"""The HTTP surface of recruitment, under /v1."""

from fastapi import APIRouter

from services.recruitment.api import (
    appeals,
    applications,
    candidates,
    consents,
    erasure,
    form,
    interviews,
    moves,
    places,
    scorecards,
    sites,
    slots,
    staff,
)

router = APIRouter(prefix="/v1")
for part in (
    form,
    applications,
    consents,
    candidates,
    interviews,
    scorecards,
    slots,
    appeals,
    moves,
    places,
    sites,
    staff,
    erasure,
):
    router.include_router(part.router)
