"""The services in this process, on real servers, and people who use them while years go by."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

import httpx

from deploy.local.people import Answer, Caller, Profile, Town
from shared.clock import utc_now
from shared.service import Service
from tests.support.running import Started, started
from tests.support.stack import Stack

PATIENCE_S = 90.0


class Years:
    """A clock that begins today and is moved on by whoever tells the story."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def __call__(self) -> datetime:
        """What time it is in the story."""
        return utc_now() + self._ahead

    def go_by(self, **how_much: float) -> None:
        """So much time goes by, as a `timedelta` is told."""
        self._ahead += timedelta(**how_much)


class InProcess(Caller):
    """One person in front of the services of this process."""

    def __init__(self, apps: dict[str, Started], profile: Profile) -> None:
        self._apps = apps
        self._profile = profile
        self._who = profile.name

    async def ask(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Answer | None = None,
        key: str | None = None,
        query: Any = None,
    ) -> httpx.Response:
        """The answer, whatever it is."""
        headers = {"Idempotency-Key": key} if key else {}
        grants = [(duty, self._profile.site) for duty in self._profile.duties or ("mentor",)]
        async with self._apps[service].client(self._profile.id, grants) as client:
            return await client.request(method, path, json=body, params=query, headers=headers)


class SmallTown(Town):
    """A town whose people reach the services of this process."""

    def __init__(self, apps: dict[str, Started], clock: Years) -> None:
        self.apps = apps
        self.clock = clock
        self.patience_s = PATIENCE_S
        self.time_zone = "Europe/London"
        self._callers = {}

    async def fresh(self, profile: Profile) -> Caller:
        """The caller signed in as this person, with the roles of their duties."""
        return InProcess(self.apps, profile)


@asynccontextmanager
async def town_of(stack: Stack, *services: Service) -> AsyncIterator[SmallTown]:
    """A town in which these services and their workers run, on one clock."""
    clock, apps = Years(), {}
    async with AsyncExitStack() as exits:
        for service in services:
            apps[service.name] = await exits.enter_async_context(started(service, stack, clock=clock))
        yield SmallTown(apps, clock)
