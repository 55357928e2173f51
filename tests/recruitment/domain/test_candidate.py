"""The rules of a candidate up to a decision, each in a sentence."""

from datetime import timedelta
from typing import Any

import pytest

from services.recruitment.domain.application import ApplicationText, Referee
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.checks import CheckKind, CheckResult
from services.recruitment.domain.decision import Withdrawal, WithdrawalText
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import (
    CandidateApplied,
    CandidateScreened,
    CandidateWithdrawn,
    ScreeningOutcome,
)
from shared.domain.sealed import Sealed
from tests.recruitment.builders import (
    CORA,
    CRITERIA,
    IAN,
    IVY,
    NOW,
    applied,
    clear_checks,
    decide,
    interviewing,
    known,
    ready,
    refused,
    schedule,
    score,
    scored,
    withdraw,
)

ACCEPTED, WAITING = ScreeningOutcome.ACCEPTED, ScreeningOutcome.WAITING
DEFERRED, DECLINED = ScreeningOutcome.DEFERRED, ScreeningOutcome.DECLINED
LATER = NOW + timedelta(days=90)
ME = known("robin")


def defer(candidate: Candidate, **changes: Any) -> None:
    values = {"deferred_until": LATER, "support_contacts": ("Line 1",)}
    decide(candidate, DEFERRED, **{**values, **changes})


def test_applying_is_announced_without_contact_data() -> None:
    """Name and address go to the contacts topic alone."""
    (announced,) = applied().raised
    assert isinstance(announced, CandidateApplied)
    assert (announced.person, announced.candidate, announced.site) == ("robin", "c1", "leeds")
    assert "example.org" not in announced.model_dump_json()


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"lived_experience": False}, "lived_experience_not_attested"),
        ({"consents": ()}, "consent_missing"),
        ({"references": (Referee(name="A", email="a@example.org"),)}, "references_incomplete"),
        ({"references": (Referee(name="A", email="a@example.org"),) * 2}, "references_incomplete"),
        (
            {
                "references": (
                    Referee(name="Me", email="robin@Example.org"),
                    Referee(name="B", email="b@example.org"),
                )
            },
            "references_incomplete",
        ),
        ({"text": Sealed.of(ApplicationText(statement="word " * 251))}, "statement_too_long"),
    ],
)
def test_an_incomplete_application_is_refused_by_name(change: dict[str, object], code: str) -> None:
    """What an application lacks is said, with what to do."""
    refused(code, lambda: applied(**change))


def test_a_statement_of_the_full_length_is_taken() -> None:
    """250 words are within the limit."""
    assert applied(text=Sealed.of(ApplicationText(statement="word " * 250))).stage is Stage.APPLIED


@pytest.mark.parametrize("result", CheckResult)
def test_only_a_cleared_check_counts(result: CheckResult) -> None:
    """A check that was requested, received or needs a decision keeps a candidate from being accepted."""
    candidate = ready()
    candidate.note_check(CheckKind.REFERENCES, result, by=CORA, now=NOW)
    missing = candidate.missing_for_acceptance(ProgrammeOffer(), NOW)
    if result is CheckResult.CLEARED:
        assert missing == ()
        assert candidate.checks_cleared(NOW) == ("background_check", "references")
    else:
        assert missing == (f"The check references is not cleared but {result}; note its result.",)
        assert candidate.checks_cleared(NOW) == ("background_check",)


def test_a_cleared_check_that_has_expired_says_so() -> None:
    """A clearance counts until its very end, and afterwards the sentence says when that was."""
    candidate, end = ready(), NOW + timedelta(days=1)
    check, cleared = CheckKind.BACKGROUND_CHECK, CheckResult.CLEARED
    candidate.note_check(check, cleared, by=CORA, now=NOW, expires=end)
    assert candidate.checks_cleared(end - timedelta(milliseconds=1)) == ("background_check", "references")
    assert candidate.checks_cleared(end) == ("references",)
    (sentence,) = candidate.missing_for_acceptance(ProgrammeOffer(), end)
    assert sentence == "The check background_check was cleared until 2026-03-03 09:00 UTC; have it renewed."


