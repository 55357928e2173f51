"""Somebody recruitment knows: how to reach them, and what they do for which site."""

import unicodedata
from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import cache
from typing import Annotated, Any, ClassVar, Self
from zoneinfo import available_timezones

from pydantic import AfterValidator, EmailStr, Field

from services.recruitment.domain import search
from services.recruitment.domain.likeness import likeness_of, plain
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.people import ContactErased, PersonContact, SiteDuty
from shared.contracts.recruitment import ErasureReason, PersonErased
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Role

SEARCH = "search"
"""The stored field that carries the index by which people are looked up."""

ADMINS = (Role.SITE_ADMIN, Role.ORGANISATION_ADMIN)
_UNPRINTABLE = frozenset({"Cc", "Cs", "Zl", "Zp"})


class Duty(StrEnum):
    """What somebody does for a site, so that they can be told. Rights come from the sign-in, not from here."""

    COORDINATOR = "coordinator"
    INTERVIEWER = "interviewer"
    TRAINER = "trainer"
    ASSESSOR = "assessor"
    SUPERVISOR = "supervisor"
    CERTIFIER = "certifier"
    CLINICIAN = "clinician"
    PRIVACY_LEAD = "privacy_lead"
    SITE_ADMIN = "site_admin"


@cache
def _zones() -> frozenset[str]:
    # Looking them up reads the file system, and a person is validated at every load.
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name} is not an IANA time zone, such as Europe/London")
    return name


def readable(name: str) -> str:
    """The name, if people can read it. Raises ValueError."""
    if not name.strip() or any(unicodedata.category(letter) in _UNPRINTABLE for letter in name):
        raise ValueError("a name has letters, and neither line breaks nor control characters")
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(readable)]


class Contact(Value):
    """Name and addresses; they leave this service only on the contacts topic."""

    name: Name
    email: EmailStr
    phone: str | None = Field(default=None, max_length=40)
    language: Code = "en"
    time_zone: TimeZone = "UTC"

    @property
    def email_key(self) -> str:
        """The address as compared with others: letter for letter, but for case and the form of Unicode."""
        return plain(self.email)


class Erasure(Value):
    """Who erased a person, when and why."""

    by: Id
    at: Moment
    reason: ErasureReason


class KnownActor(Actor):
    """Whoever acts, with the address they are known by here, if they are."""

    email_key: str | None = None


