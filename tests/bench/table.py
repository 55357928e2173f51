"""The one table: what was measured, then each promise with its target."""

from collections.abc import Sequence
from dataclasses import dataclass, field


def percentile(values: Sequence[float], share: float) -> float:
    """The value below which `share` (0..1) of the values lie, by rank."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


@dataclass(frozen=True)
class Target:
    """A number held against a limit; `at_most` says on which side it has to lie. `key` is its name for programs."""

    key: str
    what: str
    value: float
    limit: float
    at_most: bool = False
    unit: str = ""

    @property
    def met(self) -> bool:
        """Does the number hold?"""
        return self.value <= self.limit if self.at_most else self.value >= self.limit

    def cells(self) -> tuple[str, str, str, str]:
        """As one row of the table."""
        sign = "<=" if self.at_most else ">="
        shown = f"{self.value:,.2f}{self.unit}"
        return (self.what, shown, f"{sign} {self.limit:,.2f}{self.unit}", "met" if self.met else "MISSED")


@dataclass
class Table:
    """Lines in the order in which they were measured."""

    measured: list[tuple[str, str, str]] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)

    def rate(self, what: str, per_second: float, note: str = "") -> None:
        """A throughput line."""
        self.measured.append((what, f"{per_second:,.0f}/s", note))

    def line(self, what: str, value: str, note: str = "") -> None:
        """Any other line."""
        self.measured.append((what, value, note))

    def __str__(self) -> str:
        rows = [("measured", "", "", ""), *((*row, "") for row in self.measured)]
        rows += [("", "", "", ""), ("promise", "value", "target", "")]
        rows += [target.cells() for target in self.targets]
        widths = [max(len(row[at]) for row in rows) for at in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        )
