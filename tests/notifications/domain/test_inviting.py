"""Somebody without an account who is asked for something: mails, reminders, and what is kept of the link."""

from datetime import timedelta
from typing import Any

from services.notifications.domain.delivery import AtHand, Delivery, Reason, State
from services.notifications.domain.inviting import invitations
from services.notifications.domain.message import Message
from services.notifications.domain.recipient import Recipient
from services.notifications.rendering import Renderer
from services.notifications.texts import read_languages
from shared.contracts.people import PersonInvited
from shared.domain.people import Actor
from tests.notifications.builders import NOON, after, envelope

LINK = "https://r.example/v1/references/a-secret"
RENDERER = Renderer(read_languages(), app_url="https://peerpath.example")


def invited(**changes: Any) -> PersonInvited:
    values = {
        "site": "riverside",
        "person": "reference-1",
        "name": "A. Friend",
        "email": "friend@example.org",
        "purpose": "reference",
        "asked_by": "Robin Adeyemi",
        "link": LINK,
        "expires": after(days=21),
        "reminders": (after(days=7), after(days=14)),
    }
    return PersonInvited(**{**values, **changes})


def heard(said: PersonInvited, id: str = "event-1") -> tuple[Recipient, list[Message], list[Delivery]]:
    made = list(invitations(said, envelope(said, id=id), now=NOON))
    messages = [one for one in made if isinstance(one, Message)]
    deliveries = [one for one in made if isinstance(one, Delivery)]
    return Recipient.invited_by(None, said, event=id), messages, deliveries


def test_a_mail_at_once_and_its_reminders_at_their_times() -> None:
    """Each is due once, and of no use once the link has ended."""
    _, messages, deliveries = heard(invited())
    assert [one.next_try for one in deliveries] == [NOON, after(days=7), after(days=14)]
    assert {one.useless_after for one in deliveries} == {after(days=21)}
    assert len({one.id for one in messages}) == 3


def test_neither_link_nor_name_is_in_what_is_kept_for_long() -> None:
    """Messages and deliveries stay for the record; the link and who is asked go with the recipient."""
    recipient, messages, deliveries = heard(invited())
    kept = str([one.document() for one in (*messages, *deliveries)])
    assert not any(word in kept for word in (LINK, "Friend", "friend@", "Adeyemi"))
    assert recipient.invited is not None
    assert recipient.invited.link == LINK


def test_nobody_reads_it_in_an_inbox() -> None:
    """Whoever signs in under an invitation's id is not whom it was for."""
    _, (message, *_), _ = heard(invited())
    assert not message.is_readable_by(Actor(person="reference-1"))


def test_the_mail_says_who_asks_where_to_answer_and_how_to_decline() -> None:
    """In both languages, with the link as the one thing to press, and nothing about an account."""
    for language, decline, footer in (
        ("en", "would rather not", "You need no account"),
        ("es", "prefieres no hacerlo", "No necesitas ninguna cuenta"),
    ):
        recipient, (message, *_), _ = heard(invited(language=language))
        mail = RENDERER.mail(message, recipient)
        for text in (mail.text, mail.html):
            assert "Robin Adeyemi" in text
            assert decline in text
            assert footer in text
            assert LINK in text
            assert "peerpath.example" not in text
        assert "Robin" not in mail.subject


def test_a_name_that_advertises_is_not_said() -> None:
    """Whoever calls themself an address has nobody written to about it."""
    recipient, (message, *_), _ = heard(invited(asked_by="Buy at https://evil.example", name="x" * 90))
    mail = RENDERER.mail(message, recipient)
    assert "evil" not in mail.text
    assert "Somebody you know would like" in mail.text
    assert mail.text.startswith("Hello,\n")


def test_a_link_that_was_replaced_is_reminded_of_no_more() -> None:
    """After another invitation under the same key the old reminders end, and the new ones go out."""
    _, old_messages, old = heard(invited())
    recipient, messages, deliveries = heard(invited(link=LINK + "-2"), id="event-2")
    now = after(days=7)
    stale = AtHand(message=old_messages[1], recipient=recipient)
    assert not old[1].begin_attempt(stale, now=now)
    assert (old[1].state, old[1].reason) == (State.SUPPRESSED, Reason.REPLACED)
    fresh = AtHand(message=messages[1], recipient=recipient)
    assert deliveries[1].begin_attempt(fresh, now=now + timedelta(minutes=1))
