"""The texts: complete in every language, neutral where others may look, safe in HTML."""

import re
from datetime import UTC, datetime
from typing import Any

import pytest
from structlog.testing import capture_logs

from services.notifications.domain.audience import Audience, Line, Urgency
from services.notifications.domain.message import Message
from services.notifications.domain.recipient import Recipient
from services.notifications.domain.table import ROWS, Tell
from services.notifications.rendering import Mail, Renderer
from services.notifications.texts import Language, Text, read_languages
from tests.notifications.builders import after, message, recipient

LANGUAGES = read_languages()
RENDERER = Renderer(LANGUAGES, app_url="https://app.example/inbox")
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
    "decide_by": after(days=30),
    "expires": after(days=30),
    "valid_until": after(days=90),
    "minutes": 45,
    "days_left": 7,
    "hours": 2.5,
    "total": 60.0,
}


def sample(row: Tell, line: Line) -> Message:
    facts = {name: SAMPLES.get(name, f"{name}-1") for name in row.facts}
    return message(audience=line.audience, urgency=line.urgency, template=line.template, **facts)


def ana(**more: Any) -> Recipient:
    return recipient(**{"name": "Ana", **more})


def without(language: Language, *, message: str | None = None, why: Audience | None = None) -> Language:
    """The language without one of its texts, or reasons."""
    messages = {name: text for name, text in language.messages.items() if name != message}
    reasons = {audience: reason for audience, reason in language.why.items() if audience is not why}
    return language.model_copy(update={"messages": messages, "why": reasons})


def rewritten(name: str, *body: str) -> Language:
    """English with other words for one text."""
    english = LANGUAGES["en"]
    messages = {**english.messages, name: Text(subject="A step", body=body)}
    return english.model_copy(update={"messages": messages})


def started(*languages: Language) -> Renderer:
    return Renderer({language.language: language for language in languages}, app_url=None)


def test_every_language_says_everything() -> None:
    """Each language that ships has exactly the texts that the table sends, and a reason for every audience."""
    needed = {line.template for _, line in LINES}

    assert {"en", "es"} <= LANGUAGES.keys()
    for language in LANGUAGES.values():
        assert language.messages.keys() == needed, language.language
        assert language.why.keys() == set(Audience), language.language


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (without(LANGUAGES["en"], message="training_open"), "en lacks training_open"),
        (without(LANGUAGES["en"], why=Audience.PANEL), "en lacks the reason for panel"),
        (rewritten("training_open", "It is {{ name"), "en training_open: unexpected end"),
        (rewritten("training_open", "On {{ enrolment | weekday }}"), "No filter named 'weekday'"),
        (rewritten("training_open", "On {{ starts | day }}"), "en training_open .* starts"),
        (rewritten("nobody_gets_this", "Hello"), "nobody is sent en nobody_gets_this"),
    ],
)
def test_a_mistake_in_a_text_ends_the_start(language: Language, said: str) -> None:
    """What English lacks, a text that is no template, or one that speaks of an unknown fact, is named at start."""
    with pytest.raises(ValueError, match=said):
        started(language)


@pytest.mark.parametrize(
    "spanish",
    [without(LANGUAGES["es"], message="training_open"), without(LANGUAGES["es"], why=Audience.PERSON)],
)
def test_what_a_language_lacks_is_english(spanish: Language) -> None:
    """A language that is not complete sends the whole of such a message in English, and the others in its own."""
    renderer = started(LANGUAGES["en"], spanish)
    other = message(audience=Audience.TRAINERS, template="attempts_to_open")

    assert renderer.mail(message(), ana(language="es")).language == "en"
    assert renderer.mail(other, ana(language="es")).language == "es"


@pytest.mark.parametrize(("row", "line", "language"), EVERY_LINE)
def test_every_message_can_be_written(row: Tell, line: Line, language: str) -> None:
    """With the facts of its row alone, every line renders in every language, as text and as HTML."""
    item = sample(row, line)
    mail = RENDERER.mail(item, ana(language=language, time_zone="Europe/Madrid"))

    assert mail.language == language
    for form in (mail.text, mail.html):
        assert "Ana" in form
        assert RENDERER.why(item, language=language) in form
        assert '"https://app.example/inbox"' in form or "https://app.example/inbox\n" in form
        assert not re.search(r"\{[{%]|[}%]\}", form)


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


@pytest.mark.parametrize("name", LANGUAGES["es"].messages)
def test_spanish_is_of_latin_america(name: str) -> None:
    """Several people are addressed as everywhere in Latin America, with no form that only Spain uses."""
    text = LANGUAGES["es"].messages[name]
    of_spain = r"\b(os|vosotr[oa]s|vuestr[oa]s?|enhorabuena|apetece|\w+(áis|éis|ís))\b"

    assert not re.search(of_spain, " ".join((text.subject, *text.body)), re.IGNORECASE)