def test_acceptance_needs_checks_and_cards_and_says_which() -> None:
    """Accepting too early is refused with every missing thing in a sentence."""
    refusal = refused("not_ready_to_accept", lambda: decide(interviewing(), ACCEPTED))
    assert "The check background_check was not begun" in refusal.message
    assert "0 of 2 scorecards" in refusal.message
    assert "no interview" in refused("not_ready_to_accept", lambda: decide(applied(), ACCEPTED)).message


def test_a_named_coordinator_accepts_with_a_reason() -> None:
    """The decision keeps who and why; the event carries codes only."""
    candidate = ready()
    decide(candidate, ACCEPTED, reason="warm and steady")
    (event,) = candidate.raised
    assert isinstance(event, CandidateScreened)
    assert (event.outcome, event.decided_by, event.deferred_until) == (ACCEPTED, "cora", None)
    assert "warm" not in event.model_dump_json()
    assert set(event.criteria_met) == CRITERIA.codes
    assert event.checks_cleared == ("background_check", "references")
    assert (candidate.stage, candidate.holds_place) == (Stage.ACCEPTED, True)


@pytest.mark.parametrize(("scores", "met"), [((2, 4), True), ((2, 3), False), ((5, 1), True)])
def test_a_criterion_is_met_at_the_middle_anchor(scores: tuple[int, int], met: bool) -> None:
    """A mean of exactly 3 is met, one below it is not."""
    assert set(scored(*scores).criteria_met()) == (CRITERIA.codes if met else set())


@pytest.mark.parametrize("by", [known("robin"), known("cora", email_key="robin@example.org")])
def test_nobody_handles_their_own_application(by: KnownActor) -> None:
    """Neither under the id they applied with, nor where only the address they are known by tells."""
    refused("own_application", lambda: decide(ready(), WAITING, by=by))
    refused("own_application", lambda: schedule(applied(), by=by))
    refused("panel_has_candidate", lambda: schedule(applied(), panel=(IVY, by)))
    refused(
        "own_application",
        lambda: ready().note_check(CheckKind.REFERENCES, CheckResult.CLEARED, by=by, now=NOW),
    )
    refused("own_application", lambda: score(interviewing(), by))
    refused("own_application", lambda: scored().cards_for(by))


def test_somebody_known_by_no_address_is_somebody_else() -> None:
    """Not being entered as staff is no reason to be taken for the applicant."""
    assert not applied().is_about(CORA)


@pytest.mark.parametrize("reason", ["", " "])
def test_a_decision_has_a_reason(reason: str) -> None:
    """Blanks are no reason."""
    refused("reason_missing", lambda: decide(ready(), WAITING, reason=reason))


def test_deferring_needs_a_date_ahead_and_support() -> None:
    """A deferral until nothing, until now or until earlier, or without anybody to turn to, is refused."""
    for until in (None, NOW, NOW - timedelta(days=1)):
        refused("deferral_without_date", lambda until=until: defer(applied(), deferred_until=until))  # type: ignore[misc]
    for contacts in ((), (" ",)):
        refused(
            "deferral_without_support",
            lambda contacts=contacts: defer(applied(), support_contacts=contacts),  # type: ignore[misc]
        )


def test_a_deferral_is_kept_and_announced() -> None:
    """The date is announced, whom to turn to stays here, and the application stays open."""
    candidate = scored()
    defer(candidate)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateScreened)
    assert (event.outcome, event.deferred_until, event.checks_cleared) == (DEFERRED, LATER, ())
    assert (event.site, event.person, event.candidate) == ("leeds", "robin", "c1")
    assert "Line 1" not in event.model_dump_json()
    decision = candidate.decisions[-1]
    text = decision.text.read()
    assert text is not None
    assert (decision.deferred_until, text.support_contacts) == (LATER, ("Line 1",))
    assert (candidate.stage, candidate.holds_place) == (Stage.DEFERRED, True)


