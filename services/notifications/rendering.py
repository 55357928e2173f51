"""Words for a message, found when it is shown or sent, in the recipient's language and time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context

from services.notifications.domain.audience import Audience, Urgency
from services.notifications.domain.message import Message
from services.notifications.domain.quiet_hours import zone_of
from services.notifications.domain.recipient import Recipient, sayable
from services.notifications.invite import appointment_of
from services.notifications.texts import DEFAULT_LANGUAGE, FOLDER, Common, Compiled, Dates, Language, compiled
from shared.calendar import Appointment

log = structlog.get_logger(__name__)


@dataclass(frozen=True, kw_only=True)
class Words:
    """A message as the inbox shows it."""

    subject: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Mail:
    """A message as an e-mail; `appointment` is for the recipient's calendar."""

    language: str
    subject: str
    text: str
    html: str
    appointment: Appointment | None = None


class Renderer:
    """Holds the texts, compiled once; `app_url` is where people read their inbox, if there is such a place.

    Raises:
        ValueError: see `compiled`.
    """

    def __init__(
        self, languages: Mapping[str, Language], *, app_url: str | None, folder: Path = FOLDER
    ) -> None:
        plain = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        plain.filters.update(moment=_moment, day=_day, last_day=_last_day, number=_number)
        self._languages = compiled(languages, plain)
        self._app_url = app_url
        loader = FileSystemLoader(folder)
        self._text = plain.overlay(loader=loader).get_template("mail.txt")
        self._html = Environment(loader=loader, undefined=StrictUndefined, autoescape=True).get_template(
            "mail.html"
        )

    def words(self, message: Message, *, language: str, time_zone: str) -> Words:
        """The message in this language, or English where we don't have it.

        One that can't be written any more, because its text has changed since, is its subject alone.
        """
        texts = self._texts(message, language)
        try:
            return _words(message, texts, time_zone)
        except Exception:
            log.exception("message_not_written", template=message.template, message=message.id)
        text = texts.words.messages.get(message.template)
        return Words(subject=text.subject if text else texts.words.common.unwritten, paragraphs=())

    def mail(self, message: Message, recipient: Recipient) -> Mail:
        """The message as an e-mail to this recipient.

        Raises:
            KeyError: there is no such text.
            jinja2.UndefinedError: the text names a fact the message does not have.
        """
        texts = self._texts(message, recipient.language)
        common, name, invited = texts.words.common, recipient.greeted_as, recipient.invited
        asked = {"asked_by": sayable(invited.asked_by)} if invited else {}
        words = _words(message, texts, recipient.time_zone, **asked)
        parts = {
            "language": texts.words.language,
            "subject": words.subject,
            "paragraphs": words.paragraphs,
            "greeting": texts.greeting.render(name=name) if name else common.greeting_unnamed,
            "preview": common.preview_invited if invited else common.preview,
            "open": common.answer if invited else common.open,
            "link": invited.link if invited else self._app_url,
            "why": _why(message, texts),
            "footer": _footer(message, common),
        }
        return Mail(
            language=texts.words.language,
            subject=words.subject,
            text=self._text.render(parts),
            html=self._html.render(parts),
            appointment=appointment_of(
                message,
                recipient,
                summary=common.appointment,
                where=common.appointment_where,
                url=self._app_url,
            ),
        )

    def why(self, message: Message, *, language: str) -> str:
        """Why the recipient got it, in one sentence."""
        return _why(message, self._texts(message, language))

    def _texts(self, message: Message, language: str) -> Compiled:
        texts = self._languages.get(language)
        if texts is not None and texts.says(message.template, message.audience):
            return texts
        return self._languages[DEFAULT_LANGUAGE]


def _footer(message: Message, common: Common) -> str:
    if message.audience is Audience.INVITED:
        return common.invited
    return common.legal if message.urgency is Urgency.LEGAL else common.mute


def _words(message: Message, texts: Compiled, time_zone: str, **more: str) -> Words:
    how = {"dates": texts.words.dates, "decimal_sign": texts.words.decimal_sign, "zone": zone_of(time_zone)}
    paragraphs = tuple(
        body.render({**message.facts, **more, **how}) for body in texts.bodies[message.template]
    )
    return Words(subject=texts.words.messages[message.template].subject, paragraphs=paragraphs)


def _why(message: Message, texts: Compiled) -> str:
    return f"{texts.words.common.why} {texts.words.why[message.audience]}"


def _written(moment: datetime, dates: Dates, pattern: str) -> str:
    return pattern.format(
        weekday=dates.weekdays[moment.weekday()],
        day=moment.day,
        month=dates.months[moment.month - 1],
        year=moment.year,
        time=f"{moment:%H:%M}",
        zone=moment.tzname() or "UTC",
    )


@pass_context
def _moment(context: Context, value: datetime) -> str:
    """Date and time on the recipient's clock."""
    return _written(value.astimezone(context["zone"]), context["dates"], context["dates"].moment)


@pass_context
def _day(context: Context, value: datetime) -> str:
    """The date on the recipient's clock."""
    return _written(value.astimezone(context["zone"]), context["dates"], context["dates"].day)


@pass_context
def _last_day(context: Context, value: datetime) -> str:
    """The last day before an end that is a date in UTC and itself not included: the same everywhere."""
    last = value.astimezone(UTC) - timedelta(microseconds=1)
    return _written(last, context["dates"], context["dates"].day)


@pass_context
def _number(context: Context, value: float) -> str:
    """With two decimals at most, and the language's decimal sign."""
    sign: str = context["decimal_sign"]
    return f"{value:.2f}".rstrip("0").rstrip(".").replace(".", sign)
