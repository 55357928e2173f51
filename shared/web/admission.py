"""How many requests are worked on at once: the rest is refused at once, instead of all waiting for ever longer.

What is let in is answered, however slow the database is. So memory stays bounded, and so does the time that a person
waits to hear that they should try again.
"""

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from shared.telemetry import REQUESTS_AT_ONCE
from shared.web.problems import overloaded, stopping

AT_ONCE = 512
"""Two full groups of the committer: one that is being saved, and one that decides meanwhile."""

UNCOUNTED = ("/health/", "/metrics")
"""Who looks after the process must hear from it most of all when it is busy."""


class Admission:
    """Lets in so many requests at once. Behind whatever reads the body: a slow sender takes up no place."""

    def __init__(self, app: ASGIApp, service: str) -> None:
        self._app = app
        self._gauge = REQUESTS_AT_ONCE.labels(service)
        self._inside = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        if scope["type"] != "http" or scope["path"].startswith(UNCOUNTED):
            await self._app(scope, receive, send)
        elif self._inside >= AT_ONCE:
            await overloaded()(scope, receive, send)
        else:
            await self._counted(scope, receive, send)

    async def _counted(self, scope: Scope, receive: Receive, send: Send) -> None:
        begun = False

        async def sent(message: Message) -> None:
            nonlocal begun
            begun = True
            await send(message)

        self._inside += 1
        self._gauge.set(self._inside)
        try:
            await self._app(scope, receive, sent)
        except asyncio.CancelledError:
            # The server cancels what is not over at the end of its patience; by itself it would say 500.
            if begun:
                raise
            await stopping()(scope, receive, send)
        finally:
            self._inside -= 1
            self._gauge.set(self._inside)
