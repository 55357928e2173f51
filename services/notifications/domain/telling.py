"""From an event to those who are told: the audience as it is known now."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from services.notifications.domain.audience import DUTY, Audience
from services.notifications.domain.desk import Desk
from services.notifications.domain.message import Fact
from services.notifications.domain.notice import Notice, notice_id
from services.notifications.domain.story import Story
from services.notifications.domain.table import Tell
from shared.contracts.envelope import Envelope, PersonEvent
from shared.contracts.recruitment import (
    CandidateInterviewCancelled,
    CandidateInterviewerSteppedBack,
    CandidateInterviewMissed,
    CandidateInterviewScheduled,
)
from shared.contracts.supervision import SupervisorAssigned
from shared.contracts.topics import SUPERVISION
from shared.domain.aggregate import Aggregate


def tell(
    row: Tell,
    event: PersonEvent,
    envelope: Envelope,
    *,
    desk: Desk | None,
    story: Story | None,
    now: datetime,
) -> Sequence[Aggregate]:
    """What to save: messages and deliveries, and the notice where somebody may become known later.

    `story` is as it stands once the event itself is part of it.
    """
    notice = _notice(row, event, envelope, now)
    made: list[Aggregate] = []
    for audience in notice.audiences:
        for person in _people(audience, event, desk, story, now):
            made.extend(notice.tell(person, audience, now=now))
    if notice.open_to:
        made.append(notice)
    return made


def _notice(row: Tell, event: PersonEvent, envelope: Envelope, now: datetime) -> Notice:
    facts: dict[str, Fact] = {name: getattr(event, name) for name in row.facts}
    doer: str | None = getattr(event, row.not_for) if row.not_for else None
    until: datetime | None = getattr(event, row.useless_after) if row.useless_after else None
    audiences = tuple(line.audience for line in row.lines_for(event))
    return Notice(
        id=notice_id(envelope.id),
        site=event.site,
        event=envelope.id,
        event_type=envelope.type,
        about=event.person,
        occurred=envelope.time,
        facts=facts,
        # What was over when it was announced, such as an interview noted afterwards, is told for the record.
        useless_after=until if until and until > envelope.time else None,
        audiences=audiences,
        open_to=tuple(audience for audience in audiences if _may_become_known_later(audience, event)),
        spared=(doer,) if doer else (),
        created=now,
    )


def _may_become_known_later(audience: Audience, event: PersonEvent) -> bool:
    # One topic keeps the order of one person's events; between two topics there is none.
    from_supervision = event.facts.topic == SUPERVISION.name
    return audience in DUTY or (audience is Audience.SUPERVISOR and not from_supervision)


def _people(
    audience: Audience, event: PersonEvent, desk: Desk | None, story: Story | None, now: datetime
) -> Iterator[str]:
    if audience is Audience.PERSON:
        yield event.person
    elif audience in DUTY:
        yield from desk.with_duty(DUTY[audience]) if desk else ()
    elif isinstance(event, SupervisorAssigned) and audience is Audience.PREVIOUS_SUPERVISOR:
        yield from filter(None, [event.previous])
    elif isinstance(event, CandidateInterviewCancelled | CandidateInterviewMissed):
        yield from event.panel  # Named in the event, for it may be over by now.
    elif isinstance(event, CandidateInterviewerSteppedBack):
        yield event.interviewer
    elif story is not None:
        yield from _beside(audience, event, story, now)


def _beside(audience: Audience, event: PersonEvent, story: Story, now: datetime) -> tuple[str, ...]:
    if audience in (Audience.SUPERVISOR, Audience.PREVIOUS_SUPERVISOR):
        return story.supervisors(site=event.site, placement=getattr(event, "placement", None))
    candidate = getattr(event, "candidate", "")
    if audience is Audience.PREVIOUS_PANEL and isinstance(event, CandidateInterviewScheduled):
        return story.released(candidate)
    return story.panel_ahead(candidate, now=now)
