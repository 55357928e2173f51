"""Checks that end, are renewed, and warn."""

from datetime import timedelta

import pytest

from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.checks import WARNED_BEFORE, Check, CheckKind, CheckResult
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import (
    CandidateChecked,
    CandidateCheckExpiring,
    CandidateScreened,
    CheckDeadline,
    ScreeningOutcome,
)
from tests.recruitment.builders import CORA, NOW, applied, decide, known, ready, refused

BACKGROUND = CheckKind.BACKGROUND_CHECK
END = NOW + timedelta(days=365)
TIMER = "check background_check"


def cleared(candidate: Candidate, **changes: object) -> None:
    values = {"by": CORA, "now": NOW, "expires": END, **changes}
    candidate.note_check(BACKGROUND, CheckResult.CLEARED, **values)  # type: ignore[arg-type]


def accepted() -> Candidate:
    candidate = ready()
    cleared(candidate)
    decide(candidate, ScreeningOutcome.ACCEPTED)
    candidate.take_raised()
    return candidate


def deadline(candidate: Candidate) -> CheckDeadline:
    timer = candidate.timers[TIMER]
    assert timer is not None
    assert isinstance(timer.event, CheckDeadline)
    return timer.event


def test_every_word_on_a_check_is_announced_in_codes() -> None:
    """Which check, how it stands, until when; who made it and under which number stays here."""
    candidate = applied()
    candidate.take_raised()
    cleared(candidate, provider_reference="DBS-1")
    (event,) = candidate.raised
    assert isinstance(event, CandidateChecked)
    assert (event.check, event.result, event.expires) == ("background_check", "cleared", END)
    assert "DBS-1" not in event.model_dump_json()
    (noted,) = candidate.checks
    assert (noted.recorded_by, noted.recorded, noted.provider_reference) == ("cora", NOW, "DBS-1")


def test_an_acceptance_says_until_when_checks_count() -> None:
    """Training is told the ends of what was cleared, and nothing of what has lapsed."""
    candidate = ready()
    cleared(candidate)
    decide(candidate, ScreeningOutcome.ACCEPTED)
    screened = candidate.raised[-1]
    assert isinstance(screened, CandidateScreened)
    assert [(one.check, one.expires) for one in screened.checks] == [
        ("background_check", END),
        ("references", None),
    ]


def test_coordinators_are_warned_thirty_days_before_a_check_ends() -> None:
    """Once for each clearance: the timer stands 30 days before its end, or at once where less is left."""
    candidate = applied()
    cleared(candidate)
    timer = candidate.timers[TIMER]
    assert timer is not None
    assert timer.due == END - WARNED_BEFORE
    soon = NOW + timedelta(days=3)
    cleared(candidate, expires=soon)
    timer = candidate.timers[TIMER]
    assert timer is not None
    assert timer.due == NOW


def test_a_check_is_renewed_after_the_acceptance() -> None:
    """Whoever is accepted has checks that end; the renewal takes the place of the old one, timer and all."""
    candidate = accepted()
    cleared(candidate, now=END - timedelta(days=9), expires=END + timedelta(days=365))
    assert candidate.stage is Stage.ACCEPTED
    assert deadline(candidate).expires == END + timedelta(days=365)
    assert candidate.checks_cleared(END) == ("background_check", "references")


def test_a_timer_of_a_check_that_was_renewed_or_taken_back_warns_nobody() -> None:
    """Late or twice, it changes nothing wrong; the one that fits warns, also where the end is over already."""
    candidate = accepted()
    cleared(candidate)
    due = deadline(candidate)
    candidate.take_raised()
    candidate.warn_of_check(due)
    (warning,) = candidate.take_raised()[0]
    assert isinstance(warning, CandidateCheckExpiring)
    assert (warning.check, warning.expires) == ("background_check", END)
    cleared(candidate, expires=END + timedelta(days=1))
    candidate.take_raised()
    candidate.warn_of_check(due)
    candidate.note_check(BACKGROUND, CheckResult.NEEDS_DECISION, by=CORA, now=NOW)
    assert candidate.timers == {TIMER: None}
    candidate.take_raised()
    candidate.warn_of_check(due)
    assert candidate.raised == ()


def test_nobody_is_warned_about_an_application_that_is_over() -> None:
    """Once it was taken back or declined a check that ends concerns nobody."""
    candidate = applied()
    cleared(candidate)
    due = deadline(candidate)
    candidate.withdraw(by=known("robin"), reason=None, terms=None, now=NOW)
    candidate.take_raised()
    candidate.warn_of_check(due)
    assert candidate.raised == ()


def test_what_is_over_is_neither_noted_as_cleared_nor_noted_at_all() -> None:
    """A clearance has its end ahead, and a closed application takes no checks but an acceptance."""
    refused("check_expired_already", lambda: cleared(applied(), expires=NOW))
    closed = applied()
    closed.withdraw(by=known("robin"), reason=None, terms=None, now=NOW)
    refused("application_closed", lambda: cleared(closed))
    gone = accepted()
    gone.erase(by=known("robin"), terms=None, now=NOW)
    refused("person_erased", lambda: cleared(gone))


@pytest.mark.parametrize("reference", ["", "Robin was kind", "x" * 65, "a\nb"])
def test_a_providers_number_has_no_room_for_words(reference: str) -> None:
    """It is a code under which somebody else knows the check."""
    with pytest.raises(ValueError, match="provider_reference"):
        Check(
            check=BACKGROUND,
            result=CheckResult.RECEIVED,
            provider_reference=reference,
            recorded_by="cora",
            recorded=NOW,
        )
