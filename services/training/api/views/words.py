"""Sealed text as it is answered: what was written, or that it was erased."""

from collections.abc import Callable
from typing import Any, TypeVar

from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed

T = TypeVar("T", bound=Value)


def words(part: Sealed[T] | None, of: Callable[[T], str]) -> str | None:
    """What stands in an opened part: nothing at all where nothing was written, None where it was erased."""
    if part is None:
        return ""
    text = part.read()
    return None if text is None else of(text)


def are_erased(*parts: Sealed[Any] | None) -> bool:
    """Was there text here that is gone, with the person's key? Closed parts don't tell."""
    return any(part is not None and part.erased for part in parts)
