"""What training keeps of a person's contact: the name that a certificate is granted to."""

from typing import ClassVar, Self

from shared.contracts.envelope import Id
from shared.contracts.people import PersonContact
from shared.domain.aggregate import Aggregate


class Contact(Aggregate):
    """The id is the person's."""

    collection: ClassVar[str] = "contacts"

    id: Id
    name: str

    @classmethod
    def of(cls, said: PersonContact) -> Self:
        """A contact that was not known before."""
        return cls(id=said.person, site=said.site, name=said.name)

    def hear(self, said: PersonContact) -> None:
        """The whole of what is known now."""
        self.site, self.name = said.site, said.name
