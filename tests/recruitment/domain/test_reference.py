"""The rules of references: who may ask, one use, an end, and what each is told."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from services.recruitment.domain.application import Referee
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.checks import CheckKind, CheckResult
from services.recruitment.domain.reference import (
    OPEN_FOR,
    Link,
    Reference,
    ReferenceAnswer,
    ReferenceState,
    token_hash,
)
from services.recruitment.settings import read_reference_form
from shared.contracts.people import InvitationEnded, PersonInvited
from shared.contracts.recruitment import ReferenceDeadline, ReferenceEnd, ReferenceMissed, ReferenceReceived
from tests.recruitment.builders import CONSENTS, CORA, NOW, ROBIN, applied, known, refused

FORM = read_reference_form()
REFEREE = Referee(name="A. Friend", email="friend@example.org")
TOKEN = "t" * 43
LINK = Link(token=TOKEN, url=f"https://r.example/v1/references/{TOKEN}")


def agreed() -> Candidate:
    candidate = applied()
    candidate.agree_to("contact_referees", "1", consents=CONSENTS, now=NOW)
    candidate.take_raised()
    return candidate


def asked(now: datetime = NOW, *, known: Reference | None = None, link: Link = LINK) -> Reference:
    reference = known or Reference.of(agreed(), 1)
    reference.ask(REFEREE, link, contact=ROBIN, by="cora", now=now)
    return reference


def said(**changes: Any) -> ReferenceAnswer:
    values = {
        "known_as": "friend",
        "known_for": "over_three_years",
        "scores": dict.fromkeys(FORM.criteria, 4),
        "recommends": "yes",
        "given": NOW,
    }
    return ReferenceAnswer(**{**values, **changes})


def deadline(reference: Reference) -> ReferenceDeadline:
    timer = reference.timers["expiry"]
    assert timer is not None
    assert isinstance(timer.event, ReferenceDeadline)
    assert timer.due == timer.event.expires
    return timer.event


def test_a_referee_is_written_to_with_a_link_of_their_own() -> None:
    """Who asks, for whom, until when, and when to write again; what is kept of the token is its digest."""
    reference = asked()
    (invited,) = reference.raised
    assert isinstance(invited, PersonInvited)
    assert (invited.person, invited.email, invited.asked_by) == (reference.id, "friend@example.org", "Robin")
    assert (invited.link, invited.expires) == (LINK.url, NOW + OPEN_FOR)
    assert invited.reminders == (NOW + timedelta(days=7), NOW + timedelta(days=14))
    assert reference.token_hash == token_hash(TOKEN)
    assert TOKEN not in str(reference.document())
    assert deadline(reference).expires == NOW + OPEN_FOR


def test_a_link_that_is_sent_again_kills_the_one_before() -> None:
    """The token, its end and its timer are new; the old timer ends nothing."""
    reference = asked()
    first = deadline(reference)
    later = NOW + timedelta(days=5)
    asked(later, known=reference, link=Link(token="u" * 43, url="https://r.example/u"))
    assert reference.token_hash == token_hash("u" * 43)
    reference.take_raised()
    reference.expire(first)
    assert (reference.state, reference.raised) == (ReferenceState.REQUESTED, ())


def test_an_answer_ends_the_link_and_says_that_it_came() -> None:
    """The invitation ends, codes are announced, and a second answer is refused."""
    reference = asked()
    reference.take_raised()
    reference.receive(said(), form=FORM, all_in=False)
    ended, received = reference.raised
    assert isinstance(ended, InvitationEnded)
    assert isinstance(received, ReferenceReceived)
    assert (ended.person, received.person, received.all_in) == (reference.id, "robin", False)
    assert (reference.token_hash, reference.timers["expiry"]) == (None, None)
    assert not reference.may_be_answered(NOW)
    refused("reference_received", lambda: reference.receive(said(), form=FORM, all_in=False))
    refused("reference_received", lambda: asked(known=reference))


def test_a_link_ends_by_itself_after_three_weeks() -> None:
    """From its very end on it works no longer, and the coordinators are told once, whenever the timer comes."""
    reference = asked()
    due = deadline(reference)
    assert reference.may_be_answered(due.expires - timedelta(milliseconds=1))
    assert not reference.may_be_answered(due.expires)
    reference.take_raised()
    for _ in range(2):
        reference.expire(due)
    ended, missed = reference.raised
    assert isinstance(ended, InvitationEnded)
    assert isinstance(missed, ReferenceMissed)
    assert (missed.reason, reference.state) == (ReferenceEnd.EXPIRED, ReferenceState.EXPIRED)
    assert asked(known=reference).may_be_answered(NOW)


def test_a_referee_may_rather_not_and_a_coordinator_take_the_question_back() -> None:
    """Both end the link; taking back what nobody can answer changes nothing."""
    reluctant, withdrawn = asked(), asked()
    reluctant.decline()
    assert isinstance(reluctant.raised[-1], ReferenceMissed)
    withdrawn.withdraw()
    withdrawn.take_raised()
    withdrawn.withdraw()
    assert (withdrawn.raised, withdrawn.state) == ((), ReferenceState.WITHDRAWN)


def test_what_is_noted_on_the_phone_needs_no_link() -> None:
    """Without a letter there is no invitation to end."""
    reference = Reference.of(agreed(), 1)
    reference.receive(said(taken_by="cora"), form=FORM, all_in=True)
    (received,) = reference.raised
    assert isinstance(received, ReferenceReceived)
    assert received.all_in


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"known_as": "enemy"}, "answer_unknown"),
        ({"known_for": "ever"}, "answer_unknown"),
        ({"recommends": "perhaps"}, "answer_unknown"),
        ({"scores": {}}, "criteria_incomplete"),
        ({"scores": {**dict.fromkeys(FORM.criteria, 4), "charm": 5}}, "criteria_incomplete"),
        ({"scores": dict.fromkeys(FORM.criteria, 6)}, "score_out_of_range"),
    ],
)
def test_answers_are_to_what_was_asked(change: dict[str, Any], code: str) -> None:
    """Unknown codes, missing criteria and other scales are refused by name; "can't say" is an answer."""
    refused(code, lambda: asked().receive(said(**change), form=FORM, all_in=False))
    asked().receive(said(scores=dict.fromkeys(FORM.criteria)), form=FORM, all_in=False)


def test_nobody_writes_to_referees_before_the_applicant_agrees() -> None:
    """Nor once it was taken back, nor about oneself, nor to somebody who asks themself, nor once it is over."""
    refused("referees_not_to_be_contacted", lambda: applied().referee_for(CORA, 1))
    candidate = agreed()
    assert candidate.referee_for(CORA, 2).email == "b@example.org"
    refused("referee_unknown", lambda: candidate.referee_for(CORA, 3))
    refused("own_application", lambda: candidate.referee_for(known("robin"), 1))
    refused("own_reference", lambda: candidate.referee_for(known("cora", email_key="b+x@example.org"), 2))
    candidate.withdraw(by=known("robin"), reason=None, terms=None, now=NOW)
    refused("application_closed", lambda: candidate.referee_for(CORA, 1))


def test_references_that_are_in_wait_for_a_coordinator() -> None:
    """Asked for, the check is requested; all in, it is received; clearing it is for a human, and stays theirs."""
    candidate = agreed()
    candidate.references_asked(by="cora", now=NOW)
    assert [one.result for one in candidate.checks] == [CheckResult.REQUESTED]
    assert [candidate.reference_came(number, by="reference", now=NOW) for number in (2, 2, 1)] == [
        False,
        False,
        True,
    ]
    assert [one.result for one in candidate.checks] == [CheckResult.RECEIVED]
    for result in (CheckResult.CLEARED, CheckResult.NEEDS_DECISION):
        candidate.note_check(CheckKind.REFERENCES, result, by=CORA, now=NOW)
        candidate.reference_came(1, by="reference", now=NOW)
        candidate.references_asked(by="cora", now=NOW)
        assert [one.result for one in candidate.checks] == [result]
