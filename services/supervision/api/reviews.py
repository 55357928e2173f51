"""Performance reviews of a placement."""

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import ReviewBody
from services.supervision.api.deps import PracticeDep, placement_to_change
from services.supervision.api.views.reviews import ReviewAnswer, ReviewsView
from services.supervision.domain.placement import Placement
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, shown

router = APIRouter(prefix="/placements/{placement}/reviews", tags=["reviews"])


@router.post("", response_model=ReviewAnswer, status_code=201)
async def review_performance(
    placement: Id, body: ReviewBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Complete a performance review on the whole rubric, as the placement's supervisor."""
    review = command.new_id()

    async def rule(work: Work) -> Placement:
        found = await placement_to_change(work, command, placement, Role.SUPERVISOR)
        found.review_performance(
            review,
            by=command.actor.person,
            scores=body.scores,
            outcome=body.outcome,
            practice=practice,
            now=command.now,
        )
        return found

    return await command.run(rule, view=ReviewAnswer.about_the_latest, status=201)


@router.get("", response_model=ReviewsView)
async def list_reviews(placement: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """The reviews, oldest first; scores are for the mentor, the supervisor and the site's coordinators."""
    found = await queries.placement_for(database, placement, actor, allow=queries.EVIDENCE)
    return shown(found, ReviewsView.of(found, with_scores=found.scores_may_be_read_by(actor)))
