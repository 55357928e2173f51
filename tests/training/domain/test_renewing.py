"""The next period of a certificate: what it needs, when it can be decided, and what follows."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest

from services.training.domain.certificate import Certificate
from services.training.domain.certification import ExtensionRule, ProvisionalRule
from services.training.domain.education import EducationDraft
from services.training.domain.enrolment import Enrolment
from services.training.domain.evidence import ClearedCheck
from services.training.domain.figures import Count
from services.training.domain.history import CertificateStatus, EntryKind
from services.training.domain.programme import Programme
from services.training.domain.renewing import extend, renew
from shared.contracts.recruitment import CandidateChecked
from shared.contracts.training import (
    CertificationDecisionOverdue,
    CertificationExtended,
    CertificationReady,
    CertificationRenewalReady,
    CertificationRenewed,
    DecisionDeadline,
)
from shared.domain.errors import Conflict, Forbidden, Refusal
from shared.domain.people import Actor
from tests.training.builders import (
    CERTIFIER,
    CORE,
    MENTOR,
    NAME,
    PROGRAMMES,
    TOKEN,
    TRAINER,
    granted,
    new,
    opened,
    practise,
    ready,
)
from tests.training.domain.test_certificate import END, GRANTED, certifier


def certified(*, programme: Programme = CORE) -> tuple[Certificate, Enrolment]:
    enrolment = ready()
    return granted(enrolment, now=GRANTED, programme=programme), enrolment


def learn(
    enrolment: Enrolment, hours: float, bucket: str, *, at: datetime, programme: Programme = CORE, **more: str
) -> str:
    """A course that ended and was approved on one day."""
    id = new("course")
    draft = EducationDraft(
        title="A course", provider="county", day=at.date(), hours=hours, bucket=bucket, **more
    )
    enrolment.submit_education(draft, id=id, now=at)
    enrolment.approve_education(id, by=TRAINER, programme=programme, now=at)
    return id


def prepare(enrolment: Enrolment, *, at: datetime, programme: Programme = CORE) -> None:
    """Everything that the programme's renewal asks for, done at one time."""
    rule = programme.certification.renewal
    clear_again(enrolment, at=at, programme=programme)
    for bucket in rule.buckets:
        learn(enrolment, bucket.least or 1, bucket.bucket, at=at, programme=programme)
    rest = rule.hours.value - sum(bucket.least for bucket in rule.buckets)
    if rest > 0:
        learn(enrolment, rest, "other", at=at, programme=programme)
    for statement in programme.certification.attestations:
        if statement.code in rule.attestations:
            enrolment.attest(
                statement.code, statement.version, by=enrolment.person, programme=programme, now=at
            )


def clear_again(enrolment: Enrolment, *, at: datetime, programme: Programme = CORE) -> None:
    """Recruitment cleared every check anew that the renewal asks for."""
    codes = programme.certification.renewal.checks
    others = tuple(one for one in enrolment.evidence.checks if one.code not in codes)
    again = tuple(ClearedCheck(code=code, candidate="candidate-1", cleared=at) for code in codes)
    enrolment.evidence = enrolment.evidence.model_copy(update={"checks": (*others, *again)})


def decide(
    certificate: Certificate,
    enrolment: Enrolment,
    *,
    at: datetime,
    by: Actor = CERTIFIER,
    programme: Programme = CORE,
) -> None:
    renew(certificate, enrolment, programme=programme, by=by, reason="All there.", now=at)


def before(end: datetime, *, days: float) -> datetime:
    return end - timedelta(days=days)


