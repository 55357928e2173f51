"""Waiting for a condition, and for several things at once."""

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Iterable
from typing import Any, TypeVar

T = TypeVar("T")

POLL_S = 0.02


async def until(probe: Callable[[], Awaitable[T]], *, within_s: float, every_s: float = POLL_S) -> T:
    """The first value of `probe` that is true.

    Raises:
        TimeoutError: there was none within `within_s` seconds; names the last value.
    """
    value: T | None = None
    limit = asyncio.timeout(within_s)
    try:
        async with limit:
            while not (value := await probe()):  # noqa: ASYNC110 - what is waited for is outside this process
                await asyncio.sleep(every_s)
    except TimeoutError:
        if not limit.expired():  # it is the probe's own
            raise
        raise TimeoutError(f"not so within {within_s:g} s; the last value was {value!r}") from None
    return value


async def all_at_once(works: Iterable[Coroutine[Any, Any, object]]) -> None:
    """Everything at the same time; the first error ends the rest and is raised as it is."""
    try:
        async with asyncio.TaskGroup() as group:
            for work in works:
                group.create_task(work)
    except BaseExceptionGroup as failed:
        raise failed.exceptions[0] from None
