"""A programme as a site offers it: for how many, on which checks, and with what time for an appeal."""

from typing import Self

from pydantic import Field

from services.recruitment.domain.checks import CheckKind
from shared.domain.aggregate import Value

HOUSE_RULE = "house rule"


class ProgrammeOffer(Value):
    """What one site says about one programme. Days are whole days, counted from the moment of a decision."""

    open: bool = Field(default=True, description="Is it taking applications?")
    capacity: int | None = Field(default=None, ge=0, le=100_000, description="Places; none: no limit.")
    required_checks: tuple[CheckKind, ...] = Field(
        default=tuple(CheckKind), max_length=len(CheckKind), description="Needed before an acceptance."
    )
    appeal_days: int = Field(default=30, ge=1, le=365, description="How long a decline can be appealed.")
    appeal_decision_days: int = Field(default=30, ge=1, le=365, description="How long an appeal may take.")
    appeal_source: str = Field(
        default=HOUSE_RULE,
        min_length=1,
        max_length=200,
        description="Where the two numbers of days come from.",
    )

    def is_roomier(self, before: Self) -> bool:
        """Are there more places than before?"""
        if before.capacity is None:
            return False
        return self.capacity is None or self.capacity > before.capacity
