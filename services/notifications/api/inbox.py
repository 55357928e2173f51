"""One's own inbox."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response

from services.notifications import queries
from services.notifications.api.views import MessageView, ReadView, UnreadCount, WhyView
from services.notifications.domain.message import Message
from services.notifications.rendering import Renderer
from services.notifications.texts import DEFAULT_LANGUAGE
from shared.contracts.envelope import Id
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep

router = APIRouter(tags=["inbox"])


def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.runtime.extras["renderer"]
    return renderer


RendererDep = Annotated[Renderer, Depends(_renderer)]


@router.get("/inbox")
async def inbox(
    actor: ActorDep, database: DatabaseDep, renderer: RendererDep, paging: PagingDep, unread: bool = False
) -> Page[MessageView]:
    """One's own messages, newest first."""
    messages, following = await queries.inbox(
        database, actor, unread=unread, limit=paging.limit, cursor=paging.cursor
    )
    recipient = await queries.recipient_of(database, actor.person)
    items = [MessageView.of(message, renderer, recipient) for message in messages]
    return Page(items=items, next=following)


@router.get("/inbox/unread-count")
async def unread_count(actor: ActorDep, database: DatabaseDep) -> UnreadCount:
    """How many of one's own messages are unread."""
    count = await queries.unread_count(database, actor)
    return UnreadCount(unread=count, more=count >= queries.COUNT_LIMIT)


@router.post("/inbox/{message}/read", response_model=ReadView)
async def read(message: Id, command: CommandDep) -> Response:
    """Note that a message was read; again changes nothing."""

    async def rule(work: Work) -> Message:
        found = Message.in_inbox_of(command.actor, await work.find(Message, message), message)
        found.read(now=command.now)
        return found

    return await command.run(rule, view=ReadView.of)


@router.get("/inbox/{message}/why")
async def why(message: Id, actor: ActorDep, database: DatabaseDep, renderer: RendererDep) -> WhyView:
    """Why one got a message, and whether it went out as an e-mail."""
    found = await queries.message_of(database, actor, message)
    recipient = await queries.recipient_of(database, actor.person)
    email = await queries.email_of(database, found.id)
    language = recipient.language if recipient else DEFAULT_LANGUAGE
    return WhyView.of(found, email, why=renderer.why(found, language=language))
