"""Checks that end: what training hears of them, and what a lapsed one means for a certificate."""

from datetime import datetime, timedelta

import pytest

from services.training.domain.enrolment import Enrolment
from services.training.domain.granting import may_be_granted_by
from services.training.domain.requirements import Requirement
from shared.contracts.recruitment import CandidateChecked, ClearedCheck
from shared.domain.errors import Conflict
from tests.training.builders import CERTIFIER, CORE, MENTOR, SITE, after, granted, ready, screened

END = after(days=365)


def checked(result: str = "cleared", *, expires: datetime | None = END, site: str = SITE) -> CandidateChecked:
    return CandidateChecked(
        site=site,
        person=MENTOR,
        candidate=f"candidate-of-{MENTOR}",
        programme="core",
        check="background_check",
        result=result,
        expires=expires,
    )


def hear(enrolment: Enrolment, noted: CandidateChecked) -> None:
    at = after(days=70)
    enrolment.take_check(noted, at=at, programme=CORE, now=at)


def line(enrolment: Enrolment, now: datetime) -> Requirement:
    requirements = enrolment.readiness(CORE, now=now).requirements
    return next(one for one in requirements if one.code == "check.background_check")


def test_an_acceptance_brings_the_ends_of_its_checks() -> None:
    """A check counts until its very end; one of an earlier event, which said none, counts for good."""
    heard = screened().model_copy(update={"checks": (ClearedCheck(check="background_check", expires=END),)})
    enrolment = Enrolment.open(heard, programme=CORE, now=after())
    assert line(enrolment, END - timedelta(milliseconds=1)).met
    assert not line(enrolment, END).met
    assert line(Enrolment.open(screened(), programme=CORE, now=after()), END + timedelta(days=9999)).met


def test_a_lapsed_check_is_unmet_with_a_sentence_and_grants_nothing() -> None:
    """Somebody who was ready is not granted a certificate on a check that has ended, and is told what is to do."""
    enrolment = ready()
    hear(enrolment, checked())
    may_be_granted_by(CERTIFIER, enrolment, programme=CORE, now=after(days=71))
    lapsed = line(enrolment, END)
    assert "cleared until 2027-03-02, and to be renewed by the site" in lapsed.sentence
    assert [proof.at for proof in lapsed.falls_short] == [
        f"candidates/candidate-of-{MENTOR}/checks/background_check"
    ]
    with pytest.raises(Conflict) as refused:
        may_be_granted_by(CERTIFIER, enrolment, programme=CORE, now=END)
    assert refused.value.details["unmet"] == ["check.background_check"]


def test_a_renewal_takes_the_place_of_what_it_renews() -> None:
    """The last clearance counts, and hearing it again changes nothing."""
    enrolment = ready()
    hear(enrolment, checked())
    later = END + timedelta(days=365)
    for _ in range(2):
        hear(enrolment, checked(expires=later))
    assert [one.expires for one in enrolment.evidence.checks if one.code == "background_check"] == [later]
    assert line(enrolment, END).met


@pytest.mark.parametrize(
    ("noted", "met"),
    [
        (checked("requested", expires=None), True),
        (checked("received", expires=None), True),
        (checked("needs_decision", expires=None), False),
        (checked("needs_decision", expires=None, site="york"), True),
        (checked("a_word_of_a_later_day", expires=None), True),
    ],
)
def test_a_renewal_under_way_takes_nothing_away(noted: CandidateChecked, met: bool) -> None:
    """What was cleared counts until its end while it is renewed, unless the site says that it needs a decision."""
    enrolment = ready()
    hear(enrolment, checked())
    hear(enrolment, noted)
    assert line(enrolment, after(days=71)).met is met


def test_a_certificate_shows_what_it_was_granted_on() -> None:
    """A check that lapses after the grant does not change what the certificate rests on."""
    enrolment = ready()
    hear(enrolment, checked())
    granted(enrolment, now=after(days=71))
    assert line(enrolment, END + timedelta(days=1)).met
