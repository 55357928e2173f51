"""What a certifier gives back, and appeals against decisions about a certificate."""

from datetime import timedelta

import pytest

from services.training.domain.appeal import Appeal, Outcome
from services.training.domain.appealing import (
    appeal_against_return,
    appeal_against_standing,
    decide_on_return,
    decide_on_standing,
)
from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.domain.history import CertificateStatus
from shared.contracts.training import (
    AppealDeadline,
    AppealedDecision,
    CertificateDeadline,
    CertificationAppealDecided,
    CertificationAppealDue,
    CertificationExpired,
    CertificationReady,
    CertificationReturned,
    CertificationSuspended,
)
from shared.domain.errors import Conflict, Forbidden, Invalid, Refusal
from shared.domain.people import Actor
from tests.training.builders import CERTIFIER, CORE, MENTOR, granted, ready, text_of
from tests.training.domain.test_certificate import END, GRANTED, certifier
from tests.training.domain.test_history import later, suspended

CLOCKS = CORE.certification.clocks
OTHER = certifier("certifier-col")
ME = Actor(person=MENTOR)


def appealed(certificate: Certificate, *, days: float = 101) -> Appeal:
    return appeal_against_standing(
        certificate, words="Please look again.", by=ME, clocks=CLOCKS, now=later(days)
    )


def returned() -> Enrolment:
    enrolment = ready()
    enrolment.return_to_the_person(
        by=CERTIFIER, reason="The review is thin.", what_helps="Another one.", now=GRANTED
    )
    return enrolment


def test_giving_back() -> None:
    """What is given back leaves the certifiers' queue, with a reason and what would help, in no event."""
    enrolment = returned()

    assert enrolment.ready_since is None
    said = enrolment.raised[-1]
    assert isinstance(said, CertificationReturned)
    assert "thin" not in said.model_dump_json()
    assert text_of(enrolment.returns[-1].text).what_helps == "Another one."
    assert enrolment.timers["decision_due"] is None


def test_another_look() -> None:
    """Once the person asks for another look it is the certifiers' again, and a reminder is set anew."""
    enrolment = returned()

    enrolment.ask_for_another_look(programme=CORE, now=later(20))

    assert isinstance(enrolment.raised[-1], CertificationReady)
    assert enrolment.ready_since == later(20)
    assert granted(enrolment, now=later(21)).status(later(21)) is CertificateStatus.VALID
    with pytest.raises(Conflict) as refused:
        enrolment.ask_for_another_look(programme=CORE, now=later(22))
    assert refused.value.code == "not_returned"


@pytest.mark.parametrize(
    ("reason", "what_helps", "code"), [(" ", "x", "reason_missing"), ("x", " ", "reason_missing")]
)
def test_giving_back_says_why(reason: str, what_helps: str, code: str) -> None:
    """Nothing is given back without a reason and what would help."""
    with pytest.raises(Invalid) as refused:
        ready().return_to_the_person(by=CERTIFIER, reason=reason, what_helps=what_helps, now=GRANTED)

    assert refused.value.code == code


def test_nothing_to_give_back() -> None:
    """Only what waits for a decision is given back, and only what was given back is appealed."""
    enrolment = ready()
    granted(enrolment, now=GRANTED)

    with pytest.raises(Conflict) as none:
        enrolment.return_to_the_person(by=CERTIFIER, reason="r", what_helps="w", now=GRANTED)
    with pytest.raises(Conflict) as never:
        appeal_against_return(enrolment, words="w", by=ME, clocks=CLOCKS, now=GRANTED)

    assert (none.value.code, never.value.code) == ("nothing_to_decide", "nothing_to_appeal")


def test_an_appeal_that_is_upheld() -> None:
    """Upheld, a suspension was never so; what was known before stays on record."""
    certificate = suspended()
    appeal = appealed(certificate)

    decide_on_standing(
        appeal, certificate, Outcome.UPHELD, by=OTHER, reason="It was no breach.", now=later(110)
    )

    assert certificate.status(later(105)) is CertificateStatus.VALID
    assert certificate.history.status_on(later(105), known=later(109)) is CertificateStatus.SUSPENDED
    said = appeal.raised[-1]
    assert isinstance(said, CertificationAppealDecided)
    assert (said.upheld, said.against) == (True, AppealedDecision.SUSPENDED)


