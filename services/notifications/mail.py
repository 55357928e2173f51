"""One e-mail over SMTP, and what the server's answer means for trying again."""

from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime

import aiosmtplib

from services.notifications.domain.recipient import Recipient
from services.notifications.rendering import Rendered
from services.notifications.settings import NotificationsSettings

_ABOUT_THIS_MAIL = (aiosmtplib.SMTPRecipientRefused, aiosmtplib.SMTPDataError)
"""Answers about this recipient or message. A refused login or sender is our own mistake, to be put right."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of one attempt: taken where there is no `problem` (a reply code or a word)."""

    problem: str | None = None
    permanent: bool = False


def compose(
    delivery: str, recipient: Recipient, rendered: Rendered, *, sender: str, created: datetime
) -> EmailMessage:
    """A multipart message; its Message-ID follows from the delivery, so a repeated one can be recognised."""
    mail = EmailMessage()
    mail["Message-ID"] = f"<{delivery}@{sender.rpartition('@')[2]}>"
    mail["Date"] = format_datetime(created)
    mail["From"] = Address("Peerpath", addr_spec=sender)
    mail["To"] = Address(" ".join(recipient.name.split()), addr_spec=recipient.email)
    mail["Subject"] = rendered.subject
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content(rendered.text)
    mail.add_alternative(rendered.html, subtype="html")
    # Only now: what is set before the second form becomes a header of the first one.
    mail["Content-Language"] = rendered.language
    return mail


class Mailer:
    """Sends over one mail server, a connection per message."""

    def __init__(self, settings: NotificationsSettings) -> None:
        self._settings = settings

    async def send(self, mail: EmailMessage) -> Answer:
        """Hand the message to the server; never raises for what the server or the network does."""
        try:
            await self._send(mail)
        except (aiosmtplib.SMTPException, OSError) as problem:
            return answer_to(problem)
        return Answer()

    async def _send(self, mail: EmailMessage) -> None:
        settings = self._settings
        password = settings.smtp_password
        await aiosmtplib.send(
            mail,
            hostname=settings.smtp_host,
            port=settings.smtp_port,
            username=settings.smtp_username,
            password=password.get_secret_value() if password else None,
            use_tls=settings.smtp_security == "tls",
            start_tls=settings.smtp_security == "starttls",
            timeout=settings.smtp_timeout_s,
        )


def answer_to(problem: Exception) -> Answer:
    """A 5xx about this very mail is final; everything else may pass."""
    if isinstance(problem, aiosmtplib.SMTPRecipientsRefused):
        return answer_to(problem.recipients[0])
    if isinstance(problem, aiosmtplib.SMTPResponseException):
        permanent = isinstance(problem, _ABOUT_THIS_MAIL) and problem.code >= 500
        return Answer(problem=str(problem.code), permanent=permanent)
    return Answer(problem="no_connection")
