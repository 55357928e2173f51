"""A programme of a site's own: copied, edited, published version by version, and never changed afterwards."""

from collections.abc import Callable
from typing import Any

import pytest

from services.training.domain.differences import differences
from services.training.domain.programme import Programme, Programmes
from services.training.domain.reading import programme_of
from services.training.domain.site_programme import SiteProgramme, rules_of
from shared.contracts.training import ProgrammePublished, ProgrammeWithdrawn
from shared.domain.errors import NotFound, Refusal
from tests.training.builders import CORE, OPENED, PROGRAMMES, SITE, after

ADMIN, CODE = "admin-ada", "riverside-core"


def edited(*, hours: float = 80, title: str = "Riverside's own") -> Programme:
    """The core programme's rules with so many supervised hours."""
    data: dict[str, Any] = CORE.model_dump(mode="json")
    data["title"] = title
    data["certification"]["supervised_hours"]["value"] = hours
    return programme_of(data, file="edited")


def copied() -> SiteProgramme:
    return SiteProgramme.copied(CODE, site=SITE, source=CORE, by=ADMIN, now=OPENED)


def published(*hours: float) -> SiteProgramme:
    """Versions with so many supervised hours, in force a day after each other from the day it was copied on."""
    found = copied()
    for day, of_it in enumerate(hours):
        found.edit(edited(hours=of_it), by=ADMIN, now=OPENED)
        found.publish(after(days=day), by=ADMIN, reason="Agreed.", now=OPENED)
    return found


def test_a_copy_is_a_draft() -> None:
    """A copy holds all the rules of its source, as a draft under the new code, and is offered to nobody yet."""
    found = copied()

    assert rules_of(found.drafted) == rules_of(CORE)
    assert (found.drafted.code, found.drafted.version) == (CODE, 1)
    assert found.offered.versions == ()
    assert found.copied_from.programme == "core"
    assert found.raised == ()


def test_publishing() -> None:
    """The draft becomes a version with a number, a date, a name and a reason, and is told."""
    found = published(80, 100)

    assert [(one.number, one.effective_from) for one in found.versions] == [(1, OPENED), (2, after(days=1))]
    assert [one.certification.hours_of_work for one in found.offered.versions] == [80, 100]
    assert (found.draft, found.versions[0].published_by, found.versions[0].text.reason) == (
        None,
        ADMIN,
        "Agreed.",
    )
    last = found.raised[-1]
    assert isinstance(last, ProgrammePublished)
    assert (last.programme_version, last.partition_key()) == (2, "riverside:riverside-core")


def test_a_published_version_never_changes() -> None:
    """Whatever is edited, published and withdrawn later, a version stays letter by letter what it was."""
    found = published(80)
    before = found.versions[0]

    found.edit(edited(hours=40), by="other", now=after(days=1))
    found.publish(after(days=5), by="other", reason="Less.", now=after(days=1))
    found.withdraw(2, by="other", reason="No.", now=after(days=2))
    found.edit(edited(hours=50), by="other", now=after(days=3))

    assert found.versions[0] == before
    assert [one.number for one in found.standing] == [1]
    assert found.drafted.version == 3


def test_withdrawing() -> None:
    """A version whose date has not come can be taken back; its number is used no more, and it is told."""
    found = published(80, 100)
    found.withdraw(2, by=ADMIN, reason="A number was wrong.", now=OPENED)

    with pytest.raises(NotFound):
        found.version_numbered(2)
    assert isinstance(found.raised[-1], ProgrammeWithdrawn)
    found.edit(edited(hours=90), by=ADMIN, now=OPENED)
    assert found.publish(after(days=1), by=ADMIN, reason="Now right.", now=OPENED).number == 3


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        (lambda it: it.publish(after(days=2), by=ADMIN, reason=" ", now=OPENED), "reason_missing"),
        (lambda it: it.publish(after(days=-1), by=ADMIN, reason="r", now=OPENED), "effective_in_the_past"),
        (lambda it: it.publish(after(days=1), by=ADMIN, reason="r", now=OPENED), "effective_before_another"),
        (lambda it: it.edit(edited(hours=100), by=ADMIN, now=OPENED) or again(it), "nothing_changed"),
        (lambda it: again(it) and again(it), "draft_missing"),
        (lambda it: it.withdraw(1, by=ADMIN, reason="r", now=OPENED), "version_in_force"),
        (lambda it: it.withdraw(2, by=ADMIN, reason="", now=OPENED), "reason_missing"),
        (lambda it: it.withdraw(9, by=ADMIN, reason="r", now=OPENED), "version_unknown"),
        (lambda it: published(80).drafted, "draft_unknown"),
    ],
)
def test_what_is_refused(ask: Callable[[SiteProgramme], object], code: str) -> None:
    """No version without a draft, a reason, a change and a time of its own that has not passed."""
    found = published(80, 100)
    found.edit(edited(hours=120), by=ADMIN, now=OPENED)
    with pytest.raises(Refusal) as refused:
        ask(found)

    assert refused.value.code == code


def again(found: SiteProgramme) -> object:
    return found.publish(after(days=3), by=ADMIN, reason="r", now=OPENED)


def test_which_version_is_in_force() -> None:
    """At any time one version is in force: the latest whose date has come."""
    programmes = PROGRAMMES.also(published(80, 100).offered)
    found = [
        programmes.current(CODE, now=at, site=SITE).version for at in (OPENED, after(days=1), after(days=9))
    ]

    assert found == [1, 2, 2]
    with pytest.raises(NotFound):
        programmes.current(CODE, now=after(days=-1), site=SITE)


def test_whose_it_is() -> None:
    """Only the site, and sites it is shared with, can enrol people; one that already trains there goes on."""
    found = published(80)

    def open_to(site: str) -> bool:
        programmes: Programmes = PROGRAMMES.also(found.offered)
        assert programmes.version(CODE, 1).certification.hours_of_work == 80
        return programmes.is_open_to(site, CODE)

    assert (open_to(SITE), open_to("hillside")) == (True, False)
    found.share_with(["hillside", SITE, "hillside"])
    assert found.shared_with == ("hillside",)
    assert (open_to(SITE), open_to("hillside")) == (True, True)
    found.share_with([])
    assert (open_to(SITE), open_to("hillside")) == (True, False)


def test_storage() -> None:
    """A programme read back from its document is the same."""
    found = published(80)

    assert SiteProgramme.rebuild(found.document()).document() == found.document()


def test_differences() -> None:
    """Versions differ in places, with what each says; a part that is added or moved changes no other."""
    other: dict[str, Any] = edited(hours=80, title=CORE.title).model_dump(mode="json")
    other["modules"].insert(0, {**other["modules"][0], "code": "welcome", "requires": []})
    other["modules"][5], other["modules"][6] = other["modules"][6], other["modules"][5]
    other["certification"]["required_checks"].pop("references")

    found = {one.path: (one.before, one.after) for one in differences(CORE, programme_of(other, file="o"))}

    assert found.pop("certification.supervised_hours.value") == (60, 80)
    assert found.pop("certification.required_checks.references") == ("References", None)
    added = found.pop("modules.welcome")
    assert (added[0], added[1]["title"]) == (None, "Mental health and recovery")
    assert found.keys() == {"modules.order"}
    assert differences(CORE, CORE) == ()
