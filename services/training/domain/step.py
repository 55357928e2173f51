"""One line of a learning plan."""

from typing import Literal

from shared.domain.aggregate import Value

Place = Literal["done", "next", "blocked"]


class Step(Value):
    """Where it belongs and its sentence."""

    at: Place
    sentence: str
