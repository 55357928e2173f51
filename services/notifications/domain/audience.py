"""Who is told, how urgently and by which words: the parts a row of the table is made of."""

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
    COORDINATORS = "coordinators"
    CERTIFIERS = "certifiers"
    TRAINERS = "trainers"


DUTY: Mapping[Audience, Role] = {
    Audience.COORDINATORS: Role.COORDINATOR,
    Audience.CERTIFIERS: Role.CERTIFIER,
    Audience.TRAINERS: Role.TRAINER,
}
"""Audiences that are everybody with a duty at the site."""


class Urgency(StrEnum):
    """Normal e-mails keep quiet hours and can be muted; legal notices do neither."""

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


class Line(Value):
    """One audience of an event and what it is sent; without `email` it is in the inbox only."""

    audience: Audience
    template: Code
    kind: Kind
    urgency: Urgency = Urgency.NORMAL
    email: bool = True
