"""The HTTP surface of recruitment, under /v1."""

from fastapi import APIRouter

from services.recruitment.api import (
    applications,
    candidates,
    erasure,
    interviews,
    scorecards,
    sites,
    slots,
    staff,
)

router = APIRouter(prefix="/v1")
for part in (
    applications,
    candidates,
    interviews,
    scorecards,
    sites,
    slots,
    staff,
    erasure,
):
    router.include_router(part.router)
