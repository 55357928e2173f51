"""What a language file holds, and what it must hold before the service starts."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml
from jinja2 import Environment, Template, TemplateError, meta
from pydantic import BaseModel, ConfigDict, Field

from services.notifications.domain.audience import Audience
from services.notifications.domain.table import TEMPLATES, facts_of

FOLDER = Path(__file__).parent / "templates"
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
    """What every message has. `unwritten` stands for a subject that is not there any more.

    `appointment` and its `where` are what a calendar shows, on a locked screen too.
    `preview_invited`, `answer` and `invited` stand in for `preview`, `open` and `mute` where somebody has no account.
    """

    greeting: str
    greeting_unnamed: str
    preview: str
    open: str
    why: str
    mute: str
    legal: str
    unwritten: str
    appointment: str = Field(min_length=1, max_length=78)
    appointment_where: str
    preview_invited: str
    answer: str
    invited: str


class Text(_Part):
    """One template: a subject fit for a lock screen, and paragraphs."""

    subject: str = Field(min_length=1, max_length=78)
    body: tuple[str, ...] = Field(min_length=1)


class Language(_Part):
    """The texts in one language; what it lacks is said in English."""

    language: str
    decimal_sign: str = Field(min_length=1, max_length=1)
    dates: Dates
    common: Common
    why: dict[Audience, str]
    messages: dict[str, Text]


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """A language whose texts are ready to be filled in."""

    words: Language
    greeting: Template
    bodies: Mapping[str, tuple[Template, ...]]

    def says(self, template: str, audience: Audience) -> bool:
        """Does this language have what such a message needs?"""
        return template in self.bodies and audience in self.words.why


def read_languages(folder: Path = FOLDER) -> Mapping[str, Language]:
    """Every `<language>.yaml` in the folder, by its code.

    Raises:
        ValueError: a file is not valid; the message names the field.
    """
    read = [yaml.safe_load(path.read_text(encoding="utf-8")) for path in sorted(folder.glob("*.yaml"))]
    return {language.language: language for language in map(Language.model_validate, read)}


def compiled(languages: Mapping[str, Language], environment: Environment) -> Mapping[str, Compiled]:
    """Every language, compiled.

    Raises:
        ValueError: English lacks a text the table sends or a reason to give, a text is not well-formed, or it
            speaks of something its events don't say. The message names language and text.
    """
    english = languages[DEFAULT_LANGUAGE]
    _must_be_empty("en lacks", TEMPLATES - english.messages.keys())
    _must_be_empty("en lacks the reason for", set(Audience) - english.why.keys())
    return {code: _compile(language, environment) for code, language in languages.items()}


def _compile(language: Language, environment: Environment) -> Compiled:
    code = language.language
    _must_be_empty(f"nobody is sent {code}", language.messages.keys() - TEMPLATES)
    bodies = {
        name: tuple(_template(line, f"{code} {name}", facts_of(name), environment) for line in text.body)
        for name, text in language.messages.items()
    }
    greeting = _template(language.common.greeting, f"{code} greeting", frozenset({"name"}), environment)
    return Compiled(words=language, greeting=greeting, bodies=bodies)


def _template(source: str, what: str, given: frozenset[str], environment: Environment) -> Template:
    try:
        named = meta.find_undeclared_variables(environment.parse(source))
        template = environment.from_string(source)
    except TemplateError as problem:
        raise ValueError(f"{what}: {problem}") from problem
    _must_be_empty(f"{what} speaks of what its events don't say:", named - given)
    return template


def _must_be_empty(what: str, found: Iterable[str]) -> None:
    if found:
        raise ValueError(f"{what} {', '.join(sorted(found))}")
