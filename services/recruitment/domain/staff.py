"""Staff of a site, as far as others need to reach them."""

from typing import ClassVar, Self

from services.recruitment.domain.application import Contact
from shared.contracts.envelope import Code, Id
from shared.contracts.people import PersonContact
from shared.domain.aggregate import Aggregate, stable_id


def staff_id(person: str, site: str) -> str:
    """The same for the same person at the same site."""
    return stable_id("staff", person, site)


class StaffMember(Aggregate):
    """Somebody who works for a site, with their duties. Rights come from the sign-in, not from here."""

    collection: ClassVar[str] = "staff"

    person: Id
    contact: Contact
    duties: tuple[Code, ...] = ()

    @classmethod
    def enter(cls, person: str, site: str, contact: Contact, duties: tuple[str, ...]) -> Self:
        """Enter somebody for the first time."""
        member = cls(id=staff_id(person, site), site=site, person=person, contact=contact)
        member.now_is(contact, duties)
        return member

    def now_is(self, contact: Contact, duties: tuple[str, ...]) -> None:
        """Contact or duties are these from now on, and everybody who needs to know is told."""
        self.contact = contact
        self.duties = tuple(sorted(set(duties)))
        self.record(
            PersonContact(
                site=self.site,
                person=self.person,
                name=contact.name,
                email=contact.email,
                language=contact.language,
                time_zone=contact.time_zone,
                duties=self.duties,
            )
        )
