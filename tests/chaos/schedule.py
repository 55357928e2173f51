"""What is broken when: all of it follows from the seed. When a fault strikes depends on the machine as well.

Strikes come in waves, so that several fall into the recovery from another; between two waves there is time for
sessions and leases (10 s) to run out and for people to get on. Each process draws from a generator of its own, so
that its faults do not depend on how fast another gets on.
"""

import math
import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from shared.steps import Step
from tests.chaos.process import Action, Fault

SAVING = (Step.BEFORE_INSERT, Step.AFTER_INSERT, Step.BEFORE_COMMIT, Step.AFTER_COMMIT)
CONSUMING = (
    Step.BEFORE_OFFSET_COMMIT,
    Step.AFTER_OFFSET_COMMIT,
    Step.BEFORE_REBALANCE,
    Step.AFTER_REBALANCE,
)
LEADING = (Step.BEFORE_LEASE, Step.AFTER_LEASE)
SENDING = tuple(step for step in Step if step not in (*SAVING, *CONSUMING, *LEADING))
ONCE = frozenset({Step.BEFORE_REBALANCE, Step.BEFORE_LEASE, Step.AFTER_LEASE})
"""Reached about once in a process's life."""
NO_FAILURE = frozenset({Step.BEFORE_REBALANCE})
"""Where a callback of the client library's swallows whatever is raised."""
ARMED = 0.75
"""The share of process starts that have a fault of their own."""
LATEST_OF_SAVING, LATEST_OF_OTHERS = 30, 3
"""At which pass at the latest: each request saves, while a relay sends a batch now and then."""
WAVE = 12
GAP_S, CALM_S = (0.1, 1.6), (10.0, 14.0)
WAVE_S = sum(CALM_S) / 2 + (WAVE - 1) * sum(GAP_S) / 2
ACTIONS: Mapping[Action, int] = {Action.KILL: 7, Action.LINGER: 1, Action.STOP: 1, Action.FAIL: 2}

KINDS: Mapping[str, int] = {
    "kill process": 30,
    "pause process": 8,
    "kill broker": 4,
    "pause broker": 2,
    "kill primary": 6,
    "kill secondary": 3,
    "pause mongod": 4,
    "step down": 4,
    "cut from kafka": 6,
    "cut from mongo": 6,
    "reset": 4,
}
"""What the run itself does, with weights; faults of the processes' own come on top."""


@dataclass(frozen=True, kw_only=True)
class Strike:
    """One thing to break. `seconds` is for how long, `target` a number to choose among those there are by."""

    after_s: float
    kind: str
    target: int
    seconds: float


class Schedule:
    """Strikes for the whole, and a fault for each process at each of its starts."""

    def __init__(self, seed: int, *, pace: float = 1.0) -> None:
        """With a `pace` of 2 everything has twice as much time."""
        self._seed = seed
        self._pace = pace
        self._strikes = random.Random(f"{seed} strikes")
        self._in_wave = 1  # The first wave begins at once.
        self._of_process: dict[str, Callable[[], Fault | None]] = {}

    def next_strike(self) -> Strike:
        """The next one; mostly short, sometimes longer than sessions and leases last (10 s)."""
        draw = self._strikes
        long = draw.random() < 0.2
        self._in_wave = self._in_wave % WAVE + 1
        return Strike(
            after_s=self._pace * draw.uniform(*(GAP_S if self._in_wave > 1 else CALM_S)),
            kind=draw.choices(list(KINDS), list(KINDS.values()))[0],
            target=draw.randrange(1 << 16),
            seconds=draw.uniform(11, 20) if long else draw.uniform(0.5, 5),
        )

    def fault_for(self, process: str) -> Fault | None:
        """What this process is to do at its next start, if anything: each step in its turn; at its first, nothing."""
        if process not in self._of_process:
            self._of_process[process] = self._faults(process)
            return None
        return self._of_process[process]()

    def _faults(self, process: str) -> Callable[[], Fault | None]:
        draw = random.Random(f"{self._seed} {process}")
        steps = steps_of(*process.split())
        left: list[Step] = []

        def fault() -> Fault | None:
            nonlocal left
            if draw.random() > ARMED:
                return None
            if not left:
                left = draw.sample(steps, len(steps))
            step = left.pop()
            action = draw.choices(list(ACTIONS), list(ACTIONS.values()))[0]
            if step in NO_FAILURE and action is Action.FAIL:
                action = Action.KILL
            return Fault(step=step.value, number=_pass(step, draw), action=action)

        return fault

    def pause_s(self, process: str) -> float:
        """For how long a process that stopped by itself stays so."""
        return random.Random(f"{self._seed} {process} pause").uniform(1, 14)


def steps_of(service: str, role: str) -> Sequence[Step]:
    """Those it comes to: an API saves only, and notifications says nothing."""
    if role == "api":
        return SAVING
    sending = () if service == "notifications" else SENDING
    return (*SAVING, *LEADING, *CONSUMING, *sending)


def _pass(step: Step, draw: random.Random) -> int:
    """Early ones more often: a late one may never come."""
    if step in ONCE:
        return 1
    latest = LATEST_OF_SAVING if step in SAVING else LATEST_OF_OTHERS
    return int(math.exp(draw.uniform(0, math.log(latest + 1))))
