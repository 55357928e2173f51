"""Numbers that rules rest on, each with where it comes from."""

from collections.abc import Iterable

from pydantic import Field

from shared.domain.aggregate import Value


class Sourced(Value):
    """`confirmed`: somebody compared the number with its source."""

    source: str = Field(min_length=1)
    confirmed: bool


class Count(Sourced):
    """A whole number of something, at least one."""

    value: int = Field(ge=1, le=10_000)


class Hours(Sourced):
    """A length of time in hours."""

    value: float = Field(gt=0, le=10_000)


class Share(Sourced):
    """A part of a whole, from 0 (excluded) to 1."""

    value: float = Field(gt=0, le=1)


def must_hold(problems: Iterable[str]) -> None:
    """Raises ValueError with every problem on a line of its own, so that all are mended at once."""
    if found := [*problems]:
        raise ValueError("\n".join(found))