def test_what_a_renewal_needs() -> None:
    """Hours in all and of a kind, the statement signed again, the check cleared again: each in a sentence."""
    _, enrolment = certified()
    learn(enrolment, 18, "other", at=GRANTED + timedelta(days=30))
    learn(enrolment, 2, "ethics", at=GRANTED + timedelta(days=31))

    sentences = {
        one.code: one.sentence
        for one in enrolment.next_readiness(CORE, now=GRANTED + timedelta(days=60)).requirements
    }

    assert sentences == {
        "renewal.hours": "20 of 20 hours of continuing education approved and counted.",
        "renewal.hours.ethics": "2 of at least 3 hours in ethics approved.",
        "renewal.attestation.code_of_ethics": "Code of ethics for peer mentors is to be signed again.",
        "renewal.check.background_check": "Background check: to be cleared again; your site sees to it.",
    }
    assert [one.code for one in enrolment.next_readiness(CORE, now=GRANTED + timedelta(days=60)).unmet] == [
        "renewal.hours.ethics",
        "renewal.attestation.code_of_ethics",
        "renewal.check.background_check",
    ]


def test_a_renewal() -> None:
    """A renewal begins where the period ends, and changes nothing that was before."""
    certificate, enrolment = certified()
    former = certificate.history.entries
    at = before(END, days=60)
    prepare(enrolment, at=at)

    decide(certificate, enrolment, at=at)

    assert certificate.history.entries[: len(former)] == former
    said = certificate.raised[-1]
    assert isinstance(said, CertificationRenewed)
    assert (said.valid_from, said.valid_until) == (END, datetime(2030, 5, 11, tzinfo=UTC))
    assert certificate.status(END) is CertificateStatus.VALID
    timer = certificate.timers["0_days_before_end"]
    assert timer
    assert timer.due == said.valid_until


def test_it_is_told_once_everything_is_there_and_the_time_has_come() -> None:
    """What is complete early is told when the next period can be decided, and once."""
    _, enrolment = certified()
    prepare(enrolment, at=before(END, days=300))
    assert CertificationRenewalReady not in {type(event) for event in enrolment.raised}
    timer = enrolment.timers["renewal_opens"]
    assert timer
    assert isinstance(timer.event, DecisionDeadline)
    assert timer.due == before(END, days=90)

    for _ in range(2):
        enrolment.meet_decision_deadline(timer.event, programme=CORE, now=timer.due - timedelta(seconds=1))

    assert [type(event) for event in enrolment.raised].count(CertificationRenewalReady) == 1


@pytest.mark.parametrize(
    ("days_before", "code"), [(91, "renewal_not_open"), (-90, "renewal_too_late"), (60, "renewal_not_ready")]
)
def test_not_before_not_after_not_without(days_before: float, code: str) -> None:
    """A renewal is decided in its time, and once everything is there; the refusal says when and what."""
    certificate, enrolment = certified()

    with pytest.raises(Conflict) as refused:
        decide(certificate, enrolment, at=before(END, days=days_before))

    assert refused.value.code == code


def test_late() -> None:
    """Decided late, the next period begins on the day of the decision: the gap stays a gap."""
    certificate, enrolment = certified()
    at = END + timedelta(days=40, hours=9)
    prepare(enrolment, at=at)

    decide(certificate, enrolment, at=at)

    assert certificate.status(END + timedelta(days=20)) is CertificateStatus.EXPIRED
    assert certificate.status(at) is CertificateStatus.VALID
    assert certificate.history.span.holds_from == datetime(2028, 6, 20, tzinfo=UTC)


def test_nothing_counts_twice_and_nothing_is_lost() -> None:
    """Hours of one renewal count for no other; what was learnt before a decision and approved later does."""
    certificate, enrolment = certified()
    at = before(END, days=60)
    late = new("course")
    draft = EducationDraft(title="t", provider="county", day=at.date(), hours=5, bucket="other")
    enrolment.submit_education(draft, id=late, now=at)
    prepare(enrolment, at=at)
    decide(certificate, enrolment, at=at)
    assert enrolment.next_readiness(CORE, now=GRANTED + timedelta(days=60)).requirements[0].have == 0

    enrolment.approve_education(late, by=TRAINER, programme=CORE, now=at + timedelta(days=1))

    assert enrolment.next_readiness(CORE, now=GRANTED + timedelta(days=60)).requirements[0].have == 5


