"""A service process that breaks at a step: `python -m tests.chaos.process MODULE:SERVICE ROLE`.

It runs the service's own `main`; all it adds is an audit hook. `CHAOS_FAULT` is `step:pass:action`, such as
`peerpath.before_commit:3:kill`; `CHAOS_STEPS` is a file that gets a line for each step when it is reached first.
"""

import importlib
import os
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from aiokafka.errors import KafkaConnectionError

from shared.service import Service, main
from shared.storage.errors import Unavailable

HELD_S = 0.5
_KAFKA = ("_send", "_ack", "_offset_commit")


class Action(StrEnum):
    """What a process does at its step."""

    KILL = "kill"
    LINGER = "linger"
    """Holds the step for a moment, in which the rest of the process may go ahead, and is killed then."""
    STOP = "stop"
    """Stops as with SIGSTOP; whoever watches it has it go on."""
    FAIL = "fail"
    """Raises what the server's absence would raise."""


FATAL = (Action.KILL, Action.LINGER)


@dataclass(frozen=True, kw_only=True)
class Fault:
    """At the `number`th time a process is at this step, it does this."""

    step: str
    number: int
    action: Action

    @classmethod
    def parse(cls, text: str) -> Self:
        """From `step:pass:action`."""
        step, number, action = text.split(":")
        return cls(step=step, number=int(number), action=Action(action))

    def __str__(self) -> str:
        return f"{self.step}:{self.number}:{self.action}"


def hook(fault: Fault | None, steps: int | None) -> Callable[[str, tuple[object, ...]], None]:
    """An audit hook that notes steps in a file descriptor and does the fault once."""
    seen: set[str] = set()
    passes = 0

    def listen(event: str, _arguments: tuple[object, ...]) -> None:
        nonlocal passes
        if not event.startswith("peerpath."):
            return
        if steps is not None and event not in seen:
            seen.add(event)
            os.write(steps, f"{event}\n".encode())
        if fault is not None and event == fault.step:
            passes += 1
            if passes == fault.number:
                _do(fault)

    return listen


def _do(fault: Fault) -> None:
    if fault.action is Action.FAIL:
        if fault.step.endswith(_KAFKA):
            raise KafkaConnectionError(f"planted at {fault.step}")
        raise Unavailable(f"planted at {fault.step}")
    if fault.action is Action.LINGER:
        time.sleep(HELD_S)
    os.kill(os.getpid(), signal.SIGSTOP if fault.action is Action.STOP else signal.SIGKILL)


def _listen() -> None:
    fault, file = os.environ.get("CHAOS_FAULT"), os.environ.get("CHAOS_STEPS")
    steps = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT) if file else None
    sys.addaudithook(hook(Fault.parse(fault) if fault else None, steps))


if __name__ == "__main__":
    [where, role] = sys.argv[1:]
    [module, name] = where.split(":")
    service: Service = getattr(importlib.import_module(module), name)
    _listen()
    main(service, [role])
