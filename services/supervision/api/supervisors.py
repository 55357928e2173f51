"""Supervisors: who supervises where, how many at most, and whom."""

from functools import partial

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import SupervisorBody
from services.supervision.api.views.placements import PlacementView
from services.supervision.api.views.supervisors import CaseloadView, SupervisorView
from services.supervision.domain.supervisor import Supervisor, appointed, supervisor_id
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
    seen_missing = False

    async def rule(work: Work) -> Supervisor:
        nonlocal seen_missing
        permit(command.actor, body.site, Role.COORDINATOR, Role.SITE_ADMIN, Role.ORGANISATION_ADMIN)
        found = await work.find(Supervisor, supervisor_id(person, body.site))
        command.match(found)
        decision = {**terms, "by": command.actor.person, "now": command.now}
        if found is None:
            seen_missing = True
            work.add(made := Supervisor.appoint(person, site=body.site, **decision))
            return made
        appointed(found, meanwhile=seen_missing).change_terms(**decision)
        return found

    return await command.run(rule, view=partial(SupervisorView.of, reader=command.actor))


@router.get("/supervisors")
async def list_supervisors(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, site: Id | None = None
) -> Page[SupervisorView]:
    """The supervisors of the sites you work for, with how many more each can take."""
    where = sites_filter(actor, *queries.STAFF, site=site)
    return await page(
        database,
        Supervisor.collection,
        where,
        paging,
        view=lambda row: SupervisorView.of(Supervisor.rebuild(row), reader=actor),
    )


@router.get("/supervisors/{person}/caseload")
async def caseload(person: Id, actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> CaseloadView:
    """Whom somebody supervises at present: for themself, and for the staff of each site."""
    where = queries.sites_of_caseload(person, actor)
    terms = await queries.terms_of(database, person, where)
    placements = await page(
        database,
        "placements",
        {**where, "supervisor": person, "closed": None},
        paging,
        view=PlacementView.row,
    )
    return CaseloadView.of(person, terms, placements, reader=actor)
