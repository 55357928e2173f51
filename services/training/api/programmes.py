"""Programmes as people read them: everything but the questions and their answers."""

from fastapi import APIRouter

from services.training.api.deps import NowDep, ProgrammesDep
from services.training.api.views.programme import ProgrammeView
from shared.contracts.envelope import Code
from shared.web.commands import ActorDep

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])


@router.get("")
async def programmes_in_force(_: ActorDep, programmes: ProgrammesDep, now: NowDep) -> list[ProgrammeView]:
    """Every programme in the version new enrolments begin with."""
    return [ProgrammeView.of(found) for found in programmes.all_current(now=now)]


@router.get("/{code}")
async def programme(_: ActorDep, code: Code, programmes: ProgrammesDep, now: NowDep) -> ProgrammeView:
    """One programme in the version new enrolments begin with."""
    return ProgrammeView.of(programmes.current(code, now=now))
