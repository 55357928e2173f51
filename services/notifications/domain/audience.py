"""Who is told, how urgently, which way and by which words: the parts a row of the table is made of."""

from collections.abc import Mapping
from enum import StrEnum

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value
from shared.domain.people import Role


class Audience(StrEnum):
    """In what capacity somebody is told; the message says so."""

    PERSON = "person"
    SUPERVISOR = "supervisor"
    PREVIOUS_SUPERVISOR = "previous_supervisor"
    PANEL = "panel"
    PREVIOUS_PANEL = "previous_panel"
    COORDINATORS = "coordinators"
    CERTIFIERS = "certifiers"
    TRAINERS = "trainers"
    ASSESSORS = "assessors"
    SITE_ADMINS = "site_admins"
    INVITED = "invited"
    """Somebody without an account, by a link of their own."""


DUTY: Mapping[Audience, Role] = {
    Audience.COORDINATORS: Role.COORDINATOR,
    Audience.CERTIFIERS: Role.CERTIFIER,
    Audience.TRAINERS: Role.TRAINER,
    Audience.ASSESSORS: Role.ASSESSOR,
    Audience.SITE_ADMINS: Role.SITE_ADMIN,
}
"""Audiences that are everybody with a duty at the site."""

ROLE: Mapping[Audience, Role] = {
    **DUTY,
    Audience.SUPERVISOR: Role.SUPERVISOR,
    Audience.PREVIOUS_SUPERVISOR: Role.SUPERVISOR,
    Audience.PANEL: Role.INTERVIEWER,
    Audience.PREVIOUS_PANEL: Role.INTERVIEWER,
}
"""The role at the site that every official audience needs, at sending and at reading: all but the person."""


class Urgency(StrEnum):
    """Both keep quiet hours; a normal message can be muted, a legal notice can't."""

    NORMAL = "normal"
    LEGAL = "legal"


class Kind(StrEnum):
    """What a message is about: the unit of preferences."""

    APPLICATION = "application"
    INTERVIEW = "interview"
    TRAINING = "training"
    CERTIFICATION = "certification"
    SUPERVISION = "supervision"
    HOURS = "hours"


class Channel(StrEnum):
    """A way to a person beside the inbox, which has everything."""

    EMAIL = "email"


class Invite(StrEnum):
    """What an e-mail does to the recipient's calendar: put a date there or move it, or take it out."""

    REQUEST = "request"
    CANCEL = "cancel"


class Line(Value):
    """One audience of an event and what it is sent; without `channels` it is in the inbox only.

    With `invite` the e-mail carries the appointment, made of the event's facts.
    """

    audience: Audience
    template: Code
    kind: Kind
    urgency: Urgency = Urgency.NORMAL
    channels: tuple[Channel, ...] = (Channel.EMAIL,)
    invite: Invite | None = None
