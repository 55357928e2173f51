"""What is agreed to: versions, the moment between two of them, and taking back."""

from datetime import datetime, timedelta

import pytest

from services.recruitment.domain.consents import GRACE, Consent, Consents, Terms
from services.recruitment.domain.stage import Stage
from tests.recruitment.builders import CONSENTS, NOW, applied, refused

CHANGED = NOW + timedelta(days=30)


def version(name: str, **since: object) -> dict[str, object]:
    return {"version": name, "texts": {"en": {"title": "T", "text": "T"}}, "effective_from": NOW, **since}


TERMS = Terms.model_validate(
    {"code": "terms", "required": True, "versions": [version("1"), version("2", effective_from=CHANGED)]}
)
TWO = Consents(consents=(TERMS,))


def given(version: str, code: str = "terms", *, at: datetime = NOW) -> Consent:
    return Consent(code=code, version=version, given=at)


def test_a_version_that_was_just_replaced_is_taken_for_a_day() -> None:
    """Whoever had the form open need not read it twice; afterwards the refusal names the version in force."""
    in_time = CHANGED + GRACE - timedelta(seconds=1)
    TWO.must_be_given([given("1", at=in_time)], now=in_time)
    TWO.must_be_given([given("2", at=CHANGED)], now=CHANGED)
    late = CHANGED + GRACE
    refusal = refused("consent_not_in_force", lambda: TWO.must_be_given([given("1", at=late)], now=late))
    assert refusal.details == {"consent": "terms", "version": "2"}


def test_what_was_signed_counts_by_its_day() -> None:
    """Whoever enters a paper later enters the version that was in force when it was signed, and no other."""
    later = CHANGED + timedelta(days=90)
    TWO.must_be_given([given("1", at=NOW)], now=later)
    refused("consent_not_in_force", lambda: TWO.must_be_given([given("2", at=NOW)], now=later))


def test_a_version_is_not_taken_before_its_time() -> None:
    """Nobody agrees to what is not in force yet."""
    refused("consent_not_in_force", lambda: TWO.must_be_given([given("2")], now=NOW))


def test_what_is_missing_or_unknown_is_named() -> None:
    """The refusal says which consent is needed, or that there is none of that code."""
    missing = refused("consent_missing", lambda: TWO.must_be_given([], now=NOW))
    assert missing.details == {"missing": ["terms"]}
    refused("consent_unknown", lambda: TWO.must_be_given([given("1", code="souls")], now=NOW))


@pytest.mark.parametrize(
    "versions",
    [
        [version("1"), version("1", effective_from=CHANGED)],
        [version("1"), version("2")],
        [version("2", effective_from=CHANGED), version("1")],
    ],
)
def test_versions_that_are_not_in_order_end_the_start(versions: list[dict[str, object]]) -> None:
    """A file in which two versions share a name or a time, or stand upside down, is refused by its code."""
    with pytest.raises(ValueError, match="consent terms"):
        Terms.model_validate({"code": "terms", "required": True, "versions": versions})


def test_a_consent_given_later_and_taken_back_stays_as_history() -> None:
    """Each giving and taking back has its time, and the last word counts."""
    candidate, later = applied(), NOW + timedelta(days=2)
    assert not candidate.has_agreed_to("contact_referees")
    for _ in range(2):
        candidate.agree_to("contact_referees", "1", consents=CONSENTS, now=NOW)
    assert candidate.has_agreed_to("contact_referees")
    for at in (later, later + timedelta(days=1)):
        candidate.take_back("contact_referees", consents=CONSENTS, now=at)
    assert not candidate.has_agreed_to("contact_referees")
    candidate.agree_to("contact_referees", "1", consents=CONSENTS, now=later + timedelta(days=2))
    kept = [one for one in candidate.application.consents if one.code == "contact_referees"]
    assert [one.withdrawn for one in kept] == [later, None]
    refused("consent_unknown", lambda: candidate.take_back("souls", consents=CONSENTS, now=later))


def test_taking_back_what_is_needed_means_taking_the_application_back() -> None:
    """It is refused with what it would mean; once nothing is handled any more it can be taken back."""
    candidate = applied()

    def take_back() -> None:
        candidate.take_back("data_processing", consents=CONSENTS, now=NOW)

    assert "withdrawal" in refused("consent_required", take_back).message
    candidate.stage = Stage.WITHDRAWN
    take_back()
    assert not candidate.has_agreed_to("data_processing")
