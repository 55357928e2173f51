"""What a person hands in when they apply."""

from pydantic import EmailStr, Field

from services.recruitment.domain.person import Name
from shared.contracts.envelope import Code, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid
from shared.domain.sealed import Sealed

REQUIRED_CONSENT = "data_processing"
REFERENCES = 2
STATEMENT_WORDS = 250


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
    """Everything handed in, beside how to reach the person."""

    lived_experience: bool
    consents: tuple[Consent, ...]
    references: tuple[Referee, ...]
    text: Sealed[ApplicationText]

    def must_be_complete(self, email_key: str) -> None:
        """Is everything there that an application of whoever has this address needs?

        Raises:
            Invalid: `lived_experience_not_attested`, `consent_missing`, `references_incomplete` or
                `statement_too_long`.
        """
        if not self.lived_experience:
            raise Invalid(
                "lived_experience_not_attested",
                "Peer mentors have lived experience themselves; confirm it, or ask the site about other roles.",
            )
        if all(consent.code != REQUIRED_CONSENT for consent in self.consents):
            raise Invalid(
                "consent_missing", f"The consent {REQUIRED_CONSENT} is needed to handle an application."
            )
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
