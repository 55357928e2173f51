"""How to reach one person, and in which language and time zone: the latest contact that was published."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.people import PersonContact
from shared.domain.aggregate import Aggregate, Value

SETTLING = timedelta(minutes=15)
"""How long after a change missed notices are looked for; longer than any reaction holds what it read."""


class Duty(Value):
    """A role at a site, and the time of the contact that first named it."""

    site: Id
    role: Code
    since: Moment


class Recipient(Aggregate):
    """A projection, its id is the person's. `site` is where they belong; a duty holds at its own site alone."""

    collection: ClassVar[str] = "recipients"

    name: str
    email: str
    language: str
    time_zone: str
    duties: tuple[Duty, ...] = ()
    settling_until: Moment

    @classmethod
    def told_of(cls, found: Self | None, contact: PersonContact, *, at: datetime, now: datetime) -> Self:
        """The recipient as a contact of time `at` says; a duty that is kept keeps its `since`."""
        kept = found.duties if found else ()
        since = {(duty.site, duty.role): duty.since for duty in kept}
        return cls(
            id=contact.person,
            site=contact.site,
            version=found.version if found else 0,
            name=contact.name,
            email=contact.email,
            language=contact.language,
            time_zone=contact.time_zone,
            duties=tuple(
                Duty(site=one.site, role=one.duty, since=since.get((one.site, one.duty), at))
                for one in contact.duties
            ),
            settling_until=now + SETTLING,
        )

    def has_duty_at(self, site: str, role: str) -> bool:
        """Does this person have the duty at this site now?"""
        return any((duty.site, duty.role) == (site, role) for duty in self.duties)
