"""Programmes as people read them: everything but the questions and their answers."""

from typing import Annotated

from fastapi import APIRouter, Query

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
async def programme(
    _: ActorDep,
    code: Code,
    programmes: ProgrammesDep,
    now: NowDep,
    version: Annotated[int | None, Query(ge=1, description="The one an enrolment keeps, say.")] = None,
) -> ProgrammeView:
    """One programme in the version asked for, or the one new enrolments begin with."""
    return ProgrammeView.of(programmes.find(code, version=version, now=now))
