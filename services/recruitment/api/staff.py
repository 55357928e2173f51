"""Who works for a site, so that they can be told and asked."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.bodies import StaffBody
from services.recruitment.api.views import StaffView
from services.recruitment.domain.person import ADMINS, Person
from shared.contracts.envelope import Id
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, page, shown

router = APIRouter(tags=["staff"])


@router.get("/staff")
async def list_staff(site: Id, actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> Page[StaffView]:
    """Everybody with a duty at a site."""
    permit(actor, site, *queries.STAFF_READERS)
    where = queries.colleagues_at(site)
    return await page(
        database,
        Person.collection,
        where,
        paging,
        view=lambda row: StaffView.of(Person.rebuild(row), site),
    )


@router.get("/staff/{person}", response_model=StaffView)
async def get_staff(person: Id, site: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """One of them, with the ETag to change the entry by."""
    found = await queries.colleague(database, person, site=site, actor=actor)
    return shown(found, StaffView.of(found, site))


@router.put("/staff/{person}", response_model=StaffView)
async def put_staff(person: Id, body: StaffBody, command: CommandDep) -> Response:
    """Enter somebody who works for a site, or change their duties there; their own site their contact too."""

    async def rule(work: Work) -> Person:
        permit(command.actor, body.site, *ADMINS)
        known = await work.find(Person, person)
        command.match(known)
        entered = Person.entered(
            known,
            person,
            site=body.site,
            contact=body.contact(),
            duties=tuple(body.duties),
            by=command.actor,
        )
        work.add(entered)
        return entered

    return await command.run(rule, view=lambda found: StaffView.of(found, body.site))
