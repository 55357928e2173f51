"""The appointment in an e-mail about an interview, made of what its event says."""

from datetime import datetime

from services.notifications.domain.audience import Invite
from services.notifications.domain.message import Message
from services.notifications.domain.quiet_hours import zone_of
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.table import line_of
from shared.calendar import Appointment
from shared.contracts.recruitment import interview_uid

_NEEDED = frozenset({"candidate", "round", "sequence", "starts", "minutes"})


def appointment_of(
    message: Message, recipient: Recipient, *, summary: str, where: str, url: str | None
) -> Appointment | None:
    """What this message does to the recipient's calendar, on their clock; None where it does nothing.

    An event names no place, so the appointment says where to find it. A message kept since before events counted the
    rounds has no appointment.
    """
    line, facts = line_of(message.event_type, message.audience), message.facts
    starts = facts.get("starts")
    if line is None or line.invite is None or not facts.keys() >= _NEEDED or not isinstance(starts, datetime):
        return None
    return Appointment(
        uid=interview_uid(str(facts["candidate"]), int(str(facts["round"]))),
        sequence=int(str(facts["sequence"])),
        starts=starts,
        minutes=int(str(facts["minutes"])),
        summary=summary,
        location=where,
        url=url,
        time_zone=zone_of(recipient.time_zone).key,
        cancelled=line.invite is Invite.CANCEL,
    )
