"""Candidates at the stages the tests speak of."""

from datetime import UTC, datetime, timedelta
from typing import Any

from services.recruitment.domain.application import Application, ApplicationText, Consent, Referee
from services.recruitment.domain.candidate import Candidate, CheckResult
from services.recruitment.domain.person import Contact, Person
from services.recruitment.settings import read_criteria

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CRITERIA = read_criteria()
PANEL = ("ivy", "ian")


def scores(value: int = 4) -> dict[str, int]:
    """The same score for every criterion."""
    return dict.fromkeys(CRITERIA.codes, value)


ROBIN = Contact(name="Robin", email="Robin@example.org", time_zone="Europe/London")


def robin() -> Person:
    """Somebody who belongs to Leeds, as made for their first application."""
    return Person.applying(None, "robin", site="leeds", contact=ROBIN)


def application(**changes: Any) -> Application:
    """A complete application."""
    values: dict[str, Any] = {
        "lived_experience": True,
        "consents": (Consent(code="data_processing", version="1", given=NOW),),
        "references": (
            Referee(name="A", email="a@example.org"),
            Referee(name="B", email="b@example.org"),
        ),
        "text": ApplicationText(statement="I have been there."),
    }
    return Application(**{**values, **changes})


def applied(**changes: Any) -> Candidate:
    """Somebody who has just applied."""
    return Candidate.apply(
        id="c1", person=robin(), site="leeds", programme="core", application=application(**changes), now=NOW
    )


def interviewing() -> Candidate:
    """Somebody with an interview ahead."""
    candidate = applied()
    candidate.schedule_interview(starts=NOW + timedelta(days=3), minutes=45, panel=PANEL, by="cora", now=NOW)
    return candidate


def ready() -> Candidate:
    """Somebody with every card in and every check cleared."""
    candidate = interviewing()
    for check in ("references", "background_check"):
        candidate.note_check(check, CheckResult.CLEARED, by="cora", now=NOW)
    for interviewer in PANEL:
        candidate.submit_scorecard(by=interviewer, scores=scores(), notes=None, criteria=CRITERIA, now=NOW)
    candidate.take_raised()
    return candidate