@pytest.mark.parametrize("language", LANGUAGES)
def test_previews_say_nothing(language: str) -> None:
    """What a mail program shows beside the subject is the same for every message."""
    row, line = LINES[0]
    mail = RENDERER.mail(sample(row, line), ana(language=language))
    visible = re.sub(r"<(title|style).*?</\1>|<[^>]+>", "", mail.html).strip()

    assert visible.startswith(LANGUAGES[language].common.preview)
    assert not NEVER_IN_A_SUBJECT.search(LANGUAGES[language].common.preview)
    assert mail.text.startswith(LANGUAGES[language].common.greeting.split("{")[0])


def test_times_are_the_recipient_s() -> None:
    """A time is written in the recipient's language and time zone, on the date it has there."""
    interview = message(template="interview_set", starts=SAMPLES["starts"], minutes=45)

    english = RENDERER.mail(interview, ana(language="en", time_zone="America/New_York"))
    spanish = RENDERER.mail(interview, ana(language="es", time_zone="Europe/Madrid"))

    assert "Wednesday 1 July 2026, 18:30 (EDT)" in english.text
    assert "jueves 2 de julio de 2026, 00:30 (CEST)" in spanish.text


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "UTC", "Pacific/Auckland"])
def test_a_certificate_s_last_day_is_the_same_everywhere(zone: str) -> None:
    """The end of a period is a date in UTC and itself not included: everybody reads the day before it."""
    granted = message(template="certificate_granted", valid_until=datetime(2028, 3, 4, tzinfo=UTC))

    assert "up to and including Friday 3 March 2028." in RENDERER.mail(granted, ana(time_zone=zone)).text


@pytest.mark.parametrize(
    ("language", "hours", "said"),
    [
        ("en", 1, "Hours signed: 1. Hours signed in all: 1234.25."),
        ("es", 2.5, "Horas firmadas: 2,5. Total de horas firmadas: 1234,25."),
    ],
)
def test_numbers_are_the_language_s(language: str, hours: float, said: str) -> None:
    """Hours are written with the decimal sign of the language and no more decimals than they have."""
    signed = message(template="hours_signed", hours=hours, total=1234.25)

    assert said in RENDERER.mail(signed, ana(language=language)).text


def test_an_unknown_language_is_english() -> None:
    """Somebody whose language we don't have gets English rather than nothing."""
    assert RENDERER.mail(message(), ana(language="xx")).language == "en"


def test_the_inbox_shows_words_alone() -> None:
    """An inbox item is subject and paragraphs, without greeting or footer."""
    words = RENDERER.words(message(), language="en", time_zone="UTC")

    assert words.subject == "Your learning plan is ready"
    assert words.paragraphs[0].startswith("Your training can begin.")
    assert len(words.paragraphs) == len(LANGUAGES["en"].messages["training_open"].body)


@pytest.mark.parametrize(
    ("template", "subject"),
    [
        ("interview_set", "A date for your conversation with us"),
        ("long_gone", "A message for you in Peerpath"),
    ],
)
def test_what_can_t_be_written_is_its_subject(template: str, subject: str) -> None:
    """A message whose text asks for a fact it lacks, or is gone, is shown as its subject, and the log names it."""
    with capture_logs() as logged:
        words = RENDERER.words(message(template=template), language="en", time_zone="UTC")

    assert (words.subject, words.paragraphs) == (subject, ())
    assert [entry["template"] for entry in logged] == [template]


def test_names_are_harmless() -> None:
    """A name is text wherever it stands, whatever it looks like."""
    mail = RENDERER.mail(message(), ana(name="<b>Ana</b> & {{ 7 * 7 }}"))

    assert "Hello &lt;b&gt;Ana&lt;/b&gt; &amp; {{ 7 * 7 }}," in mail.html
    assert mail.text.startswith("Hello <b>Ana</b> & {{ 7 * 7 }},\n")


def test_what_looks_like_an_advertisement_is_not_repeated() -> None:
    """A name with an address in it is not what a mail of ours begins with."""
    mail = RENDERER.mail(message(), ana(name="Win now https://evil.example"))

    assert mail.text.startswith("Hello,\n")
    assert "evil" not in mail.text + mail.html


@pytest.mark.parametrize("form", ["text", "html"])
def test_without_an_app_there_is_no_link(form: str) -> None:
    """Where there is no place to read the inbox, a mail has no link and no line for one."""
    mail: Mail = started(LANGUAGES["en"]).mail(message(), ana())

    assert "://" not in getattr(mail, form)
    assert LANGUAGES["en"].common.open not in getattr(mail, form)


def test_the_text_form() -> None:
    """The plain form of a mail, word for word."""
    assert RENDERER.mail(message(template="application_closed"), ana()).text == (
        "Hello Ana,\n"
        "\n"
        "An application at your site was taken back. There is nothing you need to do.\n"
        "\n"
        "Open it in Peerpath: https://app.example/inbox\n"
        "\n"
        "--\n"
        "Why you got this: it is about your own record.\n"
        "You can choose which messages come by e-mail under your preferences in Peerpath."
    )


def test_a_legal_notice_says_so() -> None:
    """A legal notice does not offer to be muted."""
    legal = RENDERER.mail(message(urgency=Urgency.LEGAL), ana())

    assert LANGUAGES["en"].common.legal in legal.text
    assert LANGUAGES["en"].common.mute not in legal.text
