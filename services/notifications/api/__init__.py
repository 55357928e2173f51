"""The HTTP surface of notifications, under /v1."""

from fastapi import APIRouter

from services.notifications.api import deliveries, inbox, preferences

router = APIRouter(prefix="/v1")
for part in (inbox, preferences, deliveries):
    router.include_router(part.router)
