"""How to reach one person, and in which language and time zone: the latest contact that was published."""

import unicodedata
from datetime import datetime, timedelta
from typing import ClassVar, Self

from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.people import PersonContact, PersonInvited
from shared.domain.aggregate import Aggregate, Value

SETTLING = timedelta(minutes=15)
"""How long after a change missed notices are looked for; longer than any reaction holds what it read."""


LONGEST_GREETED = 60
_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that turn the direction of what follows them."""


def folded(name: str) -> str:
    """A name on one line: every run of white space is one space, and nothing in it controls a terminal."""
    seen = (
        " " if unicodedata.category(sign) in {"Cc", "Zl", "Zp"} else sign
        for sign in name
        if sign not in _OVERRIDES
    )
    return " ".join("".join(seen).split())


def sayable(name: str) -> str:
    """A name as a mail may say it; empty where it looks like somebody's advertisement."""
    return "" if "://" in name or len(name) > LONGEST_GREETED else name


class Duty(Value):
    """A role at a site, and the time of the contact that first named it."""

    site: Id
    role: Code
    since: Moment


class Invited(Value):
    """What somebody without an account is asked, and where they answer; `event` is the one that said so last."""

    event: Id
    asked_by: str
    link: str


class Recipient(Aggregate):
    """A projection, its id is the person's, or an invitation's with the link that nobody else is to learn.

    `site` is where they belong; a duty holds at its own site alone.

    `settling_until` is set while somebody with duties may have been missed by events read earlier.
    """

    collection: ClassVar[str] = "recipients"

    name: str
    email: str
    language: str
    time_zone: str
    duties: tuple[Duty, ...] = ()
    settling_until: Moment | None = None
    invited: Invited | None = None

    @classmethod
    def invited_by(cls, found: Self | None, said: PersonInvited, *, event: str) -> Self:
        """Whom the invitation names; the last one counts."""
        return cls(
            id=said.person,
            site=said.site,
            version=found.version if found else 0,
            name=folded(said.name),
            email=said.email,
            language=said.language,
            time_zone=said.time_zone,
            invited=Invited(event=event, asked_by=folded(said.asked_by), link=said.link),
        )

    @classmethod
    def told_of(cls, found: Self | None, contact: PersonContact, *, at: datetime, now: datetime) -> Self:
        """The recipient as a contact of time `at` says; a duty that is kept keeps its `since`."""
        kept = found.duties if found else ()
        since = {(duty.site, duty.role): duty.since for duty in kept}
        return cls(
            id=contact.person,
            site=contact.site,
            version=found.version if found else 0,
            name=folded(contact.name),
            email=contact.email,
            language=contact.language,
            time_zone=contact.time_zone,
            duties=tuple(
                Duty(site=one.site, role=one.duty, since=since.get((one.site, one.duty), at))
                for one in contact.duties
            ),
            settling_until=now + SETTLING if contact.duties else None,
        )

    def has_duty_at(self, site: str, role: str) -> bool:
        """Does this person have the duty at this site now?"""
        return any((duty.site, duty.role) == (site, role) for duty in self.duties)

    def has_settled(self, *, looked: datetime) -> None:
        """Nothing was missed by a look that began at `looked`; after the settling time nothing can be."""
        if self.settling_until and looked > self.settling_until:
            self.settling_until = None

    @property
    def greeted_as(self) -> str:
        """The name as a mail may say it; empty where it looks like somebody's advertisement."""
        return sayable(self.name)