class Person(Aggregate):
    """The one owner of a person's contact; its id is the person's, `site` where they belong.

    A contact is announced as a whole, so that whoever hears it last knows all of it.
    """

    collection: ClassVar[str] = "people"

    id: Id
    contact: Contact | None
    duties: tuple[SiteDuty, ...] = ()
    erasure: Erasure | None = None
    applied_at: tuple[Id, ...] = ()
    """Further sites where they have applied: they are looked up there as well."""

    @classmethod
    def rebuild(cls, document: Mapping[str, Any]) -> Self:
        """From storage; what is derived there for the index is left out."""
        return super().rebuild({name: value for name, value in document.items() if name != SEARCH})

    def document(self) -> dict[str, Any]:
        """To store, with what the person is looked up by: it follows from the contact."""
        return {**super().document(), SEARCH: self._looked_up_by}

    @classmethod
    def applying(cls, known: Self | None, id: str, *, site: str, contact: Contact) -> Self:
        """The person who applies, as they say now how to reach them; where they belong stays as it was.

        Raises:
            Conflict: `known_under_another_email`; the form was filled in for somebody else, or is out of date.
            Conflict: `person_erased`.
        """
        if known is None:
            return cls._made(id, site, contact)
        known.must_not_be_erased()
        if known.contact is None or contact.email_key != known.contact.email_key:
            raise Conflict(
                "known_under_another_email",
                "You are signed in, and known here under another e-mail address. To apply for somebody else, "
                "sign out first; to use a new address of your own, have your site change it.",
            )
        known.is_now(contact, known.duties)
        known.is_looked_up_at(site)
        return known

    @classmethod
    def entered(
        cls,
        known: Self | None,
        id: str,
        *,
        site: str,
        contact: Contact | None,
        duties: tuple[Duty, ...],
        by: Actor,
    ) -> Self:
        """The person with exactly these duties at `site`, whatever they do elsewhere.

        Raises:
            Invalid: `contact_missing`.
            Forbidden: `person_of_another_site`.
            Conflict: `person_erased`.
        """
        here = tuple(SiteDuty(site=site, duty=duty) for duty in sorted(set(duties)))
        if known is None:
            if contact is None:
                raise Invalid("contact_missing", "This person is new here; give name and email as well.")
            return cls._made(id, site, contact, here)
        known.must_not_be_erased()
        if contact is not None and not by.holds(known.site, *ADMINS):
            raise Forbidden(
                "person_of_another_site",
                "Name and addresses of this person are not this site's to change. Leave them out to set the "
                "duties alone, or ask an organisation administrator.",
            )
        elsewhere = (one for one in known.duties if one.site != site)
        known.is_now(contact or known.contact, tuple(sorted((*elsewhere, *here), key=_by_site)))
        return known

    def erase(self, *, by: str, reason: ErasureReason, now: datetime) -> None:
        """Forget name and addresses, destroy the key of all text about the person, and tell everybody.

        Done again it changes nothing about the person, and who did it first stays on record.
        """
        if self.erasure is not None:
            return
        self.contact, self.duties = None, ()
        self.erasure = Erasure(by=by, at=now, reason=reason)
        self.destroy_key_of(self.id)
        self.record(ContactErased(site=self.site, person=self.id))
        self.record(PersonErased(site=self.site, person=self.id, erased_by=by, reason=reason))

    def take_out(self) -> None:
        """They were imported by mistake, and count as never known: all of it goes, with the key of their text."""
        self.destroy_key_of(self.id)
        self.record(ContactErased(site=self.site, person=self.id))
        self.forget()

    def must_not_be_erased(self) -> None:
        """Raises Conflict `person_erased`."""
        if self.erasure is not None:
            raise Conflict(
                "person_erased",
                "All that was kept about this person was erased, and nothing new is kept under the same account. "
                "To begin anew, sign in with a new one, or write to the site.",
            )

    def is_now(self, contact: Contact | None, duties: tuple[SiteDuty, ...]) -> None:
        """Contact and duties are these from now on; what is as it was is not announced again."""
        if (contact, duties) != (self.contact, self.duties):
            self.contact, self.duties = contact, duties
            self._announce()

    @property
    def email_key(self) -> str:
        """The address as compared with others; empty, and equal to nobody's, once it is erased."""
        return self.contact.email_key if self.contact else ""

    def goes_on_at(self, site: str, *, was: str) -> None:
        """An application of theirs moved: they belong to the new site, unless they belonged or work elsewhere."""
        if self.site == was and not self.works_at(was):
            self.site = site
            self._announce()
        # What else they applied for may still be where they were.
        self.is_looked_up_at(was)
        self.is_looked_up_at(site)

    def likeness_beside(self, referees: Iterable[str]) -> tuple[str, ...]:
        """What an application that names these addresses has in common with others; nothing once it is erased."""
        known = self.contact
        return likeness_of(known.name, known.email, known.phone, referees) if known else ()

    def reached_by(self) -> Contact:
        """Name and addresses, to write to them or about them. Raises Conflict `person_erased`."""
        self.must_not_be_erased()
        assert self.contact is not None, "only an erased person has none"
        return self.contact

    def works_at(self, site: str) -> bool:
        """Does this person have a duty at the site?"""
        return any(one.site == site for one in self.duties)

    def duties_at(self, site: str) -> tuple[str, ...]:
        """What this person does for the site."""
        return tuple(one.duty for one in self.duties if one.site == site)

    def contact_for(self, site: str) -> Contact | None:
        """The contact, for the site where the person belongs; another learns no address by giving a duty."""
        return self.contact if self.site == site else None

    @property
    def _looked_up_by(self) -> list[str]:
        known = self.contact
        return search.keys(known.name, known.email, sites=(self.site, *self.applied_at)) if known else []

    def is_looked_up_at(self, site: str) -> None:
        """They are found at this site too, by those who coordinate it."""
        if site not in (self.site, *self.applied_at):
            self.applied_at = (*self.applied_at, site)

    @classmethod
    def _made(cls, id: str, site: str, contact: Contact, duties: tuple[SiteDuty, ...] = ()) -> Self:
        person = cls(id=id, site=site, contact=contact, duties=duties)
        person._announce()
        return person

    def _announce(self) -> None:
        assert self.contact is not None, "of an erased person nothing is announced"
        self.record(
            PersonContact(
                site=self.site,
                person=self.id,
                name=self.contact.name,
                email=self.contact.email,
                language=self.contact.language,
                time_zone=self.contact.time_zone,
                duties=self.duties,
            )
        )


def _by_site(duty: SiteDuty) -> tuple[str, str]:
    return duty.site, duty.duty
