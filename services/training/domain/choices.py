"""Which parts of modules a person takes in their other way: for their own eyes, in a record nobody else reads.

It is apart from what helps them to take part as well, as others see that, and would see its version rise.
"""

from typing import ClassVar, Self

from services.training.domain.module import Module
from shared.contracts.envelope import Code, Id
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Conflict


def choices_id(enrolment: str) -> str:
    """One record per enrolment."""
    return stable_id("choices", enrolment)


class Alternative(Value):
    """A part of a module taken in its other way."""

    module: Code
    part: Code


class Choices(Aggregate):
    """Nobody asks why, and a part finished in its other way is simply finished."""

    collection: ClassVar[str] = "choices"

    person: Id
    enrolment: Id
    alternatives: tuple[Alternative, ...] = ()

    @classmethod
    def of(cls, enrolment: str, *, person: str, site: str) -> Self:
        """Everything in its usual way."""
        return cls(id=choices_id(enrolment), site=site, person=person, enrolment=enrolment)

    def choose(self, module: Module, part: str, *, alternative: bool) -> None:
        """Take a part in its other way, or in the usual one after all.

        Raises NotFound `part_unknown`, Conflict `part_without_alternative`.
        """
        rule = module.part(part)
        if rule.alternative is None:
            raise Conflict(
                "part_without_alternative",
                f"“{rule.title}” has no other way yet. You can skip it for now, or ask a trainer for help.",
            )
        others = tuple(a for a in self.alternatives if (a.module, a.part) != (module.code, part))
        chosen = (Alternative(module=module.code, part=part),) if alternative else ()
        self.alternatives = (*others, *chosen)

    def takes_alternative(self, module: str, part: str) -> bool:
        """Did the person choose the other way?"""
        return Alternative(module=module, part=part) in self.alternatives
