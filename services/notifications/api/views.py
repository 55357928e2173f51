"""What is answered, and what is sent to choose; each with an example for the OpenAPI document."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field

from services.notifications.domain.audience import Audience, Channel, Kind, Urgency
from services.notifications.domain.delivery import Delivery, Reason, State
from services.notifications.domain.message import Message
from services.notifications.domain.preferences import Mute, Preferences
from services.notifications.domain.recipient import Recipient
from services.notifications.rendering import Renderer
from services.notifications.texts import DEFAULT_LANGUAGE
from shared.contracts.envelope import Moment

_ID = "0e7a2f0c-5d0c-5b5e-9f0b-6a4f3f3f7a11"
_DELIVERY = "7b1c9c1e-8a55-5a41-8a52-0d6f1d1c2b90"
_PERSON = "0198f2c0-0000-7000-8000-000000000001"
_MUTED: Any = [{"kind": "hours", "channel": "email"}]


def _example(**example: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [example]})


class MessageView(BaseModel):
    """One inbox item, in the reader's language."""

    model_config = _example(
        id=_ID,
        site="riverside",
        kind="training",
        urgency="normal",
        event_type="peerpath.training.enrolment.opened.v1",
        about=_PERSON,
        facts={"enrolment": "0198f2c0-0000-7000-8000-0000000000e1"},
        subject="Your learning plan is ready",
        paragraphs=["Your training can begin. Your learning plan shows each step."],
        created="2026-03-04T12:00:00Z",
        read_at=None,
    )

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
        words = renderer.words(
            message,
            language=recipient.language if recipient else DEFAULT_LANGUAGE,
            time_zone=recipient.time_zone if recipient else "UTC",
        )
        given = message.model_dump(include=set(cls.model_fields))
        return cls(**given, subject=words.subject, paragraphs=words.paragraphs)


class ReadView(BaseModel):
    """That a message was read, and when first."""

    model_config = _example(id=_ID, read_at="2026-03-04T12:05:00Z", version=2)

    id: str
    read_at: Moment | None
    version: int

    @classmethod
    def of(cls, message: Message) -> Self:
        """The view of a message."""
        return cls(id=message.id, read_at=message.read_at, version=message.version)


class UnreadCount(BaseModel):
    """`more` says that the count stopped at its limit."""

    model_config = _example(unread=3, more=False)

    unread: int
    more: bool


class WhyView(BaseModel):
    """Why somebody got a message, and what became of its e-mail.

    No state: it is in the inbox only, or its e-mail was over a year ago.
    """

    model_config = _example(
        message=_ID,
        event_type="peerpath.training.enrolment.opened.v1",
        occurred="2026-03-04T11:59:58Z",
        audience="person",
        why="Why you got this: it is about your own record.",
        email="suppressed",
        email_reason="muted",
    )

    message: str
    event_type: str
    occurred: Moment
    audience: Audience
    why: str
    email: State | None
    email_reason: Reason | None

    @classmethod
    def of(cls, message: Message, email: Delivery | None, *, why: str) -> Self:
        """`why` is the reason in words."""
        return cls(
            message=message.id,
            event_type=message.event_type,
            occurred=message.occurred,
            audience=message.audience,
            why=why,
            email=email.state if email else None,
            email_reason=email.reason if email else None,
        )


class DeliveryView(BaseModel):
    """One e-mail on its way. No address: which one it was is not needed to see what became of it."""

    model_config = _example(
        id=_DELIVERY,
        site="riverside",
        person=_PERSON,
        message=_ID,
        audience="person",
        kind="training",
        urgency="normal",
        channel="email",
        state="failed",
        reason="refused",
        attempts=1,
        next_try=None,
        last_problem="550",
        created="2026-03-04T12:00:00Z",
        ended="2026-03-04T12:00:02Z",
        version=3,
    )

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
    version: int

    @classmethod
    def of(cls, delivery: Delivery) -> Self:
        """The view of a delivery."""
        return cls(**delivery.model_dump(include=set(cls.model_fields)))


class PreferencesBody(BaseModel):
    """All choices at once; what is not listed is sent. The inbox has everything, whatever is chosen."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"muted": _MUTED}]})

    muted: tuple[Mute, ...] = Field(max_length=len(Kind) * len(Channel))


class PreferencesView(BaseModel):
    """The choices, and what there is to choose from."""

    model_config = _example(muted=_MUTED, kinds=[*Kind], channels=[*Channel], version=1)

    muted: tuple[Mute, ...]
    kinds: tuple[Kind, ...] = tuple(Kind)
    channels: tuple[Channel, ...] = tuple(Channel)
    version: int

    @classmethod
    def of(cls, preferences: Preferences) -> Self:
        """The view of somebody's preferences."""
        return cls(muted=preferences.muted, version=preferences.version)
