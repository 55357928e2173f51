"""One e-mail over SMTP, and what the server's answer means for trying again."""

import asyncio
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib
from email_validator import EmailNotValidError, validate_email

from services.notifications.domain.patience import LEASE
from services.notifications.domain.recipient import Recipient
from services.notifications.rendering import Mail
from services.notifications.settings import NotificationsSettings
from shared.calendar import MEDIA_TYPE, Appointment, invite

SESSION_LIMIT_S = LEASE.total_seconds() - 60
"""For everything from connecting to the last answer: over well before another sender may try."""
_FAREWELL_S = 5.0

_ABOUT_THIS_MAIL = (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
"""Answers about this recipient or message. A refused login or sender is our own mistake, to be put right."""


class AddressNotSupported(Exception):
    """An address that only a server with SMTPUTF8 (RFC 6531) could take; we rely on none."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one attempt: taken where there is no `problem` (a reply code or a word)."""

    problem: str | None = None
    permanent: bool = False
    silent: bool = False
    """Did no server answer at all?"""


NOT_COMPOSED = Answer(problem="not_composed")
NOT_SUPPORTED = Answer(problem="address_not_supported", permanent=True)


def compose(delivery: str, recipient: Recipient, mail: Mail, *, sender: str, now: datetime) -> EmailMessage:
    """A multipart message, with the appointment if there is one.

    Its Message-ID follows from the delivery, so a repeated one can be recognised.

    Raises:
        AddressNotSupported: there is something other than ASCII before the @.
    """
    composed = EmailMessage()
    composed["Message-ID"] = f"<{delivery}@{sender.rpartition('@')[2]}>"
    composed["Date"] = format_datetime(now)
    composed["From"] = Address("Peerpath", addr_spec=sender)
    address = in_ascii(recipient.email)
    composed["To"] = Address(recipient.greeted_as, addr_spec=address)
    composed["Subject"] = mail.subject
    composed["Auto-Submitted"] = "auto-generated"
    composed.set_content(mail.text)
    composed.add_alternative(mail.html, subtype="html")
    if mail.appointment is not None:
        _enclose(composed, replace(mail.appointment, organizer=sender, attendees=(address,)), now=now)
    # Only now: what is set before the second form becomes a header of the first one.
    composed["Content-Language"] = mail.language
    return composed


def _enclose(composed: EmailMessage, appointment: Appointment, *, now: datetime) -> None:
    # As another form of the text, which is what mail programs act on, and as a file for those that don't.
    written, method = invite(appointment, now=now), "CANCEL" if appointment.cancelled else "REQUEST"
    main, sub = MEDIA_TYPE.split("/")
    how = {"method": method, "charset": "utf-8"}
    composed.add_alternative(written, main, sub, params=how)
    composed.add_attachment(written, "application", "ics", filename="interview.ics")


def in_ascii(address: str) -> str:
    """The address with its domain as every mail server knows it (IDNA). Raises AddressNotSupported."""
    try:
        ascii_form = validate_email(address, check_deliverability=False).ascii_email
    except EmailNotValidError as problem:
        raise AddressNotSupported from problem
    if ascii_form is None:
        raise AddressNotSupported
    return ascii_form


class Mailer:
    """Sends over one mail server, a connection per message; `limit_s` is for the whole of one session."""

    def __init__(self, settings: NotificationsSettings, *, limit_s: float = SESSION_LIMIT_S) -> None:
        self._settings = settings
        self._limit_s = limit_s

    async def send(self, mail: EmailMessage) -> Answer:
        """Hand the message to the server; never raises for what the server or the network does."""
        client = self._client()
        try:
            async with asyncio.timeout(self._limit_s):
                await client.connect()
                await client.send_message(mail)
            await _take_leave(client)
        except (aiosmtplib.SMTPException, OSError, ValueError) as problem:
            return answer_to(problem)
        finally:
            client.close()
        return Answer()

    def _client(self) -> aiosmtplib.SMTP:
        settings = self._settings
        password = settings.smtp_password
        return aiosmtplib.SMTP(
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            timeout=settings.smtp_timeout_s,
        )


async def _take_leave(client: aiosmtplib.SMTP) -> None:
    # The message is taken; whatever becomes of the farewell, it must not be sent again.
    with suppress(aiosmtplib.SMTPException, OSError):
        async with asyncio.timeout(_FAREWELL_S):
            await client.quit()


def answer_to(problem: Exception) -> Answer:
    """A 5xx about this very mail is final; everything else may pass."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return answer_to(problem.recipients[0])
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        permanent = isinstance(problem, _ABOUT_THIS_MAIL) and problem.code >= 500
        return Answer(problem=str(problem.code), permanent=permanent)
    if isinstance(problem, OSError):
        return Answer(problem="no_connection", silent=True)
    if isinstance(problem, aiosmtplib.SMTPException):
        return Answer(problem="not_supported_by_server")
    return NOT_COMPOSED
