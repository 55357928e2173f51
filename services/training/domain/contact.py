"""What training keeps of a person's contact: the name that a certificate is granted to."""

from typing import ClassVar

from shared.contracts.envelope import Id
from shared.contracts.people import PersonContact
from shared.domain.aggregate import Aggregate


class Contact(Aggregate):
    """The id is the person's."""

    collection: ClassVar[str] = "contacts"

    id: Id
    name: str

    def hear(self, said: PersonContact) -> None:
        """The whole of what is known now."""
        self.site, self.name = said.site, said.name


def contact_of(known: Contact | None, said: PersonContact) -> Contact:
    """The contact as said last."""
    contact = known or Contact(id=said.person, site=said.site, name=said.name)
    contact.hear(said)
    return contact
