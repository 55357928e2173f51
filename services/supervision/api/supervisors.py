"""Supervisors: who supervises where, how many at most, and whom."""

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import SupervisorBody
from services.supervision.api.views import CaseloadView, PlacementView, SupervisorView
from services.supervision.domain.supervisor import Supervisor, supervisor_id
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit, sites_filter
from shared.web.queries import DatabaseDep, Page, PagingDep, page

router = APIRouter(tags=["supervisors"])


@router.put("/supervisors/{person}", response_model=SupervisorView)
async def put_supervisor(person: Id, body: SupervisorBody, command: CommandDep) -> Response:
    """Let somebody supervise at a site, or change their terms there."""
    terms = body.model_dump(include={"caseload_limit", "conflicts", "active"})

    async def rule(work: Work) -> Supervisor:
        permit(command.actor, body.site, Role.COORDINATOR, Role.SITE_ADMIN, Role.ORGANISATION_ADMIN)
        found = await work.find(Supervisor, supervisor_id(person, body.site))
        if found is None:
            found = Supervisor.appoint(person, site=body.site, **terms)
            work.add(found)
        else:
            command.match(found)
            found.change_terms(**terms)
        return found

    return await command.run(rule, view=SupervisorView.of)


@router.get("/supervisors")
async def list_supervisors(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, site: Id | None = None
) -> Page[SupervisorView]:
    """The supervisors of the sites you work for, with how many more each can take."""
    where = sites_filter(actor, *queries.STAFF, site=site)
    return await page(
        database, "supervisors", where, paging, view=lambda row: SupervisorView.of(Supervisor.rebuild(row))
    )


@router.get("/supervisors/{person}/caseload")
async def caseload(person: Id, actor: ActorDep, database: DatabaseDep) -> CaseloadView:
    """Whom somebody supervises: for themself, and for the staff of each site."""
    terms, placements = await queries.caseloads(database, person, actor)
    return CaseloadView(
        supervisor=person,
        sites=[SupervisorView.of(found) for found in terms],
        placements=[PlacementView.of(found) for found in placements],
    )
