"""Events, people and messages for tests, each complete and changed only where a test says so."""

from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from services.notifications.domain.audience import Audience, Kind, Urgency
from services.notifications.domain.delivery import AtHand, Delivery
from services.notifications.domain.desk import Desk
from services.notifications.domain.message import Message, message_id
from services.notifications.domain.notice import Notice
from services.notifications.domain.preferences import Preferences
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import Story
from services.notifications.domain.table import ROWS, Tell
from services.notifications.domain.telling import tell
from shared.contracts.envelope import Envelope, EventData, PersonEvent
from shared.contracts.people import PersonContact, SiteDuty
from shared.contracts.recruitment import CandidateApplied
from shared.contracts.supervision import SupervisorAssigned
from shared.contracts.training import CertificationGranted
from shared.domain.aggregate import Aggregate

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
"""A Wednesday."""
SITE = "riverside"
ANA, SAM, CLEO, CARL = "person-ana", "supervisor-sam", "coordinator-cleo", "coordinator-carl"

_numbers = count(1)


def after(**length: float) -> datetime:
    return NOON + timedelta(**length)


def contact(person: str = ANA, *duties: str, site: str = SITE, **more: Any) -> PersonContact:
    """Somebody of a site with duties there; `also` are duties at other sites."""
    also: tuple[SiteDuty, ...] = more.pop("also", ())
    values = {"name": person.title(), "email": f"{person}@example.org", **more}
    here = tuple(SiteDuty(site=site, duty=duty) for duty in duties)
    return PersonContact(site=site, person=person, duties=(*here, *also), **values)


def recipient(person: str = ANA, *duties: str, at: datetime = NOON, **more: Any) -> Recipient:
    return Recipient.told_of(None, contact(person, *duties, **more), at=at, now=at)


def desk(**duties: str) -> Desk:
    """A desk of the site, e.g. `desk(**{CLEO: "coordinator"})`."""
    found: Desk | None = None
    for person, duty in duties.items():
        found = Desk.told_of(found, contact(person, duty), site=SITE)
    assert found is not None
    return found


def applied(**more: Any) -> CandidateApplied:
    return CandidateApplied(**{"site": SITE, "person": ANA, "candidate": "c-1", "programme": "core", **more})


def assigned(supervisor: str = SAM, **more: Any) -> SupervisorAssigned:
    values = {"site": SITE, "assigned_by": CLEO, "placement": "p-1", "programme": "core", **more}
    return SupervisorAssigned(person=ANA, supervisor=supervisor, **values)


def certified(**more: Any) -> CertificationGranted:
    values = {"site": SITE, "valid_from": NOON, "valid_until": after(days=730), **more}
    return CertificationGranted(
        **values,
        person=ANA,
        enrolment="e-1",
        programme="core",
        certificate="cert-1",
        granted_by="certifier-1",
    )


def story(supervisor: str = SAM, **more: Any) -> Story:
    found = Story.told_of(None, assigned(supervisor, **more), at=NOON, now=NOON)
    assert found is not None
    return found


def envelope(event: EventData, *, id: str | None = None, at: datetime = NOON) -> Envelope:
    return Envelope(
        id=id or f"event-{next(_numbers)}",
        source=event.facts.source,
        type=event.facts.type,
        subject="subject-1",
        time=at,
        dataschema=event.facts.dataschema,
        partitionkey=event.partition_key(),
        sequence=1,
        siteid=event.site,
    )


def row_of(event: type[EventData]) -> Tell:
    (row,) = (row for row in ROWS if row.event is event)
    assert isinstance(row, Tell)
    return row


def told(
    event: PersonEvent,
    *,
    desk: Desk | None = None,
    story: Story | None = None,
    id: str | None = None,
    now: datetime = NOON,
) -> list[Aggregate]:
    """Everything one event leads to."""
    row = row_of(type(event))
    return list(tell(row, event, envelope(event, id=id), desk=desk, story=story, now=now))


def messages(made: list[Aggregate]) -> dict[str, Message]:
    """The messages by person."""
    return {item.person: item for item in made if isinstance(item, Message)}


def deliveries(made: list[Aggregate]) -> dict[str, Delivery]:
    """The deliveries by person."""
    return {item.person: item for item in made if isinstance(item, Delivery)}


def notice(made: list[Aggregate]) -> Notice:
    (found,) = (item for item in made if isinstance(item, Notice))
    return found


def message(
    *,
    person: str = ANA,
    audience: Audience = Audience.PERSON,
    urgency: Urgency = Urgency.NORMAL,
    template: str = "training_open",
    kind: Kind = Kind.TRAINING,
    created: datetime = NOON,
    useless_after: datetime | None = None,
    **facts: Any,
) -> Message:
    event = f"event-{next(_numbers)}"
    return Message(
        id=message_id(event, person),
        site=SITE,
        person=person,
        about=ANA,
        event=event,
        event_type="peerpath.training.enrolment.opened.v1",
        occurred=created,
        audience=audience,
        template=template,
        kind=kind,
        urgency=urgency,
        facts=facts,
        useless_after=useless_after,
        created=created,
    )


def at_hand(
    to: Recipient | None,
    preferences: Preferences | None = None,
    *,
    story: Story | None = None,
    about: Message | None = None,
) -> AtHand:
    """What is known at sending: who it goes to, and a message that is there."""
    return AtHand(message=about or message(), recipient=to, preferences=preferences, story=story)
