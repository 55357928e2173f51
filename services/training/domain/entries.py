"""Lists of entries, each with an id of its own, in the order in which they came."""

from collections.abc import Sequence
from typing import Protocol, TypeVar

from shared.domain.errors import Conflict, NotFound

MOST_WAITING = 50
"""So many of a kind may wait for somebody: nobody floods a queue, and a record stays readable."""


class Entry(Protocol):
    """Anything that is found by its id."""

    @property
    def id(self) -> str:
        """Its own."""
        ...


E = TypeVar("E", bound=Entry)


def with_one(entries: Sequence[E], one: E) -> tuple[E, ...]:
    """With this entry in the place of the one with its id, or at the end."""
    if any(entry.id == one.id for entry in entries):
        return tuple(one if entry.id == one.id else entry for entry in entries)
    return (*entries, one)


def find(entries: Sequence[E], id: str, *, code: str, what: str) -> E:
    """The entry with this id. Raises NotFound `code`, naming `what` it is."""
    for entry in entries:
        if entry.id == id:
            return entry
    raise NotFound(code, f"There is no {what} with this id here. Read the list again.")


def must_leave_room(waiting: int) -> None:
    """Raises Conflict `too_much_waiting`."""
    if waiting >= MOST_WAITING:
        raise Conflict(
            "too_much_waiting",
            f"{waiting} entries wait for an answer already. Please send the next one when some are decided.",
        )
