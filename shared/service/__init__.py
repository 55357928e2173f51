"""What a service is, and how its processes run."""

from shared.service.command_line import main, spare_the_collector
from shared.service.composition import PLATFORM_COLLECTIONS, Runtime, Service
from shared.service.running import (
    LOOP_LIMIT_S,
    api_app,
    apply_migrations,
    open_runtime,
    parking_lot,
    rebuild_of,
    replay_of,
    working,
)

__all__ = [
    "LOOP_LIMIT_S",
    "PLATFORM_COLLECTIONS",
    "Runtime",
    "Service",
    "api_app",
    "apply_migrations",
    "main",
    "open_runtime",
    "parking_lot",
    "rebuild_of",
    "replay_of",
    "spare_the_collector",
    "working",
]
