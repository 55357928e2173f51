"""What differs between two versions of a programme, as data."""

from collections.abc import Iterator
from typing import Any

from services.training.domain.programme import Programme
from shared.domain.aggregate import Value

_NAMED_BY = ("code", "bucket")
"""What tells the parts of a list apart, so that one more at the beginning doesn't change all the others."""


class Difference(Value):
    """A place (`modules.communication.minimum_hours.value`) and what it says in each; None where it is not there."""

    path: str
    before: Any = None
    after: Any = None


def differences(before: Programme, after: Programme) -> tuple[Difference, ...]:
    """Everything but the version and its date, in the order of the data."""
    left, right = (
        one.model_dump(mode="json", exclude={"code", "version", "effective_from"}) for one in (before, after)
    )
    return tuple(_between((), left, right))


def _between(path: tuple[str, ...], before: Any, after: Any) -> Iterator[Difference]:
    if before == after:
        return
    left, right = _parts(before), _parts(after)
    if left is None or right is None:
        yield Difference(path=".".join(path), before=before, after=after)
        return
    for name in {**left, **right}:
        yield from _between((*path, name), left.get(name), right.get(name))
    if [name for name in left if name in right] != [name for name in right if name in left]:
        yield Difference(path=".".join((*path, "order")), before=list(left), after=list(right))


def _parts(value: Any) -> dict[str, Any] | None:
    """The parts by name; None where it has none of its own."""
    if isinstance(value, dict):
        return value
    if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
        for name in _NAMED_BY:
            if all(name in one for one in value):
                return {str(one[name]): one for one in value}
    return None
