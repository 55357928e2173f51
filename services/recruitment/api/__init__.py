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
    reference_pages,
    references,
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
    references,
    reference_pages,
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

reference_forms = reference_pages.forms
"""What the pages for referees post to; no address of the API."""
