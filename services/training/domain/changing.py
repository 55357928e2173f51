"""Values never change in place: the next one is made of the one before."""

from typing import TypeVar

from shared.domain.aggregate import Value

V = TypeVar("V", bound=Value)


def having(value: V, **changes: object) -> V:
    """The value with these fields as given, unchecked: for rules that have checked them."""
    return value.model_copy(update=changes)
