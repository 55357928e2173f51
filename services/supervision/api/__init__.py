"""The routes of supervision."""

from fastapi import APIRouter

from services.supervision.api import hours, placements, practice, reviews, sessions, supervisors

router = APIRouter(prefix="/v1")
for part in (practice, supervisors, placements, sessions, hours, reviews):
    router.include_router(part.router)
