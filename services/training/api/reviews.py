"""Reviews: what waits for an assessor, and the open answers of written attempts."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.views.attempt import ResultView
from services.training.api.views.review import AwaitedReviewView, ReviewView
from services.training.domain.enrolment import Enrolment
from services.training.domain.supervisors import Supervisors
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, one, page, shown

router = APIRouter(prefix="/v1", tags=["assessments"])
_ATTEMPT = "/enrolments/{enrolment}/assessments/{assessment}/attempts/{attempt}/review"


class ReviewBody(BaseModel):
    """For every open answer the points of each line of its rubric, and a reason for the person to read."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"points": {"com_5": {"listens": 2}}, "reason": "You listen before you advise."}]
        },
    )
    points: dict[Code, dict[Code, int]] = Field(max_length=200)
    reason: str = Field(min_length=1, max_length=2_000)


@router.get("/reviews")
async def reviews(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, site: Annotated[Id | None, Query()] = None
) -> Page[AwaitedReviewView]:
    """What waits for an assessor at the reader's sites, longest first; nothing of their own."""
    where = queries.reviews_wanted(actor, site=site)
    return await page(
        database,
        Enrolment.collection,
        where,
        paging,
        view=AwaitedReviewView.of_row,
        by_time="review_awaited_since",
    )


@router.get(_ATTEMPT, response_model=ReviewView)
async def open_answers(
    enrolment: Id,
    assessment: Code,
    attempt: Annotated[int, Path(ge=1)],
    *,
    actor: ActorDep,
    database: DatabaseDep,
    vault: VaultDep,
    programmes: ProgrammesDep,
) -> Response:
    """The open answers of an attempt, for an assessor who may decide on them."""
    found = await one(database, Enrolment, enrolment, actor, allow=(Role.ASSESSOR,))
    supervisors = await queries.supervisors_of(database, found.person)
    found.may_be_assessed_by(actor.person, supervisors=supervisors)
    rule = found.rules(programmes).written(assessment)
    awaited = found.learning.assessment(assessment).find_awaiting(attempt)
    await vault.open(awaited)
    return shown(found, ReviewView.of(found, rule, awaited))


@router.post(_ATTEMPT, response_model=ResultView)
async def review_answers(
    enrolment: Id,
    assessment: Code,
    attempt: Annotated[int, Path(ge=1)],
    *,
    body: ReviewBody,
    command: CommandDep,
    programmes: ProgrammesDep,
) -> Response:
    """An assessor decides on the open answers, and so on the attempt."""

    async def rule(work: Work) -> Enrolment:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, Role.ASSESSOR)
        command.match(found)
        supervisors = await work.find(Supervisors, found.person)
        found.review_answers(
            assessment,
            attempt,
            body.points,
            by=command.actor.person,
            supervisors=supervisors.people if supervisors else (),
            reason=body.reason,
            programme=found.rules(programmes),
            now=command.now,
        )
        return found

    return await command.run(
        rule, view=lambda found: ResultView.of(found, found.rules(programmes).written(assessment), attempt)
    )
