"""Programmes of a site's own: copied, edited, published and shared by those who look after the site's rules."""

from typing import Annotated

from fastapi import APIRouter, Query, Request, Response

from services.training import queries
from services.training.api.bodies.programme import CopyBody, PublishBody, ReasonBody, SharingBody
from services.training.api.deps import ProgrammesDep
from services.training.api.drafts import DRAFT_BODY, programme_in
from services.training.api.views.site_programme import DifferencesView, RulesView, SiteProgrammeView
from services.training.domain.differences import differences
from services.training.domain.site_programme import CATALOGUE, Catalogue, SiteProgramme
from shared.contracts.envelope import Code, Id
from shared.domain.errors import Conflict, NotFound
from shared.messaging.work import Work
from shared.web.commands import ActorDep, Command, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, page, shown

router = APIRouter(prefix="/v1/sites/{site}/programmes", tags=["programmes of sites"])


@router.get("")
async def site_programmes(
    site: Id, actor: ActorDep, database: DatabaseDep, paging: PagingDep
) -> Page[SiteProgrammeView]:
    """The site's own programmes, with their versions and whether there is a draft."""
    permit(actor, site, *queries.RULES_READERS)
    return await page(
        database, SiteProgramme.collection, {"site": site}, paging, view=SiteProgrammeView.of_row
    )


@router.post("", status_code=201, response_model=SiteProgrammeView)
async def copy_programme(
    site: Id, body: CopyBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """Copy a programme that ships, or one that the site has or is offered, as a draft under a new code."""
    permit(command.actor, site, *queries.RULES_EDITORS)
    source = programmes.find(body.source, version=body.version, now=command.now)
    if not programmes.is_open_to(site, body.source):
        raise NotFound("programme_unknown", f"There is no programme {body.source!r} for {site} to copy.")

    async def rule(work: Work) -> SiteProgramme:
        there = await work.find(SiteProgramme, body.code)
        command.match(there)
        if there or programmes.ships(body.code):
            raise Conflict(
                "programme_code_taken",
                f"There is a programme with the code {body.code!r}. Choose another code.",
            )
        made = SiteProgramme.copied(
            body.code, site=site, source=source, by=command.actor.person, now=command.now
        )
        work.add(made)
        return made

    return await command.run(rule, view=SiteProgrammeView.of, status=201)


@router.get("/{code}", response_model=SiteProgrammeView)
async def site_programme(site: Id, code: Code, actor: ActorDep, database: DatabaseDep) -> Response:
    """One of the site's programmes."""
    found = await queries.site_programme(database, site, code, actor, allow=queries.RULES_READERS)
    return shown(found, SiteProgrammeView.of(found, with_reasons=True))


@router.get("/{code}/draft", response_model=RulesView)
async def draft(site: Id, code: Code, actor: ActorDep, database: DatabaseDep) -> Response:
    """The draft with everything in it, the right answers too: to be edited and sent back as a whole."""
    found = await queries.site_programme(database, site, code, actor, allow=queries.RULES_EDITORS)
    return shown(found, RulesView.of(found, found.drafted, version=None))


@router.put("/{code}/draft", response_model=SiteProgrammeView, openapi_extra=DRAFT_BODY)
async def save_draft(
    site: Id, code: Code, request: Request, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The whole of the rules, as JSON or YAML; refused with every fault, its place and its remedy."""
    permit(command.actor, site, *queries.RULES_EDITORS)
    rules = await programme_in(request, code=code, now=command.now, programmes=programmes)

    async def rule(work: Work) -> SiteProgramme:
        found = await _to_edit(work, command, site, code)
        found.edit(rules, by=command.actor.person, now=command.now)
        return found

    return await command.run(rule, view=SiteProgrammeView.of)


@router.get("/{code}/versions/{number}", response_model=RulesView)
async def version(site: Id, code: Code, number: int, actor: ActorDep, database: DatabaseDep) -> Response:
    """A published version with everything in it, as it was published."""
    found = await queries.site_programme(database, site, code, actor, allow=queries.RULES_EDITORS)
    return shown(found, RulesView.of(found, found.programme(found.version_numbered(number)), version=number))


@router.post("/{code}/versions", status_code=201, response_model=SiteProgrammeView)
async def publish(site: Id, code: Code, body: PublishBody, command: CommandDep) -> Response:
    """The draft becomes the next version, in force from a date on; somebody named publishes it, with a reason."""

    async def rule(work: Work) -> SiteProgramme:
        found = await _to_edit(work, command, site, code)
        when = body.effective_from or command.now
        found.publish(when, by=command.actor.person, reason=body.reason, now=command.now)
        await _note(work, found)
        return found

    return await command.run(rule, view=SiteProgrammeView.of, status=201)


@router.post("/{code}/versions/{number}/withdrawal", response_model=SiteProgrammeView)
async def withdraw(site: Id, code: Code, number: int, body: ReasonBody, command: CommandDep) -> Response:
    """Take back a version before it is in force."""

    async def rule(work: Work) -> SiteProgramme:
        found = await _to_edit(work, command, site, code)
        found.withdraw(number, by=command.actor.person, reason=body.reason, now=command.now)
        await _note(work, found)
        return found

    return await command.run(rule, view=SiteProgrammeView.of)


@router.put("/{code}/sharing", response_model=SiteProgrammeView)
async def share(site: Id, code: Code, body: SharingBody, command: CommandDep) -> Response:
    """The other sites that can enrol people into it: all of them, those from before included."""

    async def rule(work: Work) -> SiteProgramme:
        found = await _to_edit(work, command, site, code)
        found.share_with(body.sites)
        await _note(work, found)
        return found

    return await command.run(rule, view=SiteProgrammeView.of)


@router.get("/{code}/differences")
async def differences_between(
    *,
    site: Id,
    code: Code,
    actor: ActorDep,
    database: DatabaseDep,
    before: Annotated[int, Query(ge=1, description="A published version.")],
    after: Annotated[
        int | None, Query(ge=1, description="Another one; the draft where none is named.")
    ] = None,
) -> DifferencesView:
    """What differs between two versions, or between a version and the draft."""
    found = await queries.site_programme(database, site, code, actor, allow=queries.RULES_EDITORS)
    old = found.programme(found.version_numbered(before))
    new = found.programme(found.version_numbered(after)) if after else found.drafted
    return DifferencesView(programme=code, before=before, after=after, differences=differences(old, new))


async def _to_edit(work: Work, command: Command, site: str, code: str) -> SiteProgramme:
    permit(command.actor, site, *queries.RULES_EDITORS)
    found = await work.find(SiteProgramme, code)
    if found is None or found.site != site:
        raise queries.no_such_programme(site, code)
    command.match(found)
    return found


async def _note(work: Work, found: SiteProgramme) -> None:
    """So that every process that answers reads it anew."""
    catalogue = await work.find(Catalogue, CATALOGUE)
    if catalogue is None:
        catalogue = Catalogue()
        work.add(catalogue)
    catalogue.note(found)
