"""One mail: its headers, its address, and what the server's answer means."""

from datetime import timedelta
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import aiosmtplib
import pytest

from services.notifications.mail import (
    AddressNotSupported,
    Answer,
    answer_to,
    compose,
    in_ascii,
)
from services.notifications.rendering import Renderer
from services.notifications.texts import read_languages
from tests.notifications.builders import NOON, after, message, recipient

RENDERER = Renderer(read_languages(), app_url=None)


def composed(**to: Any) -> EmailMessage:
    who = recipient(**to)
    mail = RENDERER.mail(message(), who)
    return compose("delivery-1", who, mail, sender="no-reply@peerpath.example", now=after(hours=1))


def test_the_mail_has_both_forms_and_a_steady_id() -> None:
    """The same delivery makes the same Message-ID, so a receiver can tell a repetition."""
    first, again = composed(), composed(language="es")

    read = message_from_bytes(first.as_bytes(), policy=policy.default)
    assert read["Message-ID"] == again["Message-ID"] == "<delivery-1@peerpath.example>"
    assert read["To"].addresses[0].addr_spec == recipient().email
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]


def test_a_mail_is_dated_when_it_is_sent() -> None:
    """The date of a mail that waited, for the morning for instance, is that of its sending."""
    assert composed()["Date"].datetime == NOON + timedelta(hours=1)


def test_a_name_adds_no_header() -> None:
    """Whatever a name holds, it stays in the one header it belongs to."""
    read = message_from_bytes(
        composed(name="Ana\nBcc: everybody@example.org").as_bytes(), policy=policy.default
    )

    assert read["Bcc"] is None
    assert read["To"].addresses[0].display_name == "Ana Bcc: everybody@example.org"


@pytest.mark.parametrize(
    ("address", "sent_to"),
    [
        ("ana@example.org", "ana@example.org"),
        ("ana+mail@b\u00fccher.example", "ana+mail@xn--bcher-kva.example"),
        ("ana@xn--bcher-kva.example", "ana@xn--bcher-kva.example"),
    ],
)
def test_a_domain_in_any_script(address: str, sent_to: str) -> None:
    """A domain with other letters is written in the way every mail server knows."""
    assert in_ascii(address) == sent_to
    assert composed(email=address)["To"].addresses[0].addr_spec == sent_to


@pytest.mark.parametrize("address", ["jos\u00e9@example.org", "no address"])
def test_an_address_no_server_of_ours_can_take(address: str) -> None:
    """Other letters before the @ need a kind of mail that we can't rely on."""
    with pytest.raises(AddressNotSupported):
        in_ascii(address)


TAKE_NO = aiosmtplib.SMTPRecipientRefused
TABLE = [
    (aiosmtplib.SMTPRecipientsRefused([TAKE_NO(550, "no", "a@b.c")]), Answer(problem="550", permanent=True)),
    (aiosmtplib.SMTPRecipientsRefused([TAKE_NO(450, "busy", "a@b.c")]), Answer(problem="450")),
    (aiosmtplib.SMTPDataError(554, "no"), Answer(problem="554", permanent=True)),
    (aiosmtplib.SMTPDataError(451, "later"), Answer(problem="451")),
    (aiosmtplib.SMTPAuthenticationError(535, "who?"), Answer(problem="535")),
    (aiosmtplib.SMTPSenderRefused(550, "not you", "no-reply@x.y"), Answer(problem="550")),
    (aiosmtplib.SMTPHeloError(504, "what?"), Answer(problem="504")),
    (aiosmtplib.SMTPConnectResponseError(421, "full"), Answer(problem="421")),
    (aiosmtplib.SMTPNotSupported("no STARTTLS"), Answer(problem="not_supported_by_server")),
    (aiosmtplib.SMTPConnectTimeoutError("slow"), Answer(problem="no_connection", silent=True)),
    (aiosmtplib.SMTPServerDisconnected("gone"), Answer(problem="no_connection", silent=True)),
    (TimeoutError(), Answer(problem="no_connection", silent=True)),
    (ConnectionRefusedError(), Answer(problem="no_connection", silent=True)),
    (ValueError("a header that can't be"), Answer(problem="not_composed")),
]


@pytest.mark.parametrize(
    ("problem", "answer"),
    TABLE,
    ids=[f"{type(problem).__name__}-{answer.problem}" for problem, answer in TABLE],
)
def test_what_an_answer_means(problem: Exception, answer: Answer) -> None:
    """Only a lasting refusal of this recipient or this message is final; what is our own fault may pass."""
    assert answer_to(problem) == answer
