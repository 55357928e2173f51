"""Placements: the list, the queue of those without a supervisor, assigning one, and the end."""

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import AssignmentBody, ClosingBody
from services.supervision.api.deps import PracticeDep, placement_to_change
from services.supervision.api.views.placements import AssignmentsView, PlacementView
from services.supervision.domain.assignment import assign, close, supervises_here
from services.supervision.domain.charge import Closing
from services.supervision.domain.placement import Placement
from services.supervision.domain.supervisor import Supervisor, supervisor_id
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, page, shown

router = APIRouter(tags=["placements"])


@router.get("/placements")
async def list_placements(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    site: Id | None = None,
    without_supervisor: bool | None = None,
) -> Page[PlacementView]:
    """Placements at the sites you work for, oldest first; `without_supervisor=true` is the queue."""
    where = queries.placements_of_sites(actor, site=site, without_supervisor=without_supervisor)
    return await page(database, "placements", where, paging, view=PlacementView.row, by_time="opened")


@router.get("/me/placements")
async def my_placements(actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> Page[PlacementView]:
    """Your own placements."""
    return await page(database, "placements", {"person": actor.person}, paging, view=PlacementView.row)


@router.get("/placements/{placement}", response_model=PlacementView)
async def get_placement(placement: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """One placement: for its mentor, its supervisor, the staff and the certifiers of the site."""
    found = await queries.placement_for(database, placement, actor, allow=queries.EVIDENCE)
    return shown(found, PlacementView.of(found))


@router.get("/placements/{placement}/assignments", response_model=AssignmentsView)
async def list_assignments(
    placement: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep
) -> Response:
    """Every supervisor there was, who put them in charge, when and why: for the staff of the site."""
    found = await queries.placement_of_staff(database, placement, actor)
    await vault.open(found)
    return shown(found, AssignmentsView.of(found))


@router.post("/placements/{placement}/supervisor", response_model=PlacementView)
async def assign_supervisor(placement: Id, body: AssignmentBody, command: CommandDep) -> Response:
    """Put a supervisor of the site in charge; with `If-Match`, unless somebody else was quicker."""
    assignment = body.assignment(by=command.actor.person, at=command.now)

    async def rule(work: Work) -> Placement:
        found = await placement_to_change(work, command, placement, Role.COORDINATOR)
        to, previous, mentor = [
            await work.find(Supervisor, supervisor_id(person or "", found.site))
            for person in (body.supervisor, found.supervisor, found.person)
        ]
        to = supervises_here(to, person=body.supervisor, site=found.site)
        assign(found, assignment, to=to, previous=previous, mentor=mentor)
        return found

    return await command.run(rule, view=PlacementView.of)


@router.post("/placements/{placement}/closing", response_model=PlacementView)
async def close_placement(
    placement: Id, body: ClosingBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """End a placement, as a coordinator of the site; the supervisor has a place free again."""
    closing = Closing(reason=body.reason, by=command.actor.person, at=command.now)

    async def rule(work: Work) -> Placement:
        found = await placement_to_change(work, command, placement, Role.COORDINATOR)
        supervisor = await work.find(Supervisor, supervisor_id(found.supervisor or "", found.site))
        close(found, closing, supervisor=supervisor, practice=practice)
        return found

    return await command.run(rule, view=PlacementView.of)
