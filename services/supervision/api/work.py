"""Supervised work: sessions, hours and reviews of one placement."""

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import (
    HoursBody,
    PracticeDep,
    ReturnBody,
    ReviewBody,
    SessionBody,
    TextBody,
)
from services.supervision.api.views import (
    HoursAnswer,
    HoursView,
    ReviewAnswer,
    SessionAnswer,
    SessionsView,
    warnings_about,
)
from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Practice
from services.supervision.domain.session import SessionText
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, shown

router = APIRouter(prefix="/placements/{placement}", tags=["supervised work"])


@router.post("/sessions", response_model=SessionAnswer, status_code=201)
async def log_session(
    placement: Id, body: SessionBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Write down a session, as its supervisor; a warning says if a note seems to name a client."""
    session, draft = command.new_id(), body.draft()
    return await command.change(
        Placement,
        placement,
        allow=(Role.SUPERVISOR,),
        do=lambda found: found.log_session(
            session, draft, by=command.actor.person, practice=practice, now=command.now
        ),
        view=lambda found: _session_answer(found, session, draft.text, practice),
        status=201,
    )


@router.post("/sessions/{session}/notes", response_model=SessionAnswer)
async def rewrite_session(
    placement: Id, session: Id, body: TextBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Replace the text of a session you wrote down, such as to take a client's name out."""
    text = body.text()
    return await command.change(
        Placement,
        placement,
        allow=(Role.SUPERVISOR,),
        do=lambda found: found.rewrite_session(session, text, by=command.actor.person),
        view=lambda found: _session_answer(found, session, text, practice),
    )


@router.get("/sessions", response_model=SessionsView)
async def list_sessions(placement: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """The sessions of a placement; their text is for its supervisor only."""
    found = await queries.placement_for(database, placement, actor)
    return shown(found, SessionsView.of(found, reader=actor.person))


@router.post("/hours", response_model=HoursAnswer, status_code=201)
async def report_hours(
    placement: Id, body: HoursBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Report hours of your own work; your supervisor approves or returns them."""
    entry, draft = command.new_id(), body.draft()
    return await command.change(
        Placement,
        placement,
        allow=(),
        own="person",
        do=lambda found: found.report_hours(
            entry, draft, by=command.actor.person, practice=practice, now=command.now
        ),
        view=lambda found: HoursAnswer.about(found, entry),
        status=201,
    )


@router.get("/hours", response_model=HoursView)
async def list_hours(placement: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """The ledger of a placement; notes and reasons are for the mentor and the supervisor only."""
    found = await queries.placement_for(database, placement, actor)
    return shown(found, HoursView.about(found, reader=actor.person))


@router.post("/hours/{entry}/approval", response_model=HoursAnswer)
async def approve_hours(placement: Id, entry: Id, command: CommandDep) -> Response:
    """Sign off hours, as the placement's supervisor; nobody signs their own."""
    return await command.change(
        Placement,
        placement,
        allow=(Role.SUPERVISOR,),
        own="person",  # Let in to be told why not: the rule refuses with `hours_not_own`.
        do=lambda found: found.approve_hours(entry, by=command.actor.person, now=command.now),
        view=lambda found: HoursAnswer.about(found, entry),
    )


@router.post("/hours/{entry}/return", response_model=HoursAnswer)
async def return_hours(placement: Id, entry: Id, body: ReturnBody, command: CommandDep) -> Response:
    """Give hours back to the mentor with a reason, as the placement's supervisor."""
    return await command.change(
        Placement,
        placement,
        allow=(Role.SUPERVISOR,),
        own="person",  # As for the approval.
        do=lambda found: found.return_hours(
            entry, by=command.actor.person, reason=body.reason, now=command.now
        ),
        view=lambda found: HoursAnswer.about(found, entry),
    )


@router.post("/reviews", response_model=ReviewAnswer, status_code=201)
async def review_performance(
    placement: Id, body: ReviewBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Complete a performance review on the whole rubric, as the placement's supervisor."""
    review = command.new_id()
    return await command.change(
        Placement,
        placement,
        allow=(Role.SUPERVISOR,),
        do=lambda found: found.review_performance(
            review,
            by=command.actor.person,
            scores=body.scores,
            outcome=body.outcome,
            practice=practice,
            now=command.now,
        ),
        view=lambda found: ReviewAnswer(
            placement=found.id,
            review=review,
            reviewer=command.actor.person,
            outcome=body.outcome,
            completed=command.now,
            version=found.version,
        ),
        status=201,
    )


def _session_answer(found: Placement, session: str, text: SessionText, practice: Practice) -> SessionAnswer:
    return SessionAnswer(
        placement=found.id,
        session=session,
        next_due=found.next_due,
        warnings=warnings_about(text, practice),
        version=found.version,
    )
