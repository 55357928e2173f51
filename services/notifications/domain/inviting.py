"""Somebody without an account is written to: at once, and again while they have not answered."""

from collections.abc import Iterator
from datetime import datetime

from services.notifications.domain.audience import Audience, Line
from services.notifications.domain.delivery import Delivery
from services.notifications.domain.message import Message, message_id
from services.notifications.domain.table import line_of
from shared.contracts.envelope import Envelope
from shared.contracts.people import PersonInvited


def invitations(said: PersonInvited, envelope: Envelope, *, now: datetime) -> Iterator[Message | Delivery]:
    """The first mail and its reminders, each due at its time and useless once the link has ended.

    They are all made at once: whoever asks keeps no link to remind with, and what ends the link ends them too.
    """
    line = line_of(envelope.type, Audience.INVITED)
    assert line is not None, "the table has a line for whoever is invited"
    for number, due in enumerate((now, *said.reminders)):
        message = _message(said, envelope, line, number, now)
        yield message
        for channel in line.channels:
            yield Delivery.of(message, channel, due=due)


def _message(said: PersonInvited, envelope: Envelope, line: Line, number: int, now: datetime) -> Message:
    # Neither name nor link: those are looked up when it is sent, and gone when they are to be forgotten.
    return Message(
        id=message_id(envelope.id, f"{said.person} {number}"),
        site=said.site,
        person=said.person,
        about=said.person,
        event=envelope.id,
        event_type=envelope.type,
        occurred=envelope.time,
        audience=line.audience,
        template=line.template,
        kind=line.kind,
        urgency=line.urgency,
        facts={"expires": said.expires},
        useless_after=said.expires,
        created=now,
    )