def test_a_correction_of_what_has_counted() -> None:
    """A correction of hours that counted for a renewal does not make them count again."""
    certificate, enrolment = certified()
    at = before(END, days=60)
    prepare(enrolment, at=at)
    counted = enrolment.courses[0]
    decide(certificate, enrolment, at=at)

    learn(enrolment, 9, counted.bucket, at=at + timedelta(days=1), corrects=counted.id)

    assert enrolment.next_readiness(CORE, now=GRANTED + timedelta(days=60)).requirements[0].have == 0


def test_a_correction_of_a_correction_of_what_has_counted() -> None:
    """Hours that counted for a renewal count for no other, however often they are corrected."""
    certificate, enrolment = certified()
    at = before(END, days=60)
    prepare(enrolment, at=at)
    counted = enrolment.courses[0]
    decide(certificate, enrolment, at=at)

    first = learn(enrolment, 9, counted.bucket, at=at + timedelta(days=1), corrects=counted.id)
    learn(enrolment, 8, counted.bucket, at=at + timedelta(days=2), corrects=first)

    assert enrolment.next_readiness(CORE, now=GRANTED).requirements[0].have == 0


def begun(programme: Programme) -> tuple[Certificate, Enrolment]:
    """A first full period under a programme; what it takes to get there is its readiness, and no matter here."""
    enrolment = opened()
    about = enrolment.model_dump(include={"site", "person"}) | {"programme": programme.code}
    certificate = Certificate.granted(
        about={**about, "enrolment": enrolment.id, "name": NAME},
        programme_title=programme.title,
        rule=programme.certification,
        provisional=False,
        by=CERTIFIER.person,
        reason="Everything is there.",
        token=TOKEN,
        now=GRANTED,
    )
    rule = programme.certification
    enrolment.certify(certificate.id, certificate.history.span, provisional=False, rule=rule)
    return certificate, enrolment


@pytest.mark.parametrize("programme", PROGRAMMES.all_current(now=GRANTED), ids=lambda it: it.code)
def test_three_renewals(programme: Programme) -> None:
    """Through three renewals every period follows the one before, on the same day of the year."""
    certificate, enrolment = begun(programme)
    rule = programme.certification
    for _ in range(3):
        at = certificate.ends - timedelta(days=min(30, rule.renewal.opens_days.value))
        prepare(enrolment, at=at, programme=programme)
        decide(certificate, enrolment, at=at, programme=programme)

    spans = certificate.history.spans
    assert [span.kind for span in spans] == [EntryKind.GRANTED, *[EntryKind.RENEWED] * 3]
    for earlier, later in pairwise(spans):
        assert later.holds_from == earlier.holds_until
    assert {span.holds_from.day for span in spans} == {GRANTED.day}
    years = (rule.validity_months.value + 3 * rule.renewal.validity_months.value) / 12
    assert certificate.ends == GRANTED.replace(year=GRANTED.year + int(years), hour=0, minute=0)
    assert certificate.status(before(certificate.ends, days=1)) is CertificateStatus.VALID


def provisional() -> Programme:
    """The core programme with a provisional first certificate, which supervised work can follow."""
    six = Count(value=6, source="a test", confirmed=False)
    rule = ProvisionalRule(months=six, later=("supervised_hours", "performance_reviews"))
    extension = ExtensionRule(months=six, times=Count(value=1, source="a test", confirmed=False))
    changes = {"provisional": rule, "extension": extension}
    return CORE.model_copy(update={"certification": CORE.certification.model_copy(update=changes)})


