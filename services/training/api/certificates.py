"""Certificates: granting and reading them."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import NowDep, ProgrammesDep, PublicUrlDep
from services.training.api.views.certificate import CertificateView
from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.domain.granting import grant
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.ids import new_token
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, shown

router = APIRouter(prefix="/v1", tags=["certificates"])


class GrantBody(BaseModel):
    """`show_name`: the person agreed to their name on the public page; they can change it at any time."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "Everything is there; a strong review.", "show_name": True}]
        },
    )
    reason: str = Field(min_length=1, max_length=2_000)
    show_name: bool = False


class NameBody(BaseModel):
    """Whether the person's name is on the public page."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"shown": False}]})
    shown: bool


@router.post("/enrolments/{enrolment}/certificate", status_code=201, response_model=CertificateView)
async def grant_certificate(
    enrolment: Id, body: GrantBody, command: CommandDep, programmes: ProgrammesDep, url: PublicUrlDep
) -> Response:
    """A named certifier decides, with a reason."""
    token = new_token()

    async def rule(work: Work) -> Certificate:
        found = await work.load(Enrolment, enrolment)
        # The person themself gets as far as the rule, which says why it is not theirs to decide.
        permit(command.actor, found.site, Role.CERTIFIER, person=found.person)
        command.match(found)
        certificate = grant(
            found,
            programme=found.rules(programmes),
            by=command.actor,
            reason=body.reason,
            show_name=body.show_name,
            token=token,
            now=command.now,
        )
        work.add(certificate)
        return certificate

    return await command.run(
        rule, view=lambda made: CertificateView.of(made, now=command.now, public_url=url), status=201
    )


@router.get("/certificates/{certificate}", response_model=CertificateView)
async def certificate(
    certificate: Id, actor: ActorDep, database: DatabaseDep, url: PublicUrlDep, now: NowDep
) -> Response:
    """One certificate: for the person and staff of the site."""
    found = await queries.certificate(database, certificate, actor)
    return shown(found, CertificateView.of(found, now=now, public_url=url, with_reasons=True))


@router.put("/certificates/{certificate}/public-name", response_model=CertificateView)
async def show_name(certificate: Id, body: NameBody, command: CommandDep, url: PublicUrlDep) -> Response:
    """The person decides whether their name is on the public page."""
    return await command.change(
        Certificate,
        certificate,
        allow=(),
        own="person",
        do=lambda found: found.show_name_publicly(body.shown, by=command.actor.person),
        view=lambda found: CertificateView.of(found, now=command.now, public_url=url),
    )
