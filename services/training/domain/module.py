"""What there is to learn: one module of a programme."""

from enum import StrEnum

from pydantic import Field

from services.training.domain.figures import Hours
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value


class Delivery(StrEnum):
    """How a module can be taken."""

    IN_PERSON_WORKSHOP = "in_person_workshop"
    LIVE_ONLINE = "live_online"
    SELF_PACED = "self_paced"
    SHADOWING = "shadowing"
    SUPERVISED_PRACTICE = "supervised_practice"
    CONTINUING_EDUCATION = "continuing_education"


class Part(Value):
    """One part of a module; whoever learns at their own pace goes on at the first one not finished."""

    code: Code
    title: str = Field(min_length=1)


class Module(Value):
    """`content_notes` tell beforehand what may be hard; `requires` are modules to complete first."""

    code: Code
    title: str = Field(min_length=1)
    outcomes: tuple[str, ...] = Field(min_length=1)
    delivery: tuple[Delivery, ...] = Field(min_length=1)
    minimum_hours: Hours
    requires: tuple[Code, ...] = ()
    parts: tuple[Part, ...] = Field(min_length=1)
    content_notes: tuple[str, ...] = ()

    def part_at(self, percent: int) -> Part:
        """Where to go on after `percent` of the module; parts count alike."""
        return self.parts[min(percent * len(self.parts) // 100, len(self.parts) - 1)]
