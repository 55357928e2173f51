"""Programmes as people read them: everything but the questions and their answers."""

from typing import Annotated

from fastapi import APIRouter, Query

from services.training import queries
from services.training.api.deps import NowDep, ProgrammesDep
from services.training.api.views.programme import ProgrammeView
from shared.contracts.envelope import Code
from shared.domain.errors import NotFound
from shared.domain.people import EVERY_SITE
from shared.web.commands import ActorDep
from shared.web.queries import DatabaseDep

router = APIRouter(prefix="/v1/programmes", tags=["programmes"])


@router.get("")
async def programmes_in_force(actor: ActorDep, programmes: ProgrammesDep, now: NowDep) -> list[ProgrammeView]:
    """Every programme in the version new enrolments begin with: those that ship, and those of the reader's sites."""
    sites = {grant.site for grant in actor.grants}
    return [
        ProgrammeView.of(found)
        for found in programmes.all_current(now=now)
        if programmes.ships(found.code)
        or EVERY_SITE in sites
        or any(programmes.is_open_to(site, found.code) for site in sites)
    ]


@router.get("/{code}")
async def programme(
    *,
    actor: ActorDep,
    code: Code,
    database: DatabaseDep,
    programmes: ProgrammesDep,
    now: NowDep,
    version: Annotated[int | None, Query(ge=1, description="The one an enrolment keeps, say.")] = None,
) -> ProgrammeView:
    """One programme in the version asked for, or the one new enrolments begin with."""
    found = programmes.find(code, version=version, now=now)
    if not await queries.may_read_programme(database, programmes, code, actor):
        raise NotFound("programme_unknown", f"There is no programme {code!r} for you here. Correct the code.")
    return ProgrammeView.of(found)