def test_a_provisional_certificate() -> None:
    """It is granted before the work is done, and followed by a full one once that is."""
    programme = provisional()
    enrolment = ready(practice=False, programme=programme)
    assert CertificationReady in {type(event) for event in enrolment.raised}

    certificate = granted(enrolment, now=GRANTED, programme=programme)

    assert certificate.status(GRANTED) is CertificateStatus.PROVISIONAL
    assert certificate.ends == datetime(2026, 11, 11, tzinfo=UTC)
    with pytest.raises(Conflict) as refused:
        decide(certificate, enrolment, at=GRANTED + timedelta(days=10), programme=programme)
    assert refused.value.details["unmet"] == [
        "supervised_hours",
        "supervised_hours.peer_support",
        "performance_reviews",
    ]

    practise(enrolment, now=GRANTED + timedelta(days=90), programme=programme)
    decide(certificate, enrolment, at=GRANTED + timedelta(days=91), programme=programme)

    assert certificate.history.span.kind is EntryKind.GRANTED
    assert certificate.history.span.holds_from == datetime(2026, 11, 11, tzinfo=UTC)
    assert certificate.ends == datetime(2028, 11, 11, tzinfo=UTC)
    assert certificate.status(GRANTED + timedelta(days=100)) is CertificateStatus.PROVISIONAL


def test_an_extension() -> None:
    """A period is made longer as often as the programme says, and the next period can be decided later then."""
    programme = provisional()
    enrolment = ready(practice=False, programme=programme)
    certificate = granted(enrolment, now=GRANTED, programme=programme)
    at = GRANTED + timedelta(days=150)

    extend(certificate, enrolment, programme=programme, by=CERTIFIER, reason="More time.", now=at)

    assert certificate.ends == datetime(2027, 5, 11, tzinfo=UTC)
    assert certificate.status(datetime(2027, 1, 1, tzinfo=UTC)) is CertificateStatus.PROVISIONAL
    assert isinstance(certificate.raised[-1], CertificationExtended)
    assert enrolment.next_period
    assert enrolment.next_period.ends == certificate.ends
    with pytest.raises(Conflict) as refused:
        extend(certificate, enrolment, programme=programme, by=CERTIFIER, reason="More.", now=at)
    assert refused.value.code == "extensions_used_up"


def test_an_extended_provisional_certificate_stays_provisional() -> None:
    """What is told of its period does not hang on whether it was suspended on the day an extension began."""
    programme = provisional()
    enrolment = ready(practice=False, programme=programme)
    certificate = granted(enrolment, now=GRANTED, programme=programme)
    ended = certificate.ends
    extend(certificate, enrolment, programme=programme, by=CERTIFIER, reason="More time.", now=GRANTED)
    certificate.suspend(by=CERTIFIER, reason="r", now=before(ended, days=1))
    certificate.reinstate(by=CERTIFIER, reason="r", now=ended + timedelta(days=1))

    assert certificate.history.is_provisional
    assert certificate.status(ended + timedelta(days=2)) is CertificateStatus.PROVISIONAL


def test_an_extension_of_what_waited_for_its_renewal() -> None:
    """Made longer, a certificate waits for no decision until its next period opens again; then that is told anew."""
    certificate, enrolment = certified()
    at = before(END, days=60)
    prepare(enrolment, at=at)
    overdue = enrolment.timers["decision_due"]
    assert overdue

    extend(certificate, enrolment, programme=provisional(), by=CERTIFIER, reason="More time.", now=at)

    assert enrolment.next_period
    assert enrolment.next_period.ready_since is None
    assert enrolment.timers["decision_due"] is None
    opens = enrolment.timers["renewal_opens"]
    assert opens
    enrolment.take_raised()
    for timer in (overdue, opens):
        assert isinstance(timer.event, DecisionDeadline)
        enrolment.meet_decision_deadline(timer.event, programme=CORE, now=timer.due)
    assert [type(event) for event in enrolment.raised] == [CertificationRenewalReady]


def test_what_there_is_none_of() -> None:
    """Without a certificate there is no next period, and without a rule for it no extension."""
    certificate, enrolment = certified()
    rules = CORE.model_copy(
        update={"certification": CORE.certification.model_copy(update={"extension": None})}
    )
    with pytest.raises(Conflict) as none:
        opened().must_be_open_for_the_next_period(GRANTED)
    with pytest.raises(Conflict) as never:
        extend(certificate, enrolment, programme=rules, by=CERTIFIER, reason="r", now=GRANTED)

    assert (none.value.code, never.value.code) == ("not_certified", "extension_not_in_programme")


