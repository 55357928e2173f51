"""The processes of one test run: how many there are, which ports each may take, and which files they take first.

Each has servers of its own, so that no test meets what another leaves on a topic at that moment.
"""

from collections.abc import Sequence

import pytest

from deploy.local.settings import LocalSettings
from tests.support.stack import Kind

AT_ONCE = 2
"""Tests wait most of the time: two processes keep two cores busy. Each takes 2 to 3 GB with its servers."""

LONGEST = (
    "tests/chaos/test_planted.py",
    "tests/chaos/test_run.py",
    "tests/shared/messaging/test_faults.py",
    "tests/shared/messaging/test_scale.py",
    "tests/local/test_run.py",
    "tests/shared/messaging/test_worker.py",
    "tests/shared/messaging/test_many_timers.py",
    "tests/journeys/test_settled.py",
    "tests/journeys/test_journey.py",
    "tests/shared/test_stopping.py",
    "tests/shared/messaging/test_replay.py",
    "tests/shared/messaging/test_full_disk.py",
)
"""Half of a run's time, first, so that none of them begins when everything else is done. Longest first."""


def how_many(kind: Kind) -> int:
    """The processes that run tests; 0 where pytest's own runs them.

    Servers that are given are the same for all: tests that empty a topic, or read all of it, would meet there.
    """
    return 0 if kind is Kind.GIVEN else AT_ONCE


def refuse_to_share(kind: Kind, *, wanted: int) -> None:
    """Raises UsageError for several processes on the same servers."""
    if kind is Kind.GIVEN and wanted > 1:
        raise pytest.UsageError(
            f"-n {wanted} needs servers for each process, and KAFKA_URL and MONGO_URL name one of each: "
            f"say -n 0, or set neither."
        )


def ports_of(number: int, *, of: int) -> str:
    """Where this process, and those that it starts, choose free ports: where no other of the run does."""
    everyones = LocalSettings().free_range
    place = number % of  # One that takes over from a process that crashed has a number beyond the last.
    some = everyones[place * len(everyones) // of : (place + 1) * len(everyones) // of]
    return f"{some.start}-{some.stop - 1}"


def longest_first(items: Sequence[pytest.Item]) -> list[pytest.Item]:
    """The tests of the longest files, and then all others as they were."""
    place = {file: number for number, file in enumerate(LONGEST)}
    return sorted(items, key=lambda item: place.get(item.nodeid.partition("::")[0], len(LONGEST)))
