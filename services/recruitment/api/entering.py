"""Entering somebody by hand: who handed in their application on paper."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.recruitment import queries
from services.recruitment.api.bodies import ApplicationBody
from services.recruitment.api.deps import ConsentsDep
from services.recruitment.api.views import CandidateView
from services.recruitment.domain.application import Application
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.consents import Consent, Consents
from services.recruitment.domain.entered import Entered, ExternalId
from services.recruitment.domain.person import Person
from shared.contracts.envelope import Code, Moment
from shared.domain.errors import Conflict, Invalid
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import Command, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["candidates"])


class SignedConsentBody(BaseModel):
    """A text that was signed, and when."""

    model_config = ConfigDict(extra="forbid")

    code: Code
    version: str = Field(min_length=1, max_length=40)
    given: Moment


class EnteredBody(ApplicationBody):
    """An application on paper, with the consents that were signed on it."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "name": "Robin Adeyemi",
                    "email": "robin@example.org",
                    "language": "en",
                    "time_zone": "Europe/London",
                    "site": "leeds",
                    "programme": "core",
                    "lived_experience": True,
                    "consents": [
                        {"code": "data_processing", "version": "1", "given": "2026-02-27T00:00:00Z"}
                    ],
                    "references": [
                        {"name": "A. Friend", "email": "friend@example.org"},
                        {"name": "B. Colleague", "email": "colleague@example.org"},
                    ],
                    "external_id": "P-1041",
                    "announce": True,
                }
            ]
        },
    )

    consents: list[SignedConsentBody] = Field(max_length=20)  # type: ignore[assignment]
    external_id: ExternalId | None = None
    announce: bool = Field(default=True, description="Tell the person that their application was received.")


@router.post("/candidates", response_model=CandidateView, status_code=201)
async def enter(
    body: EnteredBody, command: CommandDep, database: DatabaseDep, consents: ConsentsDep
) -> Response:
    """Enter somebody who applied on paper, with the consents they signed."""
    permit(command.actor, body.site, Role.COORDINATOR)
    person, candidate = command.new_id(), command.new_id()

    async def rule(work: Work) -> Candidate:
        # Offered, and not necessarily open: what was handed in on paper may have come in time.
        (await queries.site_of(work, body.site)).offer(body.programme)
        applicant = Person.applying(None, person, site=body.site, contact=body.contact())
        made = _entered(body, command, candidate, applicant, consents=consents)
        if await queries.address_holds_place(
            database, made.email_key, site=made.site, programme=made.programme
        ):
            raise Conflict(
                "candidate_already_entered",
                "There is an open application under this address; look it up, or correct the address.",
            )
        if await queries.external_id_is_taken(
            database, body.external_id, site=made.site, programme=made.programme
        ):
            raise Conflict(
                "external_id_taken",
                "There is an application with this external id; look it up, or correct the id.",
            )
        work.add(applicant)
        work.add(made)
        return made

    return await command.run(rule, view=CandidateView.of, status=201)


def _entered(
    body: EnteredBody, command: Command, candidate: str, applicant: Person, *, consents: Consents
) -> Candidate:
    return Candidate.apply(
        id=candidate,
        person=applicant,
        site=body.site,
        programme=body.programme,
        application=_application(body, command),
        anonymous=True,
        consents=consents,
        now=command.now,
        entered=Entered(by=command.actor.person, external_id=body.external_id),
        announce=body.announce,
    )


def _application(body: EnteredBody, command: Command) -> Application:
    if any(one.given > command.now for one in body.consents):
        raise Invalid("consent_in_the_future", "A consent was signed before it is entered; correct the day.")
    signed = tuple(Consent(code=one.code, version=one.version, given=one.given) for one in body.consents)
    return body.application(command.now).model_copy(update={"consents": signed})