def test_what_is_not_renewed() -> None:
    """What is suspended or revoked is settled first."""
    certificate, enrolment = certified()
    at = before(END, days=60)
    prepare(enrolment, at=at)
    certificate.suspend(by=CERTIFIER, reason="r", now=at)

    with pytest.raises(Conflict) as refused:
        decide(certificate, enrolment, at=at)

    assert refused.value.code == "certificate_not_renewable"


def test_what_ran_out_while_suspended_is_not_renewed() -> None:
    """A suspension is settled first after the end as well: no next period begins that counts for nothing."""
    certificate, enrolment = certified()
    certificate.suspend(by=CERTIFIER, reason="r", now=before(END, days=60))
    at = END + timedelta(days=10)
    prepare(enrolment, at=at)

    with pytest.raises(Conflict) as refused:
        decide(certificate, enrolment, at=at)
    certificate.reinstate(by=CERTIFIER, reason="r", now=at)
    decide(certificate, enrolment, at=at + timedelta(hours=1))

    assert refused.value.code == "certificate_not_renewable"
    assert certificate.status(at + timedelta(hours=1)) is CertificateStatus.VALID


@pytest.mark.parametrize(
    ("by", "code"),
    [
        (certifier(MENTOR), "certifier_is_the_person"),
        (certifier(site="hillside"), "certifier_needed"),
        (certifier("supervisor-sam"), "certifier_is_the_supervisor"),
    ],
)
def test_who_renews(by: Actor, code: str) -> None:
    """A certifier of the site renews, neither about themself nor about somebody they supervise."""
    certificate, enrolment = certified()
    enrolment.supervisor = "supervisor-sam"
    at = before(END, days=60)
    prepare(enrolment, at=at)

    with pytest.raises(Refusal) as refused:
        decide(certificate, enrolment, at=at, by=by)

    assert isinstance(refused.value, Forbidden)
    assert refused.value.code == code


def test_a_decision_is_overdue() -> None:
    """Where nobody decides within the programme's days that is told, and nothing is decided by it."""
    enrolment = ready()
    timer = enrolment.timers["decision_due"]
    assert timer
    assert isinstance(timer.event, DecisionDeadline)

    enrolment.meet_decision_deadline(timer.event, programme=CORE, now=timer.due)

    assert isinstance(enrolment.raised[-1], CertificationDecisionOverdue)
    assert enrolment.certificate is None


def test_a_decision_in_time() -> None:
    """A reminder that comes after the decision says nothing."""
    enrolment = ready()
    timer = enrolment.timers["decision_due"]
    assert timer
    granted(enrolment, now=GRANTED)

    enrolment.meet_decision_deadline(timer.event, programme=CORE, now=timer.due)  # type: ignore[arg-type]

    assert CertificationDecisionOverdue not in {type(event) for event in enrolment.raised}


def test_a_check_noted_again_after_the_grant_counts_for_the_renewal() -> None:
    """A clearance of later than the period's begin is the one a renewal asks for, as long as it has not lapsed."""
    _, enrolment = certified()
    at = GRANTED + timedelta(days=30)
    noted = CandidateChecked(
        site=enrolment.site,
        person=enrolment.person,
        candidate="candidate-1",
        programme="core",
        check="background_check",
        result="cleared",
        expires=at + timedelta(days=365),
    )
    enrolment.take_check(noted, at=at, programme=CORE, now=at)

    def missing(now: datetime) -> bool:
        unmet = enrolment.next_readiness(CORE, now=now).unmet
        return "renewal.check.background_check" in [one.code for one in unmet]

    assert [missing(at), missing(at + timedelta(days=365))] == [False, True]
