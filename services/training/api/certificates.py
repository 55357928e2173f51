"""Certificates: granting and reading them."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import NowDep, ProgrammesDep, PublicUrlDep
from services.training.api.views.certificate import CertificateView
from services.training.domain.certificate import Certificate, PublicPage
from services.training.domain.contact import Contact
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
    """Why it is granted. What the public sees of it is the person's to decide, not the certifier's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Everything is there; a strong review."}]},
    )
    reason: str = Field(min_length=1, max_length=2_000)


class PublicPageBody(BaseModel):
    """The whole of what the public page shows: `on` with status, programme and dates; `name` and `site` beside."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"on": True, "name": True, "site": False}]}
    )
    on: bool
    name: bool
    site: bool


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
        contact = await work.find(Contact, found.person)
        certificate = grant(
            found,
            programme=found.rules(programmes),
            by=command.actor,
            reason=body.reason,
            name=contact.name if contact else None,
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


@router.put("/certificates/{certificate}/public-page", response_model=CertificateView)
async def show_publicly(
    certificate: Id, body: PublicPageBody, command: CommandDep, url: PublicUrlDep
) -> Response:
    """The person decides what their public page shows, and whether there is one."""
    page = PublicPage(**body.model_dump())
    return await command.change(
        Certificate,
        certificate,
        allow=(),
        own="person",
        do=lambda found: found.show_publicly(page, by=command.actor.person),
        view=lambda found: CertificateView.of(found, now=command.now, public_url=url),
    )
