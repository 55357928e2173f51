"""Consents: the texts in force for everybody, and what an applicant gives and takes back."""

from datetime import datetime
from typing import Any, Self

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from services.recruitment.api.bodies import ConsentBody
from services.recruitment.api.deps import ConsentsDep
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.consents import CONTACT_REFEREES, Consent, Consents, ConsentText
from services.recruitment.references import no_longer_wanted
from shared.clock import utc_now
from shared.contracts.envelope import Code, Id, Moment
from shared.messaging.work import Work
from shared.web.commands import CommandDep
from shared.web.policy import permit

router = APIRouter(tags=["consents"])

_TERMS: dict[str, Any] = {
    "code": "contact_referees",
    "required": False,
    "version": "1",
    "effective_from": "2026-01-01T00:00:00Z",
    "texts": {"en": {"title": "Writing to the people you named", "text": "The site may write to them."}},
}


class TermsView(BaseModel):
    """One text to agree to, in the version in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [_TERMS]})

    code: Code
    required: bool
    version: str
    effective_from: Moment
    texts: dict[Code, ConsentText]


class TermsList(BaseModel):
    """Everything to agree to, in the versions in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"consents": [_TERMS]}]})

    consents: list[TermsView]

    @classmethod
    def of(cls, consents: Consents, now: datetime) -> Self:
        """What is in force now."""
        in_force = ((terms, terms.in_force(now)) for terms in consents.consents)
        return cls(
            consents=[
                TermsView(code=terms.code, required=terms.required, **dict(version))
                for terms, version in in_force
                if version
            ]
        )


class GivenView(BaseModel):
    """What a person agreed to and took back, oldest first."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "candidate": "0198f2c0-0000-7000-8000-000000000001",
                    "consents": [
                        {
                            "code": "contact_referees",
                            "version": "1",
                            "given": "2026-03-02T09:00:00Z",
                            "withdrawn": "2026-03-04T18:30:00Z",
                        }
                    ],
                    "version": 3,
                }
            ]
        }
    )

    candidate: str
    consents: list[Consent]
    version: int

    @classmethod
    def of(cls, candidate: Candidate) -> Self:
        """From the aggregate."""
        given = list(candidate.application.consents)
        return cls(candidate=candidate.id, consents=given, version=candidate.version)


@router.get("/consents")
async def consents_in_force(consents: ConsentsDep) -> TermsList:
    """Public: the texts an application agrees to, in every language, in the versions in force."""
    return TermsList.of(consents, utc_now())


@router.post("/candidates/{candidate}/consents", response_model=GivenView)
async def give_consent(
    candidate: Id, body: ConsentBody, command: CommandDep, consents: ConsentsDep
) -> Response:
    """Agree to a text, for your own application."""
    return await command.change(
        Candidate,
        candidate,
        allow=(),
        own="person",
        do=lambda found: found.agree_to(body.code, body.version, consents=consents, now=command.now),
        view=GivenView.of,
    )


@router.delete("/candidates/{candidate}/consents/{code}", response_model=GivenView)
async def take_consent_back(
    candidate: Id, code: Code, command: CommandDep, consents: ConsentsDep
) -> Response:
    """Take a consent back, for your own application; what was given and when is kept.

    With `contact_referees` the links that your referees were sent lead nowhere any more.
    """

    async def rule(work: Work) -> Candidate:
        found = await work.load(Candidate, candidate)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        found.take_back(code, consents=consents, now=command.now)
        if not found.has_agreed_to(CONTACT_REFEREES):
            await no_longer_wanted(work, found)
        return found

    return await command.run(rule, view=GivenView.of)
