"""The HTTP surface of recruitment, under /v1."""

from fastapi import APIRouter

from services.recruitment.api import (
    appeals,
    applications,
    candidates,
    consents,
    entering,
    erasure,
    exports,
    form,
    imports,
    interviews,
    moves,
    pipeline,
    places,
    reference_pages,
    references,
    scorecards,
    sites,
    slots,
    staff,
)
from services.recruitment.api.imports import UPLOADS

__all__ = ["UPLOADS", "reference_forms", "router"]

router = APIRouter(prefix="/v1")
# The file before the list's records: its address would be taken for one of theirs.
for part in (
    exports,
    form,
    applications,
    consents,
    candidates,
    entering,
    imports,
    references,
    reference_pages,
    interviews,
    pipeline,
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
