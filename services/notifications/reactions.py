"""Which event leads to what: contacts to recipients and desks, the rest by the table of who is told."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from services.notifications.domain.audience import DUTY, Audience
from services.notifications.domain.desk import Desk, desk_id
from services.notifications.domain.erased import Erased
from services.notifications.domain.inviting import invitations
from services.notifications.domain.preferences import Preferences, preferences_id
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.story import CHANGES_THE_STORY, Story, story_id
from services.notifications.domain.table import ROWS, Tell, TellNobody
from services.notifications.domain.telling import tell
from shared.contracts.envelope import PersonEvent
from shared.contracts.people import PersonContact, PersonInvited
from shared.contracts.topics import CONTACTS
from shared.domain.aggregate import Aggregate
from shared.messaging.reactions import (
    Context,
    Found,
    Ignored,
    Reaction,
    Reactions,
    Ref,
    ignore,
    on_tombstone,
    react,
)

_BESIDE = frozenset(
    {Audience.SUPERVISOR, Audience.PREVIOUS_SUPERVISOR, Audience.PANEL, Audience.PREVIOUS_PANEL}
)
"""Audiences that a story knows, or whose events are part of one."""


def _sites(contact: PersonContact) -> Sequence[str]:
    return sorted({contact.site, *(duty.site for duty in contact.duties)})


def _contact_loads(contact: PersonContact) -> Sequence[Ref]:
    desks: list[Ref] = [(Desk, desk_id(site)) for site in _sites(contact)]
    return [(Recipient, contact.person), *desks]


def _contact(contact: PersonContact, found: Found, context: Context) -> Iterable[Aggregate]:
    known = found.get(Recipient, contact.person)
    yield Recipient.told_of(known, contact, at=context.envelope.time, now=context.now)
    for site in _sites(contact):
        desk = Desk.told_of(found.get(Desk, desk_id(site)), contact, site=site)
        if desk is not None:
            yield desk


def _invited(said: PersonInvited, found: Found, context: Context) -> Iterable[Aggregate]:
    yield Recipient.invited_by(found.get(Recipient, said.person), said, event=context.event_id)
    yield from invitations(said, context.envelope, now=context.now)
    ended = found.get(Erased, said.person)
    if ended is not None:
        # An earlier link is still being forgotten; what was made for it knows that it is replaced.
        ended.forget()
        yield ended


def _what_is_known_of(person: str) -> Sequence[Ref]:
    return ((Recipient, person), (Preferences, preferences_id(person)), (Erased, person))


def _erase(person: str, found: Found, _: datetime) -> Iterable[Aggregate]:
    for known in (found.get(Recipient, person), found.get(Preferences, preferences_id(person))):
        if known is not None:
            known.forget()
            yield known
    if found.get(Erased, person) is None:
        yield Erased.of(person)  # Desks and deliveries are found by `erasing.py`.


def _telling(row: Tell) -> Reaction:
    audiences = {line.audience for line in row.lines}

    def loads(event: PersonEvent) -> Sequence[Ref]:
        desk: list[Ref] = [(Desk, desk_id(event.site))] if audiences & DUTY.keys() else []
        story: list[Ref] = [(Story, story_id(event.person))] if audiences & _BESIDE else []
        return desk + story

    def do(event: PersonEvent, found: Found, context: Context) -> Iterable[Aggregate]:
        desk = found.get(Desk, desk_id(event.site))
        known = found.get(Story, story_id(event.person))
        story = Story.told_of(known, event, at=context.envelope.time, now=context.now)
        yield from tell(row, event, context.envelope, desk=desk, story=story, now=context.now)
        if story is not None and isinstance(event, CHANGES_THE_STORY):
            story.ends_with(event)
            yield story

    return react(row.event, loads=loads, do=do)


def _row(row: Tell | TellNobody) -> Reaction | Ignored:
    return _telling(row) if isinstance(row, Tell) else ignore(row.event, because=row.because)


REACTIONS = Reactions(
    react(PersonContact, loads=_contact_loads, do=_contact),
    react(PersonInvited, loads=lambda said: [(Recipient, said.person), (Erased, said.person)], do=_invited),
    on_tombstone(CONTACTS.name, loads=_what_is_known_of, do=_erase),
    *(_row(row) for row in ROWS if row.event not in (PersonContact, PersonInvited)),
)
