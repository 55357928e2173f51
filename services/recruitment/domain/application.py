"""What a person hands in when they apply."""

from functools import cache
from typing import Annotated
from zoneinfo import available_timezones

from pydantic import AfterValidator, EmailStr, Field

from shared.contracts.envelope import Code, Moment
from shared.domain.aggregate import Value

STATEMENT_WORDS = 250


@cache
def _zones() -> frozenset[str]:
    # Looking them up reads the file system, and a candidate is validated at every load.
    return frozenset(available_timezones())


def _known_zone(name: str) -> str:
    if name not in _zones():
        raise ValueError(f"{name} is not an IANA time zone, such as Europe/London")
    return name


TimeZone = Annotated[str, Field(max_length=64), AfterValidator(_known_zone)]
Name = Annotated[str, Field(min_length=1, max_length=200)]


class Contact(Value):
    """Name and addresses; they leave this service only on the contacts topic."""

    name: Name
    email: EmailStr
    phone: str | None = Field(default=None, max_length=40)
    language: Code = "en"
    time_zone: TimeZone = "UTC"

    @property
    def email_key(self) -> str:
        """The address as compared for duplicates."""
        return self.email.casefold()


class Consent(Value):
    """What somebody agreed to: which text, in which version, when."""

    code: Code
    version: str = Field(min_length=1, max_length=40)
    given: Moment


class Referee(Value):
    """Somebody who can speak for the applicant."""

    name: Name
    email: EmailStr


class ApplicationText(Value):
    """The applicant's own words; for the coordinator and the panel only."""

    statement: str | None = Field(default=None, max_length=4000)
    availability: str | None = Field(default=None, max_length=1000)
    accessibility_needs: str | None = Field(default=None, max_length=1000)


class Application(Value):
    """Everything handed in."""

    contact: Contact
    lived_experience: bool
    consents: tuple[Consent, ...]
    references: tuple[Referee, ...]
    text: ApplicationText = ApplicationText()
