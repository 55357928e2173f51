"""Is everything there for a certifier to decide? A list to look at; nothing is decided here."""

from datetime import datetime

from services.training.domain.evidence import Evidence
from services.training.domain.learning import Learning
from services.training.domain.programme import Programme
from services.training.domain.requirements import Requirement, learning_of, papers_of, practice_of
from shared.domain.aggregate import Value


class Standing(Value):
    """Readiness in short, kept with the enrolment so that lists need not work it out; `unmet` in its order."""

    met: int
    total: int
    unmet: tuple[str, ...]


class Readiness(Value):
    """Every requirement of the programme."""

    requirements: tuple[Requirement, ...]

    @property
    def complete(self) -> bool:
        """Is every requirement met?"""
        return not self.unmet

    @property
    def unmet(self) -> tuple[Requirement, ...]:
        """What is still missing."""
        return tuple(line for line in self.requirements if not line.met)

    @property
    def may_be_decided(self) -> bool:
        """Is everything there, or missing only what a provisional certificate can wait for?"""
        return all(line.later for line in self.unmet)

    @property
    def standing(self) -> Standing:
        """In short; what may come later is not counted."""
        first = [line for line in self.requirements if not line.later]
        unmet = tuple(line.code for line in first if not line.met)
        return Standing(met=len(first) - len(unmet), total=len(first), unmet=unmet)


def readiness_of(learning: Learning, evidence: Evidence, programme: Programme, *, now: datetime) -> Readiness:
    """The whole list, in the order in which a person usually meets it."""
    rule = programme.certification
    lines = (
        *learning_of(learning, programme),
        *practice_of(evidence, rule),
        *papers_of(evidence, rule, now=now),
    )
    return Readiness(
        requirements=tuple(
            line.model_copy(update={"later": True}) if rule.waits_for(line.code) else line for line in lines
        )
    )
