"""A move to another version as it is answered."""

from collections.abc import Sequence
from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.enrolment import Enrolment
from services.training.domain.moving import AttemptsKept, ModuleMoved, RequirementMoved
from services.training.domain.readiness import Standing
from shared.domain.errors import Refusal


class PreviewView(BaseModel):
    """What a move would change for one person; `modules` are those that are named otherwise, or not asked for."""

    model_config = examples.example(examples.PREVIEW)
    enrolment: str
    from_version: int
    to_version: int
    ready_before: bool
    ready_after: bool
    requirements: tuple[RequirementMoved, ...]
    modules: tuple[ModuleMoved, ...]
    attempts: tuple[AttemptsKept, ...]


class MoveResult(BaseModel):
    """One person of several: moved, with where they stand now, or not, with the code and the sentence of why."""

    enrolment: str
    moved: bool
    standing: Standing | None = None
    code: str | None = None
    detail: str | None = None

    @classmethod
    def done(cls, enrolment: Enrolment) -> Self:
        """Moved."""
        return cls(enrolment=enrolment.id, moved=True, standing=enrolment.standing)

    @classmethod
    def refused(cls, id: str, refusal: Refusal) -> Self:
        """Left where they were."""
        return cls(enrolment=id, moved=False, code=refusal.code, detail=refusal.message)

    @classmethod
    def not_here(cls, id: str) -> Self:
        """No enrolment of this programme at this site, and no more is told."""
        return cls(
            enrolment=id,
            moved=False,
            code="not_found",
            detail="There is no such enrolment in this programme at this site.",
        )


class MovesView(BaseModel):
    """What came of it, person by person."""

    model_config = examples.example(examples.MOVES)
    programme: str
    to_version: int
    moved: int
    results: tuple[MoveResult, ...]

    @classmethod
    def of(cls, programme: str, version: int, results: Sequence[MoveResult]) -> Self:
        """In the order in which they were named."""
        moved = sum(one.moved for one in results)
        return cls(programme=programme, to_version=version, moved=moved, results=tuple(results))
