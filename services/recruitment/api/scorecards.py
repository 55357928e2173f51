"""The criteria, and the panel's scorecards on them."""

from fastapi import APIRouter, Response

from services.recruitment import queries
from services.recruitment.api.deps import KnownActorDep, RubricsDep
from services.recruitment.api.interview_bodies import ScorecardBody
from services.recruitment.api.interview_views import ScorecardsView
from services.recruitment.api.views import CandidateView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.criteria import Criteria
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, VaultDep

router = APIRouter(tags=["interviews"])

_CRITERIA = {
    "rubric": "default",
    "version": 2,
    "criteria": [
        {
            "code": "empathy",
            "title": "Empathy",
            "anchors": {
                "1": "Turns to advice, or to their own story, before the other person is heard",
                "2": "Listens, and soon leads back to what they would do",
                "3": "Listens to the end and says back what they heard",
                "4": "Names the feeling behind the words, and checks whether that is right",
                "5": "Makes room for feelings and choices very unlike their own, without hurrying them",
            },
        }
    ],
}


@router.get("/criteria", responses={200: {"content": {"application/json": {"example": _CRITERIA}}}})
async def criteria_rules(_: ActorDep, rubrics: RubricsDep, programme: Code | None = None) -> Criteria:
    """The selection criteria with their anchors: a programme's own where it has some, else those that ship."""
    return rubrics.of(programme)


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
async def scorecards(
    candidate: Id, reader: KnownActorDep, database: DatabaseDep, vault: VaultDep
) -> ScorecardsView:
    """The scorecards you may see: your own, and everybody's once all are in, with what they say together."""
    found = await queries.scored_candidate_for(database, candidate, reader)
    await vault.open(*found.interviews)
    return ScorecardsView.for_reader(found, reader)
