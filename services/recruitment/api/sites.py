"""Sites: described by their administrators, and listed for whoever wants to apply."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.site_views import PublicSiteView, SiteBody, SiteView
from services.recruitment.domain.intake import Intake, intake_id
from services.recruitment.domain.person import ADMINS
from services.recruitment.domain.site import Site
from shared.contracts.envelope import Id
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, page, shown

router = APIRouter(tags=["sites"])


@router.get("/sites")
async def list_sites(database: DatabaseDep, paging: PagingDep) -> Page[PublicSiteView]:
    """Every site with the programmes that take applications; for everybody, signed in or not."""
    return await page(
        database, Site.collection, {}, paging, view=lambda row: PublicSiteView.of(Site.rebuild(row))
    )


@router.get("/sites/{site}", response_model=SiteView)
async def get_site(site: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """One site in full, for those who work there, with the ETag to change it by."""
    found = await queries.site_for(database, site, actor)
    return shown(found, SiteView.of(found))


@router.put("/sites/{site}", response_model=SiteView)
async def put_site(site: Id, body: SiteBody, command: CommandDep) -> Response:
    """Describe a site, its support contacts and the programmes it offers."""

    async def rule(work: Work) -> Site:
        permit(command.actor, site, *ADMINS)
        known = await work.find(Site, site)
        command.match(known)
        before = dict(known.programmes) if known else {}
        described = Site.described(known, site, body)
        work.add(described)
        for code in described.roomier_than(before):
            if intake := await work.find(Intake, intake_id(site, code)):
                intake.see_room(described.offer(code))
        return described

    return await command.run(rule, view=SiteView.of)
