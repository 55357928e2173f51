"""What recruitment is sent."""

from datetime import datetime
from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, EmailStr, Field, StringConstraints, model_validator

from services.recruitment.domain.application import Application, ApplicationText, Referee
from services.recruitment.domain.checks import CheckKind, CheckResult, ProviderReference
from services.recruitment.domain.consents import Consent
from services.recruitment.domain.person import Contact, Duty, Name, TimeZone
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.recruitment import ScreeningOutcome
from shared.domain.sealed import Sealed

SupportContact = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=300)]


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(extra="forbid", json_schema_extra={"examples": [value]})


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ContactBody(_Body):
    """Name and addresses."""

    name: Name
    email: EmailStr
    language: Code = "en"
    time_zone: TimeZone = "UTC"
    phone: str | None = Field(default=None, max_length=40)

    def contact(self) -> Contact:
        """As the domain keeps it."""
        return Contact(
            name=self.name,
            email=self.email,
            phone=self.phone,
            language=self.language,
            time_zone=self.time_zone,
        )


class ConsentBody(_Body):
    """A text that was agreed to."""

    model_config = _example({"code": "contact_referees", "version": "1"})

    code: Code
    version: str = Field(min_length=1, max_length=40)


class ApplicationBody(ContactBody):
    """An application. Please leave graphic detail out of the statement."""

    model_config = _example(
        {
            "name": "Robin Adeyemi",
            "email": "robin@example.org",
            "language": "en",
            "time_zone": "Europe/London",
            "site": "leeds",
            "programme": "core",
            "lived_experience": True,
            "consents": [{"code": "data_processing", "version": "1"}],
            "references": [
                {"name": "A. Friend", "email": "friend@example.org"},
                {"name": "B. Colleague", "email": "colleague@example.org"},
            ],
            "statement": "I know the way through.",
        }
    )

    site: Id
    programme: Code
    lived_experience: bool
    consents: list[ConsentBody] = Field(max_length=20)
    references: list[Referee] = Field(max_length=10)
    statement: str | None = Field(default=None, max_length=4000)
    availability: str | None = Field(default=None, max_length=1000)
    accessibility_needs: str | None = Field(default=None, max_length=1000)

    def application(self, now: datetime) -> Application:
        """As the domain keeps it; consents are given now."""
        return Application(
            lived_experience=self.lived_experience,
            consents=tuple(Consent(code=one.code, version=one.version, given=now) for one in self.consents),
            references=tuple(self.references),
            text=Sealed.of(
                ApplicationText(
                    statement=self.statement,
                    availability=self.availability,
                    accessibility_needs=self.accessibility_needs,
                )
            ),
        )


class StaffBody(_Body):
    """Somebody's duties at a site, and how to reach them; without name and email only the duties are set."""

    model_config = _example(
        {
            "site": "leeds",
            "duties": ["interviewer"],
            "name": "Ines Okoro",
            "email": "ines@example.org",
            "language": "en",
            "time_zone": "Europe/London",
        }
    )

    site: Id
    duties: list[Duty] = Field(max_length=len(Duty))
    name: Name | None = None
    email: EmailStr | None = None
    language: Code = "en"
    time_zone: TimeZone = "UTC"
    phone: str | None = Field(default=None, max_length=40)

    @model_validator(mode="after")
    def _whole(self) -> Self:
        told = self.model_fields_set - {"site", "duties"}
        if told and (self.name is None or self.email is None):
            raise ValueError("give name and email together, or leave out everything but site and duties")
        return self

    def contact(self) -> Contact | None:
        """As the domain keeps it; None where only the duties are meant."""
        if self.name is None or self.email is None:
            return None
        return Contact(
            name=self.name,
            email=self.email,
            phone=self.phone,
            language=self.language,
            time_zone=self.time_zone,
        )


class CheckBody(_Body):
    """How a check stands."""

    model_config = _example(
        {
            "check": "background_check",
            "result": "cleared",
            "expires": "2027-03-02T00:00:00Z",
            "provider_reference": "DBS-0042-77",
        }
    )

    check: CheckKind
    result: CheckResult
    expires: Moment | None = None
    provider_reference: ProviderReference | None = None


class DecisionBody(_Body):
    """A coordinator's decision.

    Date and support contacts go with a deferral alone, and `beyond_capacity` with an acceptance.
    """

    model_config = _example(
        {
            "outcome": "deferred",
            "reason": "A little more time first, as we agreed.",
            "deferred_until": "2026-06-01T09:00:00Z",
            "support_contacts": ["The peer line, 0113 496 0000"],
        }
    )

    outcome: ScreeningOutcome
    reason: str = Field(min_length=1, max_length=2000)
    deferred_until: Moment | None = None
    support_contacts: list[SupportContact] = Field(default_factory=list, max_length=10)
    beyond_capacity: bool = False


class WithdrawalBody(_Body):
    """Why an application is taken back; the person themself may leave it out."""

    model_config = _example({"reason": "Robin rang to say that it is not the time."})

    reason: str | None = Field(default=None, max_length=2000)
