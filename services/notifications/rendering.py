"""Words for a message, found when it is shown or sent, in the recipient's language and time zone."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import BaseModel, ConfigDict, Field

from services.notifications.domain.audience import Audience, Urgency
from services.notifications.domain.message import Message
from services.notifications.domain.quiet_hours import zone_of

TEMPLATES = Path(__file__).parent / "templates"
DEFAULT_LANGUAGE = "en"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Dates(_Part):
    """How a language writes a date; the patterns take weekday, day, month, year, time and zone."""

    weekdays: tuple[str, ...] = Field(min_length=7, max_length=7)
    months: tuple[str, ...] = Field(min_length=12, max_length=12)
    day: str
    moment: str


class Common(_Part):
    """What every message has."""

    greeting: str
    preview: str
    open: str
    why: str
    mute: str
    legal: str


class Text(_Part):
    """One template: a subject fit for a lock screen, and paragraphs."""

    subject: str = Field(min_length=1, max_length=78)
    body: tuple[str, ...] = Field(min_length=1)


class Language(_Part):
    """Every text in one language."""

    language: str
    dates: Dates
    common: Common
    why: dict[Audience, str]
    messages: dict[str, Text]


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A message in words: `paragraphs` for the inbox, `text` and `html` for an e-mail."""

    language: str
    subject: str
    paragraphs: tuple[str, ...]
    why: str
    text: str
    html: str


def read_languages(folder: Path = TEMPLATES) -> Mapping[str, Language]:
    """Every `<language>.yaml` in the folder, by its code.

    Raises:
        ValueError: a file is not valid; the message names the field.
    """
    read = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    return {language.language: language for language in map(Language.model_validate, read)}


class Renderer:
    """Holds the texts; `app_url` is where the app is, without a slash at the end."""

    def __init__(self, languages: Mapping[str, Language], *, app_url: str, folder: Path = TEMPLATES) -> None:
        self._languages = languages
        self._app_url = app_url.rstrip("/")
        loader = FileSystemLoader(folder)
        self._plain = Environment(undefined=StrictUndefined, autoescape=False)  # noqa: S701 - plain text
        self._plain.filters.update(moment=_moment, day=_day, number=_number)
        self._text = self._plain.overlay(loader=loader)
        self._html = Environment(loader=loader, undefined=StrictUndefined, autoescape=True)

    def render(self, message: Message, *, name: str, language: str, time_zone: str) -> Rendered:
        """The message in this language, or English where we don't have it.

        Raises:
            jinja2.UndefinedError: the template names a fact the message does not have.
        """
        words = self._words(language)
        text = words.messages[message.template]
        values = {**_facts(message, words.dates, zone_of(time_zone)), "name": name}
        parts: dict[str, Any] = {
            "language": words.language,
            "subject": text.subject,
            "paragraphs": tuple(self._line(paragraph, values) for paragraph in text.body),
            "greeting": self._line(words.common.greeting, values),
            "preview": words.common.preview,
            "open": words.common.open,
            "link": f"{self._app_url}/inbox/{message.id}",
            "why": self.why(message, language=language),
            "footer": words.common.legal if message.urgency is Urgency.LEGAL else words.common.mute,
        }
        return Rendered(
            language=words.language,
            subject=text.subject,
            paragraphs=parts["paragraphs"],
            why=parts["why"],
            text=self._text.get_template("mail.txt").render(parts),
            html=self._html.get_template("mail.html").render(parts),
        )

    def why(self, message: Message, *, language: str) -> str:
        """Why the recipient got it, in one sentence."""
        words = self._words(language)
        return f"{words.common.why} {words.why[message.audience]}"

    def _words(self, language: str) -> Language:
        return self._languages.get(language) or self._languages[DEFAULT_LANGUAGE]

    def _line(self, source: str, values: Mapping[str, Any]) -> str:
        return self._plain.from_string(source).render(values)


@dataclass(frozen=True)
class _Time:
    """A point in time as a template sees it; `| moment` and `| day` write it out."""

    moment: datetime
    dates: Dates

    def written(self, pattern: str) -> str:
        local = self.moment
        return pattern.format(
            weekday=self.dates.weekdays[local.weekday()],
            day=local.day,
            month=self.dates.months[local.month - 1],
            year=local.year,
            time=f"{local:%H:%M}",
            zone=local.tzname() or "UTC",
        )


def _facts(message: Message, dates: Dates, zone: ZoneInfo) -> dict[str, Any]:
    return {
        name: _Time(fact.astimezone(zone), dates) if isinstance(fact, datetime) else fact
        for name, fact in message.facts.items()
    }


def _moment(time: _Time) -> str:
    return time.written(time.dates.moment)


def _day(time: _Time) -> str:
    return time.written(time.dates.day)


def _number(value: float) -> str:
    return f"{value:g}"
