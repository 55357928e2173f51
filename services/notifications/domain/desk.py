"""Who does what at a site, so that those of a duty can be told."""

from typing import ClassVar, Self

from pydantic import Field

from shared.contracts.envelope import Code, Id
from shared.contracts.people import PersonContact
from shared.domain.aggregate import Aggregate, stable_id


def desk_id(site: str) -> str:
    """One desk per site."""
    return stable_id("desk", site)


class Desk(Aggregate):
    """A projection: the people of one site by duty.

    A contact says only where a person has duties now, so somebody who gave up every duty at a site they don't
    belong to stays listed there. Whoever is told by duty is therefore checked again: at sending against the
    recipient, at reading against the reader's roles.
    """

    collection: ClassVar[str] = "desks"

    people: dict[Id, tuple[Code, ...]] = Field(default_factory=dict, description="Duties by person.")

    @classmethod
    def told_of(cls, found: Self | None, contact: PersonContact, *, site: str) -> Self | None:
        """The desk of this site as a contact says; None where it changes nothing."""
        desk = found or cls(id=desk_id(site), site=site)
        duties = contact.duties_at(site)
        if desk.people.get(contact.person, ()) == duties:
            return None
        others = {person: known for person, known in desk.people.items() if person != contact.person}
        desk.people = {**others, contact.person: duties} if duties else others
        return desk

    def leave(self, person: str) -> None:
        """Somebody is not there any more, whatever they did."""
        self.people = {other: duties for other, duties in self.people.items() if other != person}

    def with_duty(self, role: str) -> tuple[str, ...]:
        """The people of this duty, in a steady order."""
        return tuple(sorted(person for person, duties in self.people.items() if role in duties))
