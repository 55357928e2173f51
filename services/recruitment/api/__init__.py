"""The HTTP surface of recruitment, under /v1."""

from fastapi import APIRouter

from services.recruitment.api import applications, candidates, interviews, sites, staff

router = APIRouter(prefix="/v1")
for part in (applications, candidates, interviews, sites, staff):
    router.include_router(part.router)
