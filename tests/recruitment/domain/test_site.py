"""The rules of a site and of what it offers."""

from typing import Any

import pytest
from pydantic import ValidationError

from services.recruitment.domain.checks import CheckKind
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.site import Description, Site, SupportLine, known_site
from tests.recruitment.builders import NOW, refused, scored

LINE = SupportLine(name="The peer line", phone="0113 496 0000", hours="9 to 21")


def described(known: Site | None = None, **changes: Any) -> Site:
    """Leeds as somebody describes it."""
    values: dict[str, Any] = {
        "name": "Leeds",
        "time_zone": "Europe/London",
        "languages": ("en",),
        "support_contacts": (LINE,),
        "programmes": {"core": ProgrammeOffer()},
    }
    return Site.described(known, "leeds", Description(**{**values, **changes}))


def test_an_application_needs_a_site_and_a_programme_that_is_open() -> None:
    """Each refusal names what there is instead."""
    site = described(programmes={"core": ProgrammeOffer(), "youth": ProgrammeOffer(open=False)})
    assert "GET /v1/sites" in refused("site_unknown", lambda: known_site(None, "mars")).message
    refusal = refused("programme_not_offered", lambda: site.must_take_applications("choir"))
    assert "core, youth" in refusal.message
    refused("programme_closed", lambda: site.must_take_applications("youth"))
    assert site.must_take_applications("core").appeal_source == "house rule"


def test_a_programme_that_was_offered_stays() -> None:
    """It is closed, not left out: people who applied for it are still decided about."""
    site = described()
    refusal = refused("programme_still_needed", lambda: described(site, programmes={}))
    assert "`open` to false" in refusal.message
    described(site, programmes={"core": ProgrammeOffer(open=False)}, name="Leeds North")
    assert (site.name, site.programmes["core"].open) == ("Leeds North", False)


def test_a_support_contact_can_be_reached() -> None:
    """A name alone helps nobody; with a number or an address it is one line to read."""
    with pytest.raises(ValidationError, match="phone number or a web address"):
        SupportLine(name="The peer line")
    assert str(LINE) == "The peer line, 0113 496 0000, 9 to 21"


def test_only_the_checks_a_site_requires_are_missed() -> None:
    """A programme without a background check is not held up by it, one without any by none."""
    missing = {
        required: " ".join(scored().missing_for_acceptance(ProgrammeOffer(required_checks=required), now=NOW))
        for required in (tuple(CheckKind), (CheckKind.REFERENCES,), ())
    }
    assert ["background_check" in said for said in missing.values()] == [True, False, False]
    assert ["references" in said for said in missing.values()] == [True, True, False]
