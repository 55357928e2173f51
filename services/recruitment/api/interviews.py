"""The screening interview: the appointment and the panel's scorecards."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.bodies import InterviewBody, ScorecardBody
from services.recruitment.api.deps import CriteriaDep, KnownActorDep
from services.recruitment.api.views import CandidateView, ScorecardsView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.criteria import Criteria
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["interviews"])


_CRITERIA = {
    "criteria": [
        {
            "code": "empathy",
            "title": "Empathy",
            "anchors": {
                "1": "Turns to advice before listening",
                "3": "Listens and reflects what was said",
                "5": "Makes room for feelings very unlike their own",
            },
        }
    ]
}


@router.get("/criteria", responses={200: {"content": {"application/json": {"example": _CRITERIA}}}})
async def criteria_rules(_: ActorDep, criteria: CriteriaDep) -> Criteria:
    """The selection criteria with their anchors."""
    return criteria


@router.post("/candidates/{candidate}/interview", response_model=CandidateView)
async def schedule(
    candidate: Id,
    body: InterviewBody,
    command: CommandDep,
    *,
    coordinator: KnownActorDep,
    database: DatabaseDep,
    criteria: CriteriaDep,
) -> Response:
    """Set the interview, or begin another round; one that was held in the last days can be noted too."""
    panel = await queries.known_people(database, body.panel)
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.schedule_interview(
            starts=body.starts,
            minutes=body.minutes,
            panel=panel,
            criteria=criteria,
            by=coordinator,
            now=command.now,
        ),
        view=CandidateView.of,
    )


@router.post("/candidates/{candidate}/scorecards", response_model=CandidateView, status_code=201)
async def submit(
    candidate: Id, body: ScorecardBody, command: CommandDep, interviewer: KnownActorDep
) -> Response:
    """Hand in your scorecard; it stays hidden from the panel until all are in."""
    return await command.change(
        Candidate,
        candidate,
        allow=(Role.INTERVIEWER,),
        do=lambda found: found.submit_scorecard(
            by=interviewer, scores=dict(body.scores), notes=body.notes, now=command.now
        ),
        view=CandidateView.of,
        status=201,
    )


@router.get("/candidates/{candidate}/scorecards")
async def scorecards(candidate: Id, reader: KnownActorDep, database: DatabaseDep) -> ScorecardsView:
    """The scorecards you may see: your own, and everybody's once all are in."""
    found = await queries.scored_candidate_for(database, candidate, reader)
    return ScorecardsView.for_reader(found, reader)
