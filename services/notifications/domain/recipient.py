"""How to reach one person, and in which language and time zone: the latest contact that was published."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from shared.contracts.envelope import Code, Moment
from shared.contracts.people import PersonContact
from shared.domain.aggregate import Aggregate, Value

SETTLING = timedelta(minutes=15)
"""How long after a change missed notices are looked for; longer than any reaction holds what it read."""


class Duty(Value):
    """A role at the recipient's site, and the time of the contact that first named it."""

    role: Code
    since: Moment


class Recipient(Aggregate):
    """A projection, its id is the person's. `site` is where they belong; duties hold at that site alone."""

    collection: ClassVar[str] = "recipients"

    name: str
    email: str
    language: str
    time_zone: str
    duties: tuple[Duty, ...] = ()
    settling_until: Moment

    @classmethod
    def told_of(cls, found: Self | None, contact: PersonContact, *, at: datetime, now: datetime) -> Self:
        """The recipient as a contact of time `at` says; a duty kept at the same site keeps its `since`."""
        kept = found.duties if found and found.site == contact.site else ()
        since = {duty.role: duty.since for duty in kept}
        return cls(
            id=contact.person,
            site=contact.site,
            version=found.version if found else 0,
            name=contact.name,
            email=contact.email,
            language=contact.language,
            time_zone=contact.time_zone,
            duties=tuple(Duty(role=role, since=since.get(role, at)) for role in contact.duties),
            settling_until=now + SETTLING,
        )

    def has_duty_at(self, site: str, role: str) -> bool:
        """Does this person have the duty at this site now?"""
        return self.site == site and any(duty.role == role for duty in self.duties)
