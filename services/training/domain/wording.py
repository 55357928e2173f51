"""How rules speak: lists and numbers inside sentences."""

from collections import Counter
from collections.abc import Iterable


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *first, last = [*words] or [""]
    return f"{', '.join(first)} and {last}" if first else last


def counted(number: float, one: str, many: str | None = None) -> str:
    """`1 hour`, `2.5 hours`."""
    return f"{number:g} {one if number == 1 else many or one + 's'}"


def repeated(names: Iterable[str]) -> list[str]:
    """Those that are there more than once, sorted."""
    return sorted(name for name, times in Counter(names).items() if times > 1)
