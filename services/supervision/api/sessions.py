"""Sessions of a placement: written down and read."""

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import SessionBody, TextBody
from services.supervision.api.deps import PracticeDep, placement_to_change
from services.supervision.api.views.sessions import SessionAnswer, SessionLine
from services.supervision.api.views.warnings import TAKE_OUT, warnings_about
from services.supervision.domain.placement import Placement
from services.supervision.domain.session import Session
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, opened_page

router = APIRouter(prefix="/placements/{placement}/sessions", tags=["sessions"])


@router.post("", response_model=SessionAnswer, status_code=201)
async def log_session(
    placement: Id, body: SessionBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Write down a session, as its supervisor; a warning says if a note seems to name a client."""
    session, draft = command.new_id(), body.draft()

    async def rule(work: Work) -> Placement:
        found = await placement_to_change(work, command, placement, Role.SUPERVISOR)
        by, now = command.actor.person, command.now
        work.add(found.log_session(session, draft, by=by, practice=practice, now=now))
        return found

    warnings = warnings_about(str(draft.text), practice, remedy=TAKE_OUT)
    return await command.run(
        rule, view=lambda found: SessionAnswer.about(found, session, warnings), status=201
    )


@router.post("/{session}/notes", response_model=SessionAnswer)
async def rewrite_session(
    placement: Id, session: Id, body: TextBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Replace the text of a session, as the present supervisor, such as to take a client's name out."""
    text = body.text()

    async def rule(work: Work) -> Placement:
        found = await placement_to_change(work, command, placement, Role.SUPERVISOR)
        written = await work.find(Session, session)
        found.rewrite_session(written, text, by=command.actor.person, now=command.now)
        return found

    warnings = warnings_about(str(text), practice, remedy=TAKE_OUT)
    return await command.run(rule, view=lambda found: SessionAnswer.about(found, session, warnings))


@router.get("")
async def list_sessions(
    placement: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep, paging: PagingDep
) -> Page[SessionLine]:
    """The sessions of a placement in the order they were written down; their text is for its supervisor."""
    found = await queries.placement_for(database, placement, actor, allow=queries.STAFF)
    with_text = found.notes_may_be_read_by(actor)
    return await opened_page(
        database,
        vault if with_text else None,
        Session,
        {"placement": placement},
        paging,
        view=lambda session: SessionLine.of(session, with_text=with_text),
    )
