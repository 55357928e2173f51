"""What there is to learn: one module of a programme."""

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from services.training.domain.figures import Hours
from services.training.domain.wording import listed
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value
from shared.domain.errors import NotFound


class Delivery(StrEnum):
    """How a module can be taken."""

    IN_PERSON_WORKSHOP = "in_person_workshop"
    LIVE_ONLINE = "live_online"
    SELF_PACED = "self_paced"
    SHADOWING = "shadowing"
    SUPERVISED_PRACTICE = "supervised_practice"
    CONTINUING_EDUCATION = "continuing_education"


class Part(Value):
    """One part of a module; whoever learns at their own pace goes on at the first one not finished.

    `content_notes` are read before it begins. A part that may be hard has an `alternative`: what to do instead,
    which counts the same and needs no reason.
    """

    code: Code
    title: str = Field(min_length=1)
    content_notes: tuple[str, ...] = ()
    alternative: str | None = Field(default=None, min_length=1)


class Module(Value):
    """`content_notes` tell beforehand what may be hard; `requires` are modules to complete first.

    `shadowing_hours` and `practice_hours` are what has to be logged and confirmed before a trainer signs it.
    `bucket` is the kind of training its hours are, where the certificate asks for hours of a kind.
    """

    code: Code
    title: str = Field(min_length=1)
    bucket: Code | None = None
    outcomes: tuple[str, ...] = Field(min_length=1)
    delivery: tuple[Delivery, ...] = Field(min_length=1)
    minimum_hours: Hours
    requires: tuple[Code, ...] = ()
    parts: tuple[Part, ...] = Field(min_length=1)
    content_notes: tuple[str, ...] = ()
    shadowing_hours: Hours | None = None
    practice_hours: Hours | None = None

    @model_validator(mode="after")
    def _what_is_required_is_offered(self) -> Self:
        for field, delivery in (
            ("shadowing_hours", Delivery.SHADOWING),
            ("practice_hours", Delivery.SUPERVISED_PRACTICE),
        ):
            if getattr(self, field) is not None and delivery not in self.delivery:
                raise ValueError(
                    f"{field}: the module isn't offered as {delivery.value}; add that to delivery or leave it out"
                )
        return self

    def required_log(self, delivery: Delivery) -> float:
        """Confirmed hours of this kind that have to be there before the module is signed."""
        hours = {Delivery.SHADOWING: self.shadowing_hours, Delivery.SUPERVISED_PRACTICE: self.practice_hours}
        rule = hours.get(delivery)
        return rule.value if rule else 0

    def part(self, code: str) -> Part:
        """Raises NotFound `part_unknown`, listing the parts there are."""
        for part in self.parts:
            if part.code == code:
                return part
        there = listed(part.code for part in self.parts)
        raise NotFound("part_unknown", f"{self.title} has no part {code!r}. It has {there}.")

    def part_at(self, percent: int) -> Part:
        """Where to go on after `percent` of the module; parts count alike."""
        return self.parts[min(percent * len(self.parts) // 100, len(self.parts) - 1)]

    def parts_in(self, percent: int) -> frozenset[str]:
        """The parts that so much of the module covers as a whole."""
        return frozenset(part.code for part in self.parts[: percent * len(self.parts) // 100])
