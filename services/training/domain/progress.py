"""How far a person is in one module, part by part."""

from datetime import datetime
from typing import Self, TypeVar

from pydantic import Field

from services.training.domain.changing import having
from services.training.domain.module import Module, Part
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value


class PartProgress(Value):
    """A part that is finished stays so. Which way it was taken is not kept here: every way counts the same."""

    code: Code
    minutes: int = Field(default=0, ge=0)
    finished: bool = False


class ModuleProgress(Value):
    """`percent` never falls: the one the person reported, or what the finished parts come to, if that is more.

    `hours` are counted once the module is completed: signed by a trainer, or recognised. `recognised_hours` are
    those of parts that were recognised before.
    """

    code: Code
    percent: int = Field(default=0, ge=0, le=100)
    minutes: int = Field(default=0, ge=0)
    hours: float = Field(default=0, ge=0)
    recognised_hours: float = Field(default=0, ge=0)
    completed: Moment | None = None
    completed_by: Id | None = None
    recognition: Id | None = None
    parts: tuple[PartProgress, ...] = ()

    def part(self, code: str) -> PartProgress:
        """How far this part is."""
        return next((part for part in self.parts if part.code == code), PartProgress(code=code))

    def reaching(self, percent: int, *, minutes: int, module: Module) -> Self:
        """At `percent`, or where it was if that is further, after so many more minutes."""
        done = self.finished_parts(module) | module.parts_in(percent)
        reached = having(self, percent=max(self.percent, percent), minutes=self.minutes + minutes)
        return _finishing(reached, done, module)

    def working_on(self, part: str, *, minutes: int, finished: bool, module: Module) -> Self:
        """With so many more minutes at one part, which may be finished now; it never is less than it was."""
        done = self.finished_parts(module) | ({part} if finished else set())
        here = self.part(part)
        longer = here.model_copy(update={"minutes": here.minutes + minutes})
        others = tuple(p for p in self.parts if p.code != part)
        worked = having(self, parts=(*others, longer), minutes=self.minutes + minutes)
        return _finishing(worked, done, module)

    def finished_parts(self, module: Module) -> frozenset[str]:
        """The parts that are finished; where none was ever reported, those that the percentage covers."""
        if self.completed:
            return frozenset(part.code for part in module.parts)
        if not self.parts:
            return module.parts_in(self.percent)
        return frozenset(part.code for part in self.parts if part.finished)

    def resume_at(self, module: Module) -> Part:
        """The first part that is not finished; the last one where all are."""
        finished = self.finished_parts(module)
        return next((part for part in module.parts if part.code not in finished), module.parts[-1])

    def signed(self, hours: float, *, by: str, now: datetime) -> Self:
        """Completed, with the hours of recognised parts on top of those a trainer signs."""
        counted = hours + self.recognised_hours
        return having(self, percent=100, hours=counted, completed=now, completed_by=by)

    def recognised(self, recognition: str, hours: float, *, by: str, now: datetime) -> Self:
        """Completed by what was learnt before."""
        return having(self.signed(hours, by=by, now=now), recognition=recognition)

    def part_recognised(self, part: str, hours: float, *, module: Module) -> Self:
        """With one part finished by what was learnt before."""
        done = self.working_on(part, minutes=0, finished=True, module=module)
        return having(done, recognised_hours=self.recognised_hours + hours)


P = TypeVar("P", bound=ModuleProgress)


def _finishing(progress: P, done: frozenset[str], module: Module) -> P:
    known = {part.code: part for part in progress.parts}
    here = {part.code: known.get(part.code, PartProgress(code=part.code)) for part in module.parts}
    # Parts of an earlier version of the module are kept as they are, and are no share of this one.
    earlier = (part for part in progress.parts if part.code not in here)
    parts = [having(part, finished=part.code in done) for part in here.values()]
    percent = sum(part.finished for part in parts) * 100 // len(parts)
    begun = (part for part in parts if part.finished or part.minutes)
    return having(progress, percent=max(progress.percent, percent), parts=(*earlier, *begun))
