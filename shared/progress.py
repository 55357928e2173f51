"""Health that means progress: every loop says when it last got round, and the health route reads it."""

import time
from collections.abc import Callable, Mapping


class Progress:
    """When each loop of this process last got round. A process that only answers is not alive."""

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._last: dict[str, float] = {}
        self._limits: dict[str, float] = {}
        self._waiting: dict[str, str] = {}

    def expect(self, loop: str, *, within_s: float) -> None:
        """A loop that has to get round at least this often, from now on.

        Said again it changes nothing: a loop that fails and is begun again has not got round.
        """
        self._limits[loop] = within_s
        self._last.setdefault(loop, self._monotonic())

    def beat(self, loop: str) -> None:
        """The loop got round."""
        self._last[loop] = self._monotonic()
        self._waiting.pop(loop, None)

    def waits(self, loop: str, what_for: str) -> None:
        """The loop is alive, but something outside holds it up; ready says so, live does not restart it."""
        self._last[loop] = self._monotonic()
        self._waiting[loop] = what_for

    def beaten_within(self, loop: str, seconds: float) -> bool:
        """Did the loop get round in the last so many seconds?"""
        return self._monotonic() - self._last.get(loop, float("-inf")) <= seconds

    def expected(self) -> frozenset[str]:
        """Every loop that has to get round."""
        return frozenset(self._limits)

    def stuck(self) -> Mapping[str, float]:
        """Loops over their limit, with the seconds since they last got round."""
        now = self._monotonic()
        return {
            loop: now - self._last[loop]
            for loop, limit in self._limits.items()
            if now - self._last[loop] > limit
        }

    def waiting(self) -> Mapping[str, str]:
        """Loops held up, with what they wait for."""
        return dict(self._waiting)