def test_an_appeal_that_is_dismissed() -> None:
    """Dismissed, the decision stands, and that is on record."""
    certificate = granted(now=GRANTED)
    certificate.revoke(by=CERTIFIER, reason="Forged.", now=later(100))
    appeal = appealed(certificate)

    decide_on_standing(appeal, certificate, Outcome.DISMISSED, by=OTHER, reason="It was.", now=later(110))

    assert certificate.status(later(111)) is CertificateStatus.REVOKED
    assert [entry.kind for entry in certificate.history.entries] == [
        "granted",
        "revoked",
        "appealed",
        "appeal_dismissed",
    ]


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (certifier(MENTOR), "certifier_is_the_person"),
        (certifier(site="hillside"), "certifier_needed"),
        (CERTIFIER, "appeal_own_decision"),
    ],
)
def test_who_decides_an_appeal(by: Actor, code: str) -> None:
    """Another certifier of the site decides: neither the person nor whose decision it was."""
    certificate = suspended()
    appeal = appealed(certificate)

    with pytest.raises(Forbidden) as refused:
        decide_on_standing(appeal, certificate, Outcome.UPHELD, by=by, reason="r", now=later(110))

    assert refused.value.code == code
    assert appeal.outcome is None


def test_appeals_have_their_time_and_words() -> None:
    """The person appeals in time, in words of their own, and nobody for them."""
    refusals: list[Refusal] = []
    for by, words, days in ((ME, "w", 131), (ME, " ", 101), (CERTIFIER, "w", 101)):
        with pytest.raises(Refusal) as refused:
            appeal_against_standing(suspended(), words=words, by=by, clocks=CLOCKS, now=later(days))
        refusals.append(refused.value)

    codes = [refusal.code for refusal in refusals]
    assert codes == ["appeal_too_late", "appeal_without_words", "appeal_not_own"]


def test_an_appeal_is_decided_once() -> None:
    """A second decision on an appeal is refused, and there is one appeal to a decision."""
    certificate = suspended()
    appeal = appealed(certificate)
    decide_on_standing(appeal, certificate, Outcome.DISMISSED, by=OTHER, reason="r", now=later(110))

    with pytest.raises(Conflict) as refused:
        decide_on_standing(appeal, certificate, Outcome.UPHELD, by=OTHER, reason="r", now=later(111))

    assert refused.value.code == "appeal_already_decided"
    assert appealed(certificate, days=112).id == appeal.id


def test_a_decision_that_was_undone_meanwhile() -> None:
    """An appeal against what was undone meanwhile can only be dismissed."""
    certificate = suspended()
    appeal = appealed(certificate)
    certificate.reinstate(by=CERTIFIER, reason="r", now=later(105))

    with pytest.raises(Conflict) as refused:
        decide_on_standing(appeal, certificate, Outcome.UPHELD, by=OTHER, reason="r", now=later(110))

    assert refused.value.code == "decision_undone_meanwhile"


def test_a_revocation_that_is_undone_leaves_a_suspension() -> None:
    """Upheld against a revocation, an appeal leaves the suspension before it, and those that ended, as they were."""
    certificate = suspended(days=20)
    certificate.reinstate(by=CERTIFIER, reason="r", now=later(30))
    certificate.suspend(by=CERTIFIER, reason="r", now=later(90))
    certificate.revoke(by=CERTIFIER, reason="r", now=later(100), effective_from=later(10))
    appeal = appealed(certificate)

    decide_on_standing(appeal, certificate, Outcome.UPHELD, by=OTHER, reason="r", now=later(110))

    statuses = [certificate.history.status_on(later(days)) for days in (15, 25, 40, 95, 111)]
    valid, held = CertificateStatus.VALID, CertificateStatus.SUSPENDED
    assert statuses == [valid, held, valid, held, held]
    assert certificate.history.status_on(later(40), known=later(109)) is CertificateStatus.REVOKED
    assert isinstance(certificate.raised[-1], CertificationSuspended)
    certificate.reinstate(by=OTHER, reason="r", now=later(112))
    assert certificate.status(later(113)) is valid


