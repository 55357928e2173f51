"""How fast, and for how long: a retry shall not take from the people who work at the same time."""

import asyncio
import time
from collections.abc import Awaitable, Callable


class Pace:
    """At most `per_second` turns (None: no limit), evenly, until `within_s` seconds are over (None: no end)."""

    def __init__(
        self,
        *,
        per_second: float | None = None,
        within_s: float | None = None,
        monotonic: Callable[[], float] = time.monotonic,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._gap = 1 / per_second if per_second else 0.0
        self._monotonic = monotonic
        self._pause = pause
        self._next = monotonic()
        self._end = float("inf") if within_s is None else self._next + within_s

    async def turn(self) -> bool:
        """Wait for the next turn; False where the time will be over by then.

        Time that was lost is not made up for: after a slow turn the next one comes at once, not several.
        """
        now = self._monotonic()
        at = max(self._next, now)
        if at >= self._end:
            return False
        self._next = at + self._gap
        if at > now:
            await self._pause(at - now)
        return True
