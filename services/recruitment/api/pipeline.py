"""The pipeline: who waits at a site, for how long and for what; and how many."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from services.recruitment import pipeline
from services.recruitment.api.deps import TargetsDep
from services.recruitment.api.pipeline_views import CountsView, PipelineView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.lacking import Lack
from services.recruitment.domain.reading import READERS
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.targets import Targets
from services.recruitment.pipeline import Filters, Sort
from shared.clock import utc_now
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.errors import Invalid
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database
from shared.web.commands import ActorDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep

router = APIRouter(tags=["pipeline"])

_WAITING = "Longer in their stage than since then; goes with sort=waiting."
_OVERDUE = (
    "Longer in their stage than the programme's target days; names a programme, goes with sort=waiting."
)


def _filters(
    *,
    site: Id,
    programme: Code | None = None,
    stage: Annotated[
        list[Stage] | None, Query(description="One or more; without any, all open ones.")
    ] = None,
    missing: Annotated[Lack | None, Query(description="What has not come in yet.")] = None,
    waiting_since: Annotated[Moment | None, Query(description=_WAITING)] = None,
    overdue: Annotated[bool, Query(description=_OVERDUE)] = False,
    applied_after: Annotated[Moment | None, Query(description="Goes with sort=applied.")] = None,
    applied_before: Annotated[Moment | None, Query(description="Goes with sort=applied.")] = None,
    sort: Annotated[
        Sort, Query(description="Longest in their stage first, or first come first.")
    ] = Sort.WAITING,
) -> Filters:
    filters = Filters(
        site=site,
        programme=programme,
        stages=tuple(stage or pipeline.OPEN),
        lack=missing,
        sort=sort,
        waiting_since=waiting_since,
        overdue=overdue,
        applied_after=applied_after,
        applied_before=applied_before,
    )
    filters.must_fit()
    return filters


FiltersDep = Annotated[Filters, Depends(_filters)]

_Beginning = Annotated[
    str | None,
    Query(
        max_length=100,
        description="How a name (from any of its words on) or an e-mail address begins; for coordinators, and alone: "
        "beside it stands the site, and nothing else. At most 50 are found.",
    ),
]


@router.get("/pipeline")
async def get_pipeline(
    actor: ActorDep,
    database: DatabaseDep,
    *,
    targets: TargetsDep,
    filters: FiltersDep,
    paging: PagingDep,
    q: _Beginning = None,
) -> Page[PipelineView]:
    """Who waits at a site, longest first, with what is missing next. Names are shown to its coordinators."""
    permit(actor, filters.site, *READERS)
    now = utc_now()
    if q is not None:
        found, after = await _looked_up(q, filters, actor, database), None
    else:
        found, after = await pipeline.listed(
            database, filters, targets=targets, now=now, limit=paging.limit, cursor=paging.cursor
        )
    items = await _shown(found, filters.site, actor, database, targets)
    return Page(items=items, next=after)


async def _looked_up(q: str, filters: Filters, actor: Actor, database: Database) -> list[Candidate]:
    permit(actor, filters.site, Role.COORDINATOR)
    if filters != Filters(site=filters.site):
        raise Invalid(
            "search_stands_alone", "Look people up by q and site alone; leave the other filters out."
        )
    return await pipeline.looked_up(database, filters.site, q)


async def _shown(
    found: list[Candidate], site: str, actor: Actor, database: Database, targets: Targets
) -> list[PipelineView]:
    named = actor.holds(site, Role.COORDINATOR)
    names = await pipeline.names_of(database, found) if named else {}
    offers = await pipeline.offers_of(database, site)
    now = utc_now()
    return [
        PipelineView.of(one, name=names.get(one.person), offer=offers.of(one), targets=targets, now=now)
        for one in found
    ]


@router.get("/pipeline/counts")
async def get_counts(
    site: Id, actor: ActorDep, database: DatabaseDep, targets: TargetsDep, programme: Code | None = None
) -> CountsView:
    """How many are in each stage of a site, and for how long."""
    permit(actor, site, *READERS)
    counted = await pipeline.counts(database, site=site, programme=programme, targets=targets, now=utc_now())
    return CountsView.of(site, programme, counted)
