"""The rules of practice: the codes that the other routes take."""

from fastapi import APIRouter

from services.supervision.api.deps import PracticeDep
from services.supervision.api.views.practice import PracticeView
from shared.web.commands import ActorDep

router = APIRouter(tags=["practice"])


@router.get("/practice")
async def practice_rules(_: ActorDep, practice: PracticeDep) -> PracticeView:
    """The codes in use: topics, kinds of work, criteria of reviews, reasons for an end; and the cadence."""
    return PracticeView.of(practice)
