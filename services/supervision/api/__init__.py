"""The routes of supervision."""

from fastapi import APIRouter

from services.supervision.api import placements, supervisors, work

router = APIRouter(prefix="/v1")
router.include_router(supervisors.router)
router.include_router(placements.router)
router.include_router(work.router)