@pytest.mark.parametrize("outcome", [ACCEPTED, WAITING, DECLINED])
@pytest.mark.parametrize("details", [{"deferred_until": LATER}, {"support_contacts": ("Line 1",)}])
def test_only_a_deferral_has_a_date_and_support(outcome: ScreeningOutcome, details: dict[str, Any]) -> None:
    """With any other outcome they are refused rather than kept or announced."""
    refused("no_deferral", lambda: decide(ready(), outcome, **details))


def test_who_waits_can_be_accepted() -> None:
    """Waiting keeps the application open, and each decision is kept."""
    candidate = ready()
    decide(candidate, WAITING)
    assert (candidate.stage, candidate.holds_place) == (Stage.WAITING, True)
    decide(candidate, ACCEPTED)
    assert [one.outcome for one in candidate.decisions] == [WAITING, ACCEPTED]


def test_what_was_decided_is_not_undone_by_the_interview() -> None:
    """Cards and rounds that come while somebody waits or is deferred leave the stage as it is."""
    waits = interviewing()
    score(waits, IVY)
    decide(waits, WAITING)
    score(waits, IAN)
    assert waits.stage is Stage.WAITING
    deferred = applied()
    defer(deferred)
    schedule(deferred)
    for interviewer in (IVY, IAN):
        score(deferred, interviewer)
    assert deferred.stage is Stage.DEFERRED


def test_who_was_deferred_can_be_accepted() -> None:
    """With what was missing in, a later decision ends the deferral."""
    candidate = scored()
    defer(candidate)
    clear_checks(candidate)
    decide(candidate, ACCEPTED)
    assert candidate.stage is Stage.ACCEPTED


def test_a_closed_application_stays_closed() -> None:
    """After an acceptance, a decline or a withdrawal nothing more happens to it, and the message says why."""
    accepted, declined, withdrawn = ready(), applied(), applied()
    decide(accepted, ACCEPTED)
    decide(declined, DECLINED)
    withdraw(withdrawn)
    for closed, words in ((accepted, "accepted"), (declined, "declined"), (withdrawn, "taken back")):
        refusal = refused("application_closed", lambda one=closed: schedule(one))  # type: ignore[misc]
        assert words in refusal.message
        assert ("apply again" in refusal.message) == (closed is not accepted)
        assert closed.holds_place == (closed is accepted)
        refused("application_closed", lambda one=closed: withdraw(one))  # type: ignore[misc]


def test_a_place_is_refused_with_its_reason() -> None:
    """Whoever is accepted hears so, whoever has applied hears that."""
    accepted = ready()
    decide(accepted, ACCEPTED)
    refused("candidate_already_accepted", accepted.leave_no_room)
    refused("candidate_already_applied", applied().leave_no_room)


@pytest.mark.parametrize(("by", "reason"), [(ME, None), (CORA, "Robin rang to say so.")])
def test_withdrawing_keeps_and_announces_who_did_it(by: KnownActor, reason: str | None) -> None:
    """The person needs no reason, a coordinator on their behalf has one; the event carries the id alone."""
    candidate, later = applied(), NOW + timedelta(days=2)
    withdraw(candidate, by=by, reason=reason, now=later)
    text = Sealed.of(WithdrawalText(reason=reason)) if reason else None
    assert candidate.withdrawal == Withdrawal(by=by.person, at=later, text=text)
    event = candidate.raised[-1]
    assert isinstance(event, CandidateWithdrawn)
    assert (event.by, event.candidate) == (by.person, "c1")
    assert "rang" not in event.model_dump_json()
    assert (candidate.stage, candidate.holds_place) == (Stage.WITHDRAWN, False)


@pytest.mark.parametrize("reason", [None, "", "  "])
def test_nobody_withdraws_for_somebody_without_a_reason(reason: str | None) -> None:
    """A coordinator who says nothing of why is refused, and the application stays."""
    candidate = applied()
    refused("withdrawal_needs_reason", lambda: withdraw(candidate, by=CORA, reason=reason))
    assert candidate.stage is Stage.APPLIED


def test_a_stored_candidate_is_rebuilt_as_it_was() -> None:
    """What storage gives back is the same candidate."""
    candidate = ready()
    assert Candidate.rebuild(candidate.document()).document() == candidate.document()
