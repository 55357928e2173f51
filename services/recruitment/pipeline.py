"""The coordinators' pipeline: who waits at a site, for how long and for what.

Every list is read from one of two indexes, `(site, found_under, stage, stage_since, _id)` and the same with
`applied`. A query is one branch per stage, each with bounds of its own, and the branches are merged in order: so no
more keys are looked at than rows are answered, and one per branch, whatever is filtered by.

Counts are read from the same index without any document, one key per candidate of the site, in one query: 100,000
took 0.15 s. A counter kept in the transactions would be one document that every command of a site changes, and
changes of one document are never saved together: the site would have no group commit any more.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from services.recruitment.domain.candidacy import FOUND_UNDER
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.lacking import Lack, list_of
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import SEARCH, Person
from services.recruitment.domain.search import between
from services.recruitment.domain.site import Site
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.targets import Targets
from shared.domain.errors import Invalid
from shared.storage.mongo import Database, Document
from shared.web.cursors import Order

OPEN = tuple(stage for stage in Stage if stage.open)
FOUND_AT_MOST = 50
"""By name or address: who is not among them types more of it."""
DAY_MS = 24 * 60 * 60 * 1000


class Sort(StrEnum):
    """Longest in their stage first, or first come first."""

    WAITING = "waiting"
    APPLIED = "applied"

    @property
    def field(self) -> str:
        """The time it goes by."""
        return "stage_since" if self is Sort.WAITING else "applied"


@dataclass(frozen=True, kw_only=True)
class Filters:
    """What a coordinator looks for at one site."""

    site: str
    programme: str | None = None
    stages: tuple[Stage, ...] = OPEN
    lack: Lack | None = None
    sort: Sort = Sort.WAITING
    waiting_since: datetime | None = None
    overdue: bool = False
    applied_after: datetime | None = None
    applied_before: datetime | None = None

    def must_fit(self) -> None:
        """Can one index answer this?

        Raises:
            Invalid: `filter_needs_sort` or `overdue_needs_programme`.
        """
        if self.sort is Sort.APPLIED and (self.waiting_since or self.overdue):
            raise Invalid("filter_needs_sort", "waiting_since and overdue go with sort=waiting; change one.")
        if self.sort is Sort.WAITING and (self.applied_after or self.applied_before):
            raise Invalid(
                "filter_needs_sort", "applied_after and applied_before go with sort=applied; change one."
            )
        if self.overdue and self.programme is None:
            raise Invalid("overdue_needs_programme", "Each programme has its own target days; name one.")

    @property
    def names(self) -> list[str]:
        """Those that are set, without what they are set to: what an access record may say."""
        unset = vars(Filters(site=self.site))
        return sorted(name for name, value in vars(self).items() if value != unset[name])


def query(
    filters: Filters, *, targets: Targets, now: datetime, cursor: str | None = None
) -> Mapping[str, Any]:
    """The filter of a list: one branch per stage, two where a cursor says where to go on. Raises as `Order`."""
    order = order_of(filters)
    steps: Sequence[Mapping[str, Any]] = order.after(cursor)["$or"] if cursor else [{}]
    branches = [
        {**base, "$and": [step]} if step else base
        for base in _by_stage(filters, targets, now)
        for step in steps
    ]
    # Nothing is overdue where no stage has a target.
    return {"$or": branches or [{"_id": {"$in": []}}]}


def order_of(filters: Filters) -> Order:
    """The order of a list."""
    return Order(Candidate.collection, by_time=filters.sort.field)


def _by_stage(filters: Filters, targets: Targets, now: datetime) -> Iterator[dict[str, Any]]:
    for stage in dict.fromkeys(filters.stages):
        until = filters.waiting_since
        if filters.overdue:
            days = targets.days(filters.programme or "", stage)
            if days is None:
                continue
            until = min(filter(None, (until, now - timedelta(days=days))))
        bounds = {"$gte": filters.applied_after, "$lt": filters.applied_before, "$lte": until}
        given = {name: bound for name, bound in bounds.items() if bound is not None}
        yield {
            "site": filters.site,
            FOUND_UNDER: list_of(filters.programme, filters.lack),
            "stage": stage.value,
            **({filters.sort.field: given} if given else {}),
        }


async def listed(
    database: Database,
    filters: Filters,
    *,
    targets: Targets,
    now: datetime,
    limit: int,
    cursor: str | None = None,
) -> tuple[list[Candidate], str | None]:
    """A page, and the cursor of the next one; in one query."""
    order = order_of(filters)
    where = query(filters, targets=targets, now=now, cursor=cursor)
    rows = await database.find(Candidate.collection, where, sort=order.sort, limit=limit + 1)
    these = rows[:limit]
    after = order.cursor(these[-1]) if len(rows) > limit else None
    return [Candidate.rebuild(row) for row in these], after


class Offers:
    """What a site says about its programmes; of one it says nothing about, what holds where nothing is said."""

    def __init__(self, site: Site | None) -> None:
        self._programmes = site.programmes if site else {}

    def of(self, candidate: Candidate) -> ProgrammeOffer:
        """What holds for this application."""
        return self._programmes.get(candidate.programme, ProgrammeOffer())


async def offers_of(database: Database, site: str) -> Offers:
    """Everything a site offers."""
    row = await database.get(Site.collection, site)
    return Offers(Site.rebuild(row) if row else None)


async def names_of(database: Database, candidates: Iterable[Candidate]) -> Mapping[str, str]:
    """The names of those behind these applications, by person; in one query."""
    people = sorted({one.person for one in candidates})
    rows = await database.find(Person.collection, {"_id": {"$in": people}}, fields=("contact.name",))
    return {row["_id"]: row["contact"]["name"] for row in rows if row.get("contact")}


async def looked_up(database: Database, site: str, beginning: str) -> list[Candidate]:
    """Applications at a site of people whose name, or address, begins so: in two queries, and at most so many.

    Raises:
        Invalid: `search_too_short`.
    """
    first, end = between(site, beginning)
    if len(first) < len(site) + 3:
        raise Invalid("search_too_short", "Give at least two letters of the name or the address.")
    where = people_query(first, end)
    people = await database.find(Person.collection, where, fields=("_id",), limit=FOUND_AT_MOST)
    ids = [row["_id"] for row in people]
    rows = await database.find(
        Candidate.collection, {"person": {"$in": ids}, "site": site}, limit=FOUND_AT_MOST
    )
    return [Candidate.rebuild(row) for row in rows]


def people_query(first: str, end: str) -> Mapping[str, Any]:
    """People with a key in this range; one element must lie in it, or MongoDB would look at half of the index."""
    return {SEARCH: {"$elemMatch": {"$gte": first, "$lt": end}}}


@dataclass(frozen=True, kw_only=True)
class StageCount:
    """How many are in a stage, and for how long, in whole days."""

    stage: Stage
    count: int
    median_days: int | None
    oldest_days: int | None
    over_target: int | None
    """None where the stage has no target, or where each programme has its own."""


def counting(site: str, programme: str | None, now: datetime) -> list[Document]:
    """The pipeline that counts candidates by stage and days in it."""
    waited = {"$floor": {"$divide": [{"$subtract": [now, "$stage_since"]}, DAY_MS]}}
    return [
        {"$match": {"site": site, FOUND_UNDER: list_of(programme, None)}},
        {"$group": {"_id": {"stage": "$stage", "days": waited}, "count": {"$sum": 1}}},
    ]


async def counts(
    database: Database, *, site: str, programme: str | None, targets: Targets, now: datetime
) -> list[StageCount]:
    """Every stage, also those nobody is in; in one query that reads an index alone."""
    by_stage: dict[Stage, dict[int, int]] = {stage: {} for stage in Stage}
    for row in await database.aggregate(Candidate.collection, counting(site, programme, now)):
        days = max(int(row["_id"]["days"]), 0)
        of_stage = by_stage[Stage(row["_id"]["stage"])]
        of_stage[days] = of_stage.get(days, 0) + row["count"]
    return [
        _counted(stage, days, targets.days(programme, stage) if programme else None)
        for stage, days in by_stage.items()
    ]


def _counted(stage: Stage, days: Mapping[int, int], target: int | None) -> StageCount:
    count = sum(days.values())
    return StageCount(
        stage=stage,
        count=count,
        median_days=_median(days, count) if stage.open and count else None,
        oldest_days=max(days) if stage.open and count else None,
        over_target=None if target is None else sum(n for waited, n in days.items() if waited >= target),
    )


def _median(days: Mapping[int, int], count: int) -> int:
    passed = 0
    for waited in sorted(days):
        passed += days[waited]
        if passed * 2 >= count:
            return waited
    raise AssertionError("a median lies among what was counted")
