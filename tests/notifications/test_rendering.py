"""The texts: complete in every language, neutral where others may look, safe in HTML."""

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from typing import Any

import pytest

from services.notifications.domain.audience import Audience, Line, Urgency
from services.notifications.domain.message import Message
from services.notifications.domain.table import ROWS, Tell
from services.notifications.mail import compose
from services.notifications.rendering import Language, Renderer, read_languages
from tests.notifications.builders import after, message, recipient

LANGUAGES = read_languages()
RENDERER = Renderer(LANGUAGES, app_url="https://app.example/")
LINES = [(row, line) for row in ROWS if isinstance(row, Tell) for line in row.lines]
EVERY_LINE = [
    pytest.param(row, line, language, id=f"{line.template}-{line.audience}-{language}")
    for row, line in LINES
    for language in LANGUAGES
]
EVERY_TEXT = [
    pytest.param(language, name, id=f"{name}-{language.language}")
    for language in LANGUAGES.values()
    for name in language.messages
]

# Nothing of health, of how something ended, or of what somebody failed to do.
NEVER_IN_A_SUBJECT = re.compile(
    r"""mental|health|recover|illness|diagnos|crisis|therap|substance|trauma|wellbeing
    |accept|declin|reject|defer|waiting|passed|fail|granted|expir|revok|suspend|withdr|overdue|late\b|refus
    |attempt|exam|score|outcome|certified|missing
    |salud|enferm|terap|trauma|bienestar|adicci|recupera
    |acept|rechaz|aplaz|espera|aprob|suspen|concedid|caduc|venc|revoca|retir|atras|intento|examen|nota\b
    |puntuaci|superad""",
    re.IGNORECASE | re.VERBOSE,
)
NEVER_IN_A_TEXT = re.compile(
    r"mental|illness|diagnos|therap|declin|reject|enferm|terap|salud|rechaz|fracas|patient|paciente",
    re.IGNORECASE,
)
SAMPLES: dict[str, Any] = {
    "starts": datetime(2026, 7, 1, 22, 30, tzinfo=UTC),
    "due": after(days=3),
    "valid_until": after(days=90),
    "minutes": 45,
    "days_left": 7,
    "hours": 2.5,
    "total": 60.0,
}


def sample(row: Tell, line: Line) -> Message:
    facts = {name: SAMPLES.get(name, f"{name}-1") for name in row.facts}
    return message(audience=line.audience, urgency=line.urgency, template=line.template, **facts)


def test_every_language_says_everything() -> None:
    """Each language has exactly the texts that the table sends, and a reason for every audience."""
    needed = {line.template for _, line in LINES}

    assert {"en", "es"} <= LANGUAGES.keys()
    for language in LANGUAGES.values():
        assert language.messages.keys() == needed, language.language
        assert language.why.keys() == set(Audience), language.language


@pytest.mark.parametrize(("row", "line", "language"), EVERY_LINE)
def test_every_message_can_be_written(row: Tell, line: Line, language: str) -> None:
    """With the facts of its row alone, every line renders in every language, as text and as HTML."""
    rendered = RENDERER.render(sample(row, line), name="Ana", language=language, time_zone="Europe/Madrid")

    assert rendered.language == language
    for form in (rendered.text, rendered.html):
        assert "Ana" in form
        assert rendered.why in form
        assert "https://app.example/inbox/" in form
        assert "{" not in form.replace("{% ", "")


@pytest.mark.parametrize(("language", "name"), EVERY_TEXT)
def test_subjects_are_neutral(language: Language, name: str) -> None:
    """Whoever glances at the phone learns nothing: no health, no outcome, no fact of the event."""
    subject = language.messages[name].subject

    assert not NEVER_IN_A_SUBJECT.search(subject)
    assert not re.search(r"[{}\d%]", subject)


@pytest.mark.parametrize(("language", "name"), EVERY_TEXT)
def test_texts_are_kind(language: Language, name: str) -> None:
    """No text names an illness or uses a word that hurts."""
    assert not NEVER_IN_A_TEXT.search(" ".join(language.messages[name].body))


@pytest.mark.parametrize("language", LANGUAGES)
def test_previews_say_nothing(language: str) -> None:
    """What a mail program shows beside the subject is the same for every message."""
    row, line = LINES[0]
    rendered = RENDERER.render(sample(row, line), name="Ana", language=language, time_zone="UTC")
    visible = re.sub(r"<(title|style).*?</\1>|<[^>]+>", "", rendered.html).strip()

    assert visible.startswith(LANGUAGES[language].common.preview)
    assert not NEVER_IN_A_SUBJECT.search(LANGUAGES[language].common.preview)
    assert rendered.text.startswith(LANGUAGES[language].common.greeting.split("{")[0])


def test_times_are_the_recipient_s() -> None:
    """A time is written in the recipient's language and time zone, on the date it has there."""
    interview = message(template="interview_set", starts=SAMPLES["starts"], minutes=45)

    english = RENDERER.render(interview, name="Ana", language="en", time_zone="America/New_York")
    spanish = RENDERER.render(interview, name="Ana", language="es", time_zone="Europe/Madrid")

    assert "Wednesday 1 July 2026, 18:30 (EDT)" in english.text
    assert "jueves 2 de julio de 2026, 00:30 (CEST)" in spanish.text


def test_an_unknown_language_is_english() -> None:
    """Somebody whose language we don't have gets English rather than nothing."""
    assert RENDERER.render(message(), name="Ana", language="xx", time_zone="UTC").language == "en"


def test_names_are_harmless_in_html() -> None:
    """A name is text wherever it stands, whatever it looks like."""
    rendered = RENDERER.render(message(), name="<b>Ana</b> & {{ 7 * 7 }}", language="en", time_zone="UTC")

    assert "&lt;b&gt;Ana&lt;/b&gt; &amp; {{ 7 * 7 }}" in rendered.html
    assert "<b>Ana</b> & {{ 7 * 7 }}" in rendered.text


def test_a_legal_notice_says_so() -> None:
    """A legal notice does not offer to be muted."""
    legal = RENDERER.render(message(urgency=Urgency.LEGAL), name="Ana", language="en", time_zone="UTC")

    assert LANGUAGES["en"].common.legal in legal.text
    assert LANGUAGES["en"].common.mute not in legal.text


def test_the_mail_has_both_forms_and_a_steady_id() -> None:
    """The same delivery makes the same Message-ID, so a receiver can tell a repetition."""
    to = recipient(name="Ana\nBcc: everybody@example.org", language="es")
    rendered = RENDERER.render(message(), name=to.name, language=to.language, time_zone=to.time_zone)
    first, again = (
        compose("delivery-1", to, rendered, sender="no-reply@peerpath.example", created=after(days=n))
        for n in (0, 0)
    )

    read = message_from_bytes(first.as_bytes(), policy=policy.default)
    assert read["Message-ID"] == again["Message-ID"] == "<delivery-1@peerpath.example>"
    assert read["Bcc"] is None
    assert read["To"].addresses[0].addr_spec == to.email
    assert [part.get_content_type() for part in read.iter_parts()] == ["text/plain", "text/html"]
