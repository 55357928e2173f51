"""The screening interview: the appointment and the panel's scorecards."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.bodies import CriteriaDep, InterviewBody, ScorecardBody
from services.recruitment.api.views import CandidateView, ScorecardsView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.criteria import Criteria
from shared.contracts.envelope import Id
from shared.domain.errors import NotFound
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["interviews"])


@router.get("/criteria")
async def criteria_rules(_: ActorDep, criteria: CriteriaDep) -> Criteria:
    """The selection criteria with their anchors."""
    return criteria


@router.post("/candidates/{candidate}/interview", response_model=CandidateView)
async def schedule(candidate: Id, body: InterviewBody, command: CommandDep) -> Response:
    """Set the interview, or set it anew."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.schedule_interview(
            starts=body.starts,
            minutes=body.minutes,
            panel=tuple(body.panel),
            by=command.actor.person,
            now=command.now,
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/scorecards", response_model=CandidateView, status_code=201)
async def submit(candidate: Id, body: ScorecardBody, command: CommandDep, criteria: CriteriaDep) -> Response:
    """Hand in your scorecard; it stays hidden from the panel until all are in."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.INTERVIEWER,),
        do=lambda found: found.submit_scorecard(
            by=command.actor.person,
            scores=dict(body.scores),
            notes=body.notes,
            criteria=criteria,
            now=command.now,
        ),
        view=CandidateView.of,
        status=201,
    )


@router.get("/candidates/{candidate}/scorecards")
async def scorecards(candidate: Id, actor: ActorDep, database: DatabaseDep) -> ScorecardsView:
    """The scorecards you may see: your own, and everybody's once all are in."""
    found = await queries.candidate_for(database, candidate, actor)
    found.must_not_be(actor.person, doing="read the scorecards about")
    coordinates = actor.holds(found.site, Role.COORDINATOR)
    if not queries.on_panel(found, actor):
        permit(actor, found.site, Role.COORDINATOR)
    if found.interview is None:
        raise NotFound("no_interview", "There is no interview yet; schedule one first.")
    cards = found.interview.cards_visible_to(actor.person, coordinates=coordinates)
    return ScorecardsView(
        complete=found.interview.complete,
        submitted=[card.interviewer for card in found.interview.cards],
        cards=list(cards),
        means=found.interview.means(),
    )
