"""Candidates at the stages the tests speak of."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest

from services.recruitment.domain.application import Application, ApplicationText, Referee
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.checks import CheckKind, CheckResult
from services.recruitment.domain.consents import Consent
from services.recruitment.domain.intake import Intake
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import Contact, KnownActor, Person
from services.recruitment.domain.terms import Terms
from services.recruitment.settings import read_consents, read_criteria
from shared.contracts.recruitment import ScreeningOutcome
from shared.domain.aggregate import Value
from shared.domain.errors import Refusal
from shared.domain.people import Grant, Role
from shared.domain.sealed import Sealed

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
CRITERIA = read_criteria()
CONSENTS = read_consents()


def scores(value: int = 4) -> dict[str, int]:
    """The same score for every criterion."""
    return dict.fromkeys(CRITERIA.codes, value)


ROBIN = Contact(name="Robin", email="Robin@example.org", time_zone="Europe/London")


def refused(code: str, act: Callable[[], object]) -> Refusal:
    """The refusal, which has this code."""
    with pytest.raises(Refusal) as refusal:
        act()
    assert refusal.value.code == code
    return refusal.value


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
        "text": Sealed.of(ApplicationText(statement="I have been there.")),
    }
    return Application(**{**values, **changes})


def known(person: str, *roles: Role, site: str = "leeds", email_key: str | None = None) -> KnownActor:
    """Somebody with roles at a site, and the address they are known by, if any."""
    grants = frozenset(Grant(role=role, site=site) for role in roles)
    return KnownActor(person=person, grants=grants, email_key=email_key)


CORA = known("cora", Role.COORDINATOR)
IVY, IAN = known("ivy", Role.INTERVIEWER), known("ian", Role.INTERVIEWER)
PANEL = (IVY, IAN)


def applied(**changes: Any) -> Candidate:
    """Somebody who has just applied."""
    return Candidate.apply(
        id="c1",
        person=robin(),
        site="leeds",
        programme="core",
        application=application(**changes),
        anonymous=False,
        consents=CONSENTS,
        now=NOW,
    )


def schedule(candidate: Candidate, **changes: Any) -> None:
    """Set an interview that begins now."""
    values = {"starts": NOW, "minutes": 45, "panel": PANEL, "criteria": CRITERIA, "by": CORA, "now": NOW}
    candidate.schedule_interview(**{**values, **changes})


def score(candidate: Candidate, by: KnownActor, value: int = 4, **changes: Any) -> None:
    """Hand in a card with the same score for every criterion."""
    values = {"scores": scores(value), "notes": None, "now": NOW}
    candidate.submit_scorecard(by=by, **{**values, **changes})


def interviewing() -> Candidate:
    """Somebody whose interview has just begun."""
    candidate = applied()
    schedule(candidate)
    return candidate


def scored(*values: int) -> Candidate:
    """Somebody with every card in, each with the same score for all criteria; 4 where nothing is said."""
    candidate = interviewing()
    for interviewer, value in zip(PANEL, values or (4, 4), strict=True):
        score(candidate, interviewer, value)
    return candidate


def clear_checks(candidate: Candidate) -> None:
    """Every check is cleared."""
    for check in CheckKind:
        candidate.note_check(check, CheckResult.CLEARED, by=CORA, now=NOW)


def ready() -> Candidate:
    """Somebody with every card in and every check cleared."""
    candidate = scored()
    clear_checks(candidate)
    candidate.take_raised()
    return candidate


def terms(*, intake: Intake | None = None, support: tuple[str, ...] = (), **offer: Any) -> Terms:
    """What a decision rests on; where nothing is said, a site without limits that nobody was accepted at."""
    return Terms(
        offer=ProgrammeOffer(**offer), intake=intake or Intake.begin("leeds", "core"), support=support
    )


def decide(candidate: Candidate, outcome: ScreeningOutcome, **changes: Any) -> None:
    """A coordinator decides, at a site without limits."""
    values = {"terms": terms(), "by": CORA, "reason": "as we discussed", "now": NOW}
    candidate.decide(outcome, **{**values, **changes})


def withdraw(candidate: Candidate, **changes: Any) -> None:
    """The person takes the application back, without having waited for a place."""
    values = {"by": known("robin"), "reason": None, "terms": None, "now": NOW}
    candidate.withdraw(**{**values, **changes})


T = TypeVar("T", bound=Value)


def said(sealed: Sealed[T]) -> T:
    """What somebody wrote, which is there."""
    text = sealed.read()
    assert text is not None
    return text
