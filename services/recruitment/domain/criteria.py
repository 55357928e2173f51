"""The selection criteria: data, so that a programme can change an anchor without changing code."""

from collections.abc import Mapping
from typing import Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value

MET_AT = 3.0
"""A criterion counts as met when the panel's mean reaches the middle anchor."""

DEFAULT_RUBRIC = "default"
SCALE = (1, 2, 3, 4, 5)


class Criterion(Value):
    """One criterion, with what each score looks like."""

    code: Code
    title: str = Field(min_length=1)
    anchors: dict[int, str]

    @model_validator(mode="after")
    def _anchored(self) -> Self:
        lacking = [str(score) for score in SCALE if not self.anchors.get(score, "").strip()]
        if lacking:
            raise ValueError(f"{self.code} has no anchor for {', '.join(lacking)}; say what that looks like")
        strange = sorted(self.anchors.keys() - set(SCALE))
        if strange:
            raise ValueError(f"{self.code} has an anchor for {strange[0]}; scores are 1 to 5, remove it")
        return self


class Criteria(Value):
    """All criteria of a rubric. `version` is raised by whoever changes a criterion or an anchor."""

    rubric: Code = DEFAULT_RUBRIC
    version: int = Field(ge=1)
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


class Rubrics:
    """The criteria of every programme: those of its own where it has some, else those that ship."""

    def __init__(self, default: Criteria, own: Mapping[str, Criteria]) -> None:
        self._default = default
        self._own = own

    def of(self, programme: str | None) -> Criteria:
        """The criteria a programme selects by; None asks for those that ship."""
        return self._default if programme is None else self._own.get(programme, self._default)
