"""What the contacts topic carries: the only place where names and addresses leave a service.

The topic is compacted and keyed by person, so a new consumer reads the latest contact of everybody, and a
tombstone erases a person from it.
"""

from pydantic import BaseModel, ConfigDict, EmailStr, Field

from shared.contracts.envelope import Code, Id, Moment, PersonEvent, Privacy, Tombstone, event
from shared.contracts.topics import CONTACTS


class SiteDuty(BaseModel):
    """What somebody does for one site."""

    model_config = ConfigDict(frozen=True, extra="ignore", hide_input_in_errors=True)

    site: Id
    duty: Code


@event(
    "people.person.contact",
    topic=CONTACTS.name,
    privacy=Privacy.CONTACT,
    meaning="How to reach a person changed; this is the whole of it, and replaces what was known before.",
)
class PersonContact(PersonEvent):
    """A person's name and how to reach them. `site` is where they belong, wherever their duties are."""

    name: str = Field(min_length=1, max_length=200)
    email: EmailStr
    language: Code = Field(default="en", description="Preferred language, an ISO 639-1 code.")
    time_zone: str = Field(default="UTC", description="An IANA time zone name, for quiet hours.")
    duties: tuple[SiteDuty, ...] = Field(
        default=(), description="For staff: roles by site, so that notifications find who to tell."
    )

    def duties_at(self, site: str) -> tuple[str, ...]:
        """What this person does for one site, now."""
        return tuple(one.duty for one in self.duties if one.site == site)


class ContactErased(Tombstone):
    """Nobody is to reach this person any more: whoever kept a name or an address of theirs deletes it."""

    facts = PersonContact.facts


@event(
    "people.person.invited",
    topic=CONTACTS.name,
    privacy=Privacy.CONTACT,
    meaning="Somebody without an account is asked for something, by a link; a null under the same key ends it.",
)
class PersonInvited(PersonEvent):
    """`person` is the invitation's own id, nobody's for life. `site` is where it is asked; the link is a secret."""

    name: str = Field(min_length=1, max_length=200)
    email: EmailStr
    language: Code = Field(default="en", description="The language to write in, an ISO 639-1 code.")
    time_zone: str = Field(default="UTC", description="An IANA time zone name, for quiet hours.")
    purpose: Code = Field(description="What is asked, such as `reference`.")
    asked_by: str = Field(min_length=1, max_length=200, description="The name of whom it is asked for.")
    link: str = Field(min_length=1, max_length=500, description="Where to answer, once, until `expires`.")
    expires: Moment
    reminders: tuple[Moment, ...] = Field(default=(), description="When to write again, while it is open.")


class InvitationEnded(Tombstone):
    """The link leads nowhere any more: whoever kept it, or a name or an address with it, deletes it."""

    facts = PersonInvited.facts
