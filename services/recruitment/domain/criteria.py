"""The selection criteria: data, so that a programme can change an anchor without changing code."""

from typing import Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value

MET_AT = 3.0
"""A criterion counts as met when the panel's mean reaches the middle anchor."""


class Criterion(Value):
    """One criterion with what a 1, a 3 and a 5 look like."""

    code: Code
    title: str = Field(min_length=1)
    anchors: dict[int, str]

    @model_validator(mode="after")
    def _anchored(self) -> Self:
        if not {1, 3, 5} <= set(self.anchors) <= {1, 2, 3, 4, 5}:
            raise ValueError(
                f"criterion {self.code}: anchors for 1, 3 and 5 are needed, 2 and 4 are possible"
            )
        return self


class Criteria(Value):
    """All criteria of a programme."""

    criteria: tuple[Criterion, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        codes = [criterion.code for criterion in self.criteria]
        twice = sorted({code for code in codes if codes.count(code) > 1})
        if twice:
            raise ValueError(f"each criterion has its own code; there twice: {', '.join(twice)}")
        return self

    @property
    def codes(self) -> frozenset[str]:
        """Their codes."""
        return frozenset(criterion.code for criterion in self.criteria)
