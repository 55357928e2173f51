"""Cohorts: finding and reading them."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.training import queries
from services.training.api.calendars import CalendarResponse, calendar_of
from services.training.api.deps import NowDep
from services.training.api.views import cohort_examples as examples
from services.training.api.views.cohort import CohortSummary, CohortView, RosterView
from services.training.domain.cohort import Cohort
from shared.contracts.envelope import Code, Id, Moment
from shared.storage.mongo import Document
from shared.web.commands import ActorDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, Paging, PagingDep, page, shown

router = APIRouter(prefix="/v1", tags=["cohorts"])

_ModuleQuery = Annotated[Code | None, Query(description="Those that teach this module.")]
_FromQuery = Annotated[
    Moment | None, Query(alias="from", description="Those that begin at this time or later; as a rule, now.")
]


@router.get("/cohorts")
async def list_cohorts(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    now: NowDep,
    *,
    site: Annotated[Id | None, Query()] = None,
    programme: Annotated[Code | None, Query()] = None,
    module: _ModuleQuery = None,
    trainer: Annotated[Id | None, Query(description="Those in which this person holds a session.")] = None,
    begins: _FromQuery = None,
    free: Annotated[bool, Query(description="Only those with places left.")] = False,
) -> Page[CohortSummary]:
    """Cohorts at the reader's sites, the next one first.

    One that is moved meanwhile may be listed twice, or not; read again from the beginning then.
    """
    chosen = {"programme": programme, "modules": module, "sessions.trainer": trainer}
    where = queries.cohorts_of_sites(actor, site=site, begins=begins or now, **chosen)
    if free:
        where |= {"cancelled": None, "places_left": {"$gt": 0}}
    return await _listed(database, where, paging, now)


@router.get("/enrolments/{enrolment}/cohorts")
async def cohorts_for_enrolment(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    now: NowDep,
    *,
    enrolment: Id,
    module: _ModuleQuery = None,
    begins: _FromQuery = None,
) -> Page[CohortSummary]:
    """Cohorts with places left that are meant for this person, the next one first."""
    found = await queries.enrolment(database, enrolment, actor)
    where = queries.cohorts_for(found, begins=begins or now, module=module)
    return await _listed(database, where, paging, now)


@router.get("/me/cohorts")
async def own_cohorts(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, now: NowDep
) -> Page[CohortSummary]:
    """Cohorts in which the reader has a place, or waits for one."""
    return await _listed(database, queries.cohorts_with(actor.person), paging, now)


@router.get("/cohorts/{cohort}", response_model=CohortView)
async def cohort(cohort: Id, actor: ActorDep, database: DatabaseDep, now: NowDep) -> Response:
    """One cohort, without the people in it: for staff, whoever is in it, and whoever might join."""
    found = await queries.cohort(database, cohort, actor)
    staff = actor.holds(found.site, *queries.STAFF)
    return shown(found, CohortView.read_by(found, actor.person, staff=staff, now=now))


@router.get("/cohorts/{cohort}/people", response_model=RosterView)
async def roster(cohort: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """Everybody in a cohort, and who waits, in order: for staff of the site."""
    found = await queries.roster(database, cohort, actor)
    return shown(found, RosterView.of(found))


@router.get(
    "/cohorts/{cohort}/calendar.ics",
    response_class=CalendarResponse,
    responses={
        200: {"content": {"text/calendar": {"schema": {"type": "string", "examples": [examples.CALENDAR]}}}}
    },
)
async def calendar(cohort: Id, actor: ActorDep, database: DatabaseDep, now: NowDep) -> CalendarResponse:
    """Every session for a calendar, without a word on what it is about: for staff, and whoever has a place."""
    found = await queries.cohort(database, cohort, actor)
    permit(actor, found.site, *queries.STAFF, person=actor.person if found.has_seat(actor.person) else None)
    return calendar_of(found, now=now)


async def _listed(
    database: DatabaseDep, where: dict[str, object], paging: Paging, now: datetime
) -> Page[CohortSummary]:
    def view(row: Document) -> CohortSummary:
        return CohortSummary.of_row(row, now=now)

    return await page(database, Cohort.collection, where, paging, view=view, by_time="starts")
