"""What a person hands in when they apply."""

from datetime import datetime

from pydantic import EmailStr, Field

from services.recruitment.domain.consents import Consent, Consents
from services.recruitment.domain.person import Name
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid
from shared.domain.sealed import Sealed

REFERENCES = 2
STATEMENT_WORDS = 250


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
    """Everything handed in, beside how to reach the person."""

    lived_experience: bool
    consents: tuple[Consent, ...]
    references: tuple[Referee, ...]
    text: Sealed[ApplicationText]

    def must_be_complete(self, email_key: str, *, consents: Consents, now: datetime) -> None:
        """Is everything there that an application of whoever has this address needs?

        Raises:
            Invalid: `lived_experience_not_attested`, `references_incomplete`, `statement_too_long`, or what
                `Consents.must_be_given` raises.
        """
        if not self.lived_experience:
            raise Invalid(
                "lived_experience_not_attested",
                "Peer mentors have lived experience themselves; confirm it, or ask the site about other roles.",
            )
        consents.must_be_given(self.consents, now=now)
        referees = {referee.email.casefold() for referee in self.references} - {email_key}
        if not len(referees) == len(self.references) == REFERENCES:
            raise Invalid(
                "references_incomplete",
                "Name exactly two people who can speak for you, neither of them yourself.",
            )
        text = self.text.read()
        words = len(((text and text.statement) or "").split())
        if words > STATEMENT_WORDS:
            raise Invalid(
                "statement_too_long",
                f"The statement has {words} words; {STATEMENT_WORDS} are enough and the limit.",
            )
