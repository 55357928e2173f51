"""Placements: the list, the queue of those without a supervisor, and assigning one."""

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import AssignmentBody, PracticeDep
from services.supervision.api.views import PlacementView
from services.supervision.domain.assignment import assign, known
from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Practice
from services.supervision.domain.supervisor import Supervisor, supervisor_id
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, page, shown

router = APIRouter(tags=["placements"])


@router.get("/practice")
async def practice_rules(_: ActorDep, practice: PracticeDep) -> Practice:
    """The codes in use: topics of sessions, kinds of work, criteria of reviews, and the cadence."""
    return practice


@router.get("/placements")
async def list_placements(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    site: Id | None = None,
    without_supervisor: bool | None = None,
) -> Page[PlacementView]:
    """Placements at the sites you work for; `without_supervisor=true` is the queue of those who wait."""
    where = queries.placements_of_sites(actor, site=site, without_supervisor=without_supervisor)
    return await page(
        database, "placements", where, paging, view=lambda row: PlacementView.of(Placement.rebuild(row))
    )


@router.get("/me/placements")
async def my_placements(actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> Page[PlacementView]:
    """Your own placements."""
    return await page(
        database,
        "placements",
        {"person": actor.person},
        paging,
        view=lambda row: PlacementView.of(Placement.rebuild(row)),
    )


@router.get("/placements/{placement}", response_model=PlacementView)
async def get_placement(placement: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """One placement: for its mentor, its supervisor and the staff of the site."""
    found = await queries.placement_for(database, placement, actor)
    return shown(found, PlacementView.of(found))


@router.post("/placements/{placement}/supervisor", response_model=PlacementView)
async def assign_supervisor(placement: Id, body: AssignmentBody, command: CommandDep) -> Response:
    """Put a supervisor of the site in charge; with `If-Match`, unless somebody else was quicker."""

    async def rule(work: Work) -> Placement:
        found = await work.load(Placement, placement)
        permit(command.actor, found.site, Role.COORDINATOR)
        command.match(found)
        to = await work.find(Supervisor, supervisor_id(body.supervisor, found.site))
        previous = await work.find(Supervisor, supervisor_id(found.supervisor or "", found.site))
        assign(
            found,
            to=known(to, person=body.supervisor, site=found.site),
            previous=previous,
            by=command.actor.person,
            now=command.now,
        )
        return found

    return await command.run(rule, view=PlacementView.of)
