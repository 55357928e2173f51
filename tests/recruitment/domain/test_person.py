"""One owner of a person's contact, whoever says something about it."""

import pytest

from services.recruitment.domain.person import Contact, Duty, Person
from shared.contracts.people import PersonContact
from shared.domain.errors import Refusal
from shared.domain.people import Actor, Grant, Role
from tests.recruitment.builders import ROBIN, refused, robin

TRAINER, CERTIFIER = Duty.TRAINER, Duty.CERTIFIER
NEW_NAME = ROBIN.model_copy(update={"name": "Robin A."})
OTHER_ADDRESS = ROBIN.model_copy(update={"email": "someone@example.org"})


def admin(site: str, role: Role = Role.SITE_ADMIN) -> Actor:
    return Actor(person="ada", grants=frozenset({Grant(role=role, site=site)}))


def entered(
    known: Person | None, site: str, *duties: Duty, contact: Contact | None = None, by: Actor | None = None
) -> Person:
    return Person.entered(known, "robin", site=site, contact=contact, duties=duties, by=by or admin(site))


def announced(person: Person) -> list[PersonContact]:
    return [event for event in person.raised if isinstance(event, PersonContact)]


def test_a_new_applicant_is_announced_with_the_way_to_reach_them() -> None:
    """The contact is announced once, without duties, at the site the person applied to."""
    (event,) = announced(robin())
    assert (event.person, event.site, event.name, event.email) == ("robin", "leeds", "Robin", ROBIN.email)
    assert (event.language, event.time_zone, event.duties) == ("en", "Europe/London", ())


def test_each_site_sets_its_own_duties() -> None:
    """Duties at one site come and go without those at another."""
    person = entered(robin(), "leeds", CERTIFIER, TRAINER, TRAINER)
    entered(person, "york", TRAINER)
    assert (person.duties_at("leeds"), person.duties_at("york")) == (("certifier", "trainer"), ("trainer",))
    entered(person, "leeds")
    assert (person.duties_at("leeds"), person.duties_at("york")) == ((), ("trainer",))
    assert not person.works_at("leeds")
    assert [[(one.site, one.duty) for one in event.duties] for event in announced(person)[1:]] == [
        [("leeds", "certifier"), ("leeds", "trainer")],
        [("leeds", "certifier"), ("leeds", "trainer"), ("york", "trainer")],
        [("york", "trainer")],
    ]


def test_what_is_as_it_was_is_not_announced_again() -> None:
    """Entering the same once more says nothing new."""
    person = entered(None, "leeds", TRAINER, contact=ROBIN)
    person.take_raised()
    entered(person, "leeds", TRAINER, contact=ROBIN)
    Person.applying(person, "robin", site="york", contact=ROBIN)
    assert person.raised == ()


def test_applying_takes_no_duty_away_and_moves_nobody() -> None:
    """Staff who apply, even elsewhere, stay where they belong with what they do."""
    person = entered(None, "leeds", TRAINER, contact=ROBIN)
    Person.applying(person, "robin", site="york", contact=NEW_NAME)
    assert (person.site, person.duties_at("leeds"), person.contact) == ("leeds", ("trainer",), NEW_NAME)


def test_a_signed_in_person_applies_as_themself_only() -> None:
    """Another address in the form is refused and changes nothing; the case of letters is no other address."""
    person = robin()
    refused(
        "known_under_another_email",
        lambda: Person.applying(person, "robin", site="leeds", contact=OTHER_ADDRESS),
    )
    assert person.contact == ROBIN
    lower = ROBIN.model_copy(update={"email": ROBIN.email.lower()})
    assert Person.applying(person, "robin", site="leeds", contact=lower).contact == lower


@pytest.mark.parametrize(
    ("by", "may"),
    [
        (admin("leeds"), True),
        (admin("york"), False),
        (admin("*", Role.ORGANISATION_ADMIN), True),
        (admin("leeds", Role.COORDINATOR), False),
    ],
)
def test_the_contact_is_changed_where_the_person_belongs(by: Actor, may: bool) -> None:
    """Another site's admin is sent to the organisation and learns no site's name; duties alone are set."""
    person = robin()
    if may:
        assert entered(person, "york", TRAINER, contact=OTHER_ADDRESS, by=by).contact == OTHER_ADDRESS
        return
    with pytest.raises(Refusal, match="organisation administrator") as refusal:
        entered(person, "york", TRAINER, contact=OTHER_ADDRESS, by=by)
    assert refusal.value.code == "person_of_another_site"
    assert "leeds" not in refusal.value.message
    assert (person.contact, person.duties) == (ROBIN, ())
    assert entered(person, "york", TRAINER, by=by).duties_at("york") == ("trainer",)


def test_somebody_new_needs_a_contact() -> None:
    """Duties alone make nobody reachable."""
    refused("contact_missing", lambda: entered(None, "leeds", TRAINER))


def test_a_stored_person_is_rebuilt_as_they_were() -> None:
    """What storage gives back is the same person."""
    person = entered(robin(), "york", TRAINER)
    assert Person.rebuild(person.document()).document() == person.document()


@pytest.mark.parametrize("name", ["", "  ", "Ro\nbin", "Ro\x00bin", "Ro\u2028bin", "Ro\x9bbin", "\ud800"])
def test_a_name_can_be_read(name: str) -> None:
    """Blanks, line breaks and control characters are no name."""
    with pytest.raises(ValueError, match="name"):
        Contact(name=name, email="robin@example.org")


@pytest.mark.parametrize("name", ["Ng", "José-María O'Neill", "\u0645\u06cc\u200c\u0645", "O"])
def test_names_are_as_people_have_them(name: str) -> None:
    """Any script is welcome, with the joiners some need."""
    assert Contact(name=name, email="robin@example.org").name == name