def test_a_revocation_that_is_undone_after_the_end() -> None:
    """What ran out while it was revoked is told to have expired once that is undone."""
    certificate = granted(now=GRANTED)
    certificate.revoke(by=CERTIFIER, reason="r", now=END - timedelta(days=5))
    appeal = appeal_against_standing(
        certificate, words="w", by=ME, clocks=CLOCKS, now=END - timedelta(days=4)
    )
    (end,) = (timer for name, timer in certificate.timers.items() if name.startswith("0_") and timer)
    assert isinstance(end.event, CertificateDeadline)
    certificate.meet_deadline(end.event, now=end.due)
    certificate.take_raised()

    at = END + timedelta(days=3)
    decide_on_standing(appeal, certificate, Outcome.UPHELD, by=OTHER, reason="r", now=at)

    again = certificate.timers["0_days_before_end"]
    assert again
    assert isinstance(again.event, CertificateDeadline)
    certificate.meet_deadline(again.event, now=at)
    assert isinstance(certificate.raised[-1], CertificationExpired)


def test_the_clock_of_an_appeal() -> None:
    """Certifiers are told when an appeal's time is near and over; after the decision nobody is."""
    certificate = suspended()
    appeal = appealed(certificate)
    timers = [timer for timer in appeal.timers.values() if timer]
    assert [timer.due - later(101) for timer in timers] == [timedelta(days=23), timedelta(days=30)]

    for timer in timers:
        assert isinstance(timer.event, AppealDeadline)
        appeal.meet_deadline(timer.event, now=timer.due)
    said = [event for event in appeal.raised if isinstance(event, CertificationAppealDue)]
    assert [event.days_left for event in said] == [7, 0]
    assert appeal.outcome is None

    decide_on_standing(appeal, certificate, Outcome.DISMISSED, by=OTHER, reason="r", now=later(140))
    appeal.meet_deadline(timers[-1].event, now=later(141))  # type: ignore[arg-type]
    assert isinstance(appeal.raised[-1], CertificationAppealDecided)


def test_an_appeal_against_giving_back() -> None:
    """Upheld, it goes back to the certifiers, and another one than before decides."""
    enrolment = returned()
    appeal = appeal_against_return(enrolment, words="It is complete.", by=ME, clocks=CLOCKS, now=later(1))

    decide_on_return(
        appeal, enrolment, Outcome.UPHELD, programme=CORE, by=OTHER, reason="It is.", now=later(2)
    )

    assert enrolment.ready_since == later(2)
    with pytest.raises(Forbidden) as refused:
        granted(enrolment, now=later(3))
    assert refused.value.code == "certifier_was_overruled"


def give_back(enrolment: Enrolment, *, by: Actor, days: float) -> None:
    enrolment.return_to_the_person(by=by, reason="r", what_helps="w", now=later(days))


def test_an_appeal_against_an_earlier_giving_back() -> None:
    """An appeal undoes what it is against: neither what another certifier gave back later, nor their say."""
    enrolment = returned()
    appeal = appeal_against_return(enrolment, words="w", by=ME, clocks=CLOCKS, now=later(1))
    enrolment.ask_for_another_look(programme=CORE, now=later(2))
    give_back(enrolment, by=OTHER, days=3)

    with pytest.raises(Conflict) as refused:
        decide_on_return(
            appeal, enrolment, Outcome.UPHELD, programme=CORE, by=OTHER, reason="r", now=later(4)
        )

    assert refused.value.code == "decision_undone_meanwhile"
    assert (enrolment.returned, enrolment.overruled) == (later(3), None)


def test_an_appeal_against_giving_back_what_was_granted_since() -> None:
    """Where the certificate is there, an appeal against giving it back keeps nobody from deciding what comes next."""
    enrolment = returned()
    appeal = appeal_against_return(enrolment, words="w", by=ME, clocks=CLOCKS, now=later(1))
    granted(enrolment, now=later(2))

    with pytest.raises(Conflict) as refused:
        decide_on_return(
            appeal, enrolment, Outcome.UPHELD, programme=CORE, by=OTHER, reason="r", now=later(3)
        )

    assert refused.value.code == "decision_undone_meanwhile"
    assert enrolment.overruled is None


def test_the_clock_of_an_appeal_after_an_outage() -> None:
    """A reminder that comes when the time is over says nothing: that it is over is told, and says it all."""
    appeal = appealed(suspended())
    events = [timer.event for timer in appeal.timers.values() if timer]

    for event in events:
        assert isinstance(event, AppealDeadline)
        appeal.meet_deadline(event, now=later(140))

    said = [event for event in appeal.raised if isinstance(event, CertificationAppealDue)]
    assert [event.days_left for event in said] == [0]
