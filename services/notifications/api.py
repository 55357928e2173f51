"""The routes: one's own inbox and preferences, and a site's deliveries."""

from typing import Annotated, Any, Self

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from services.notifications import queries
from services.notifications.domain.audience import Audience, Kind, Urgency
from services.notifications.domain.delivery import Delivery, Reason, State
from services.notifications.domain.message import Message
from services.notifications.domain.preferences import Channel, Mute, Preferences, preferences_id
from services.notifications.domain.recipient import Recipient
from services.notifications.rendering import DEFAULT_LANGUAGE, Renderer
from shared.contracts.envelope import Id, Moment
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, page, shown

router = APIRouter(prefix="/v1", tags=["notifications"])


def _renderer(request: Request) -> Renderer:
    renderer: Renderer = request.app.state.runtime.extras["renderer"]
    return renderer


RendererDep = Annotated[Renderer, Depends(_renderer)]


class MessageView(BaseModel):
    """One inbox item, in the reader's language."""

    id: str
    site: str
    kind: Kind
    urgency: Urgency
    event_type: str
    about: str
    facts: dict[str, Any]
    subject: str
    paragraphs: tuple[str, ...]
    created: Moment
    read_at: Moment | None

    @classmethod
    def of(cls, message: Message, renderer: Renderer, recipient: Recipient | None) -> Self:
        """`recipient` is who reads it; without a contact yet, in English and UTC."""
        rendered = renderer.render(
            message,
            name=recipient.name if recipient else "",
            language=recipient.language if recipient else DEFAULT_LANGUAGE,
            time_zone=recipient.time_zone if recipient else "UTC",
        )
        given = message.model_dump(include=set(cls.model_fields))
        return cls(**given, subject=rendered.subject, paragraphs=rendered.paragraphs)


class ReadView(BaseModel):
    """That a message was read, and when first."""

    id: str
    read_at: Moment | None
    version: int

    @classmethod
    def of(cls, message: Message) -> Self:
        """The view of a message."""
        return cls(id=message.id, read_at=message.read_at, version=message.version)


class UnreadCount(BaseModel):
    """`more` says that the count stopped at its limit."""

    unread: int
    more: bool


class WhyView(BaseModel):
    """Why somebody got a message, and what became of its e-mail (no state: it is in the inbox only)."""

    message: str
    event_type: str
    occurred: Moment
    audience: Audience
    why: str
    email: State | None
    email_reason: Reason | None


class DeliveryView(BaseModel):
    """One e-mail on its way. No address: which one it was is not needed to see what became of it."""

    id: str
    site: str
    person: str
    message: str
    audience: Audience
    kind: Kind
    urgency: Urgency
    channel: Channel
    state: State
    reason: Reason | None
    attempts: int
    next_try: Moment | None
    last_problem: str | None
    created: Moment
    ended: Moment | None

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The view of a delivery."""
        return cls(**delivery.model_dump(include=set(cls.model_fields)))


class PreferencesBody(BaseModel):
    """All choices at once; what is not listed is sent."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"example": {"muted": [{"kind": "hours", "channel": "email"}]}}
    )

    muted: tuple[Mute, ...] = Field(max_length=len(Kind) * len(Channel))


class PreferencesView(BaseModel):
    """The choices, and what there is to choose from."""

    muted: tuple[Mute, ...]
    kinds: tuple[Kind, ...] = tuple(Kind)
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    version: int

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """The view of somebody's preferences."""
        return cls(muted=preferences.muted, version=preferences.version)


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
        found = await work.load(Message, message)
        found.read(command.actor, now=command.now)
        return found

    return await command.run(rule, view=ReadView.of)


@router.get("/inbox/{message}/why")
async def why(message: Id, actor: ActorDep, database: DatabaseDep, renderer: RendererDep) -> WhyView:
    """Why one got a message, and whether it went out as an e-mail."""
    found = await queries.message_of(database, actor, message)
    recipient = await queries.recipient_of(database, actor.person)
    delivery = await queries.delivery_of(database, found.id)
    language = recipient.language if recipient else DEFAULT_LANGUAGE
    return WhyView(
        message=found.id,
        event_type=found.event_type,
        occurred=found.occurred,
        audience=found.audience,
        why=renderer.why(found, language=language),
        email=delivery.state if delivery else None,
        email_reason=delivery.reason if delivery else None,
    )


@router.get("/preferences", response_model=PreferencesView)
async def preferences(actor: ActorDep, database: DatabaseDep) -> Response:
    """One's own choices."""
    found = await queries.preferences_of(database, actor.person)
    return shown(found, PreferencesView.of(found))


@router.put("/preferences", response_model=PreferencesView)
async def choose(body: PreferencesBody, command: CommandDep) -> Response:
    """Replace one's own choices."""

    async def rule(work: Work) -> Preferences:
        person = command.actor.person
        found = await work.find(Preferences, preferences_id(person))
        chosen = found or Preferences.of(person)
        command.match(chosen)
        chosen.choose(body.muted)
        if found is None:
            work.add(chosen)
        return chosen

    return await command.run(rule, view=PreferencesView.of)


@router.get("/deliveries")
async def deliveries(
    actor: ActorDep,
    database: DatabaseDep,
    paging: PagingDep,
    site: Annotated[Id | None, Query()] = None,
    person: Annotated[Id | None, Query()] = None,
) -> Page[DeliveryView]:
    """What became of the e-mails of one's sites: why somebody did, or did not, get one."""
    where = queries.deliveries_at(actor, site=site, person=person)
    return await page(
        database, Delivery.collection, where, paging, view=lambda row: DeliveryView.of(Delivery.rebuild(row))
    )
