"""Certifiers' decisions: granting, renewing, making longer, giving back; and how a certificate stands."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import NowDep, ProgrammesDep, PublicUrlDep
from services.training.api.views.certificate import CertificateView
from services.training.api.views.enrolment import EnrolmentView
from services.training.api.views.renewal import RenewalView
from services.training.api.views.returned import ReturnView
from services.training.domain.certificate import Certificate
from services.training.domain.contact import Contact
from services.training.domain.enrolment import Enrolment
from services.training.domain.granting import grant
from services.training.domain.renewing import extend, renew
from shared.contracts.envelope import Id, Moment
from shared.domain.people import Role
from shared.ids import new_token
from shared.messaging.work import Work
from shared.web.commands import ActorDep, Command, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, VaultDep, shown

router = APIRouter(prefix="/v1", tags=["certifying"])


class DecisionBody(BaseModel):
    """Why it is decided so. What the public sees of it is the person's to decide, not the certifier's."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={"examples": [{"reason": "Everything is there; a strong review."}]},
    )
    reason: str = Field(min_length=1, max_length=2_000)


class RevocationBody(BaseModel):
    """Why, and since when where it should not have counted before either."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"reason": "The reference was not genuine.", "effective_from": "2026-05-11T00:00:00Z"}
            ]
        },
    )
    reason: str = Field(min_length=1, max_length=2_000)
    effective_from: Moment | None = None


class ReturnBody(BaseModel):
    """Why it is given back, and what would help; both are told to the person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "reason": "The review speaks of two meetings that were cut short.",
                    "what_helps": "Another review in four weeks; your supervisor knows.",
                }
            ]
        },
    )
    reason: str = Field(min_length=1, max_length=2_000)
    what_helps: str = Field(min_length=1, max_length=2_000)


@router.post("/enrolments/{enrolment}/certificate", status_code=201, response_model=CertificateView)
async def grant_certificate(
    enrolment: Id, body: DecisionBody, command: CommandDep, programmes: ProgrammesDep, url: PublicUrlDep
) -> Response:
    """A named certifier decides, with a reason; the certificate is provisional where something may come later."""
    token = new_token()

    async def rule(work: Work) -> Certificate:
        found = await _to_decide(enrolment, work, command)
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


@router.post("/enrolments/{enrolment}/return", response_model=EnrolmentView)
async def return_to_the_person(
    enrolment: Id, body: ReturnBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """A certifier gives back what waits for a decision, with a reason and what would help; it can be appealed."""

    async def rule(work: Work) -> Enrolment:
        found = await _to_decide(enrolment, work, command)
        command.match(found)
        found.return_to_the_person(
            by=command.actor, reason=body.reason, what_helps=body.what_helps, now=command.now
        )
        return found

    return await command.run(rule, view=lambda found: EnrolmentView.of(found, found.rules(programmes)))


@router.get("/enrolments/{enrolment}/returns")
async def returns(enrolment: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> list[ReturnView]:
    """Every time it was given back, why and what would help: for the person, certifiers and auditors."""
    found = await queries.enrolment_for_deciders(database, enrolment, actor)
    await vault.open(*found.returns)
    return [ReturnView.of(one) for one in found.returns]


@router.post("/enrolments/{enrolment}/another-look", response_model=EnrolmentView)
async def ask_for_another_look(enrolment: Id, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """The person, or a trainer for them, has the certifiers look again at what was given back."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER, Role.COORDINATOR),
        own="person",
        do=lambda found: found.ask_for_another_look(programme=found.rules(programmes), now=command.now),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )


@router.get("/certificates/{certificate}/renewal", response_model=RenewalView)
async def renewal(
    certificate: Id, actor: ActorDep, database: DatabaseDep, programmes: ProgrammesDep, now: NowDep
) -> Response:
    """What the next period needs, what there is for it, and when it can be decided."""
    found = await queries.certificate(database, certificate, actor)
    enrolment = await queries.enrolment_of(database, found)
    return shown(found, RenewalView.of(found, enrolment, enrolment.rules(programmes), now=now))


@router.post("/certificates/{certificate}/renewal", response_model=CertificateView)
async def renew_certificate(
    certificate: Id, body: DecisionBody, command: CommandDep, programmes: ProgrammesDep, url: PublicUrlDep
) -> Response:
    """A named certifier decides on the next period."""

    def decide(found: Certificate, enrolment: Enrolment) -> None:
        renew(
            found,
            enrolment,
            programme=enrolment.rules(programmes),
            by=command.actor,
            reason=body.reason,
            now=command.now,
        )

    return await _both(certificate, command, url, decide)


@router.post("/certificates/{certificate}/extension", response_model=CertificateView)
async def extend_certificate(
    certificate: Id, body: DecisionBody, command: CommandDep, programmes: ProgrammesDep, url: PublicUrlDep
) -> Response:
    """A named certifier makes the present period longer, as far as the programme knows that."""

    def decide(found: Certificate, enrolment: Enrolment) -> None:
        extend(
            found,
            enrolment,
            programme=enrolment.rules(programmes),
            by=command.actor,
            reason=body.reason,
            now=command.now,
        )

    return await _both(certificate, command, url, decide)


@router.post("/certificates/{certificate}/suspension", response_model=CertificateView)
async def suspend_certificate(
    certificate: Id, body: DecisionBody, command: CommandDep, url: PublicUrlDep
) -> Response:
    """A certifier or the site's administrator suspends it until it is reinstated; the person can appeal."""
    return await _one(
        certificate,
        command,
        url,
        lambda found: found.suspend(by=command.actor, reason=body.reason, now=command.now),
        Role.SITE_ADMIN,
    )


@router.post("/certificates/{certificate}/reinstatement", response_model=CertificateView)
async def reinstate_certificate(
    certificate: Id, body: DecisionBody, command: CommandDep, url: PublicUrlDep
) -> Response:
    """A certifier ends a suspension."""
    return await _one(
        certificate,
        command,
        url,
        lambda found: found.reinstate(by=command.actor, reason=body.reason, now=command.now),
    )


@router.post("/certificates/{certificate}/revocation", response_model=CertificateView)
async def revoke_certificate(
    certificate: Id, body: RevocationBody, command: CommandDep, url: PublicUrlDep
) -> Response:
    """A certifier takes it back for good; the person can appeal."""
    return await _one(
        certificate,
        command,
        url,
        lambda found: found.revoke(
            by=command.actor, reason=body.reason, now=command.now, effective_from=body.effective_from
        ),
    )


async def _to_decide(enrolment: str, work: Work, command: Command) -> Enrolment:
    found = await work.load(Enrolment, enrolment)
    # The person themself gets as far as the rule, which says why it is not theirs to decide.
    permit(command.actor, found.site, Role.CERTIFIER, person=found.person)
    return found


async def _both(
    certificate: str, command: Command, url: str, decide: Callable[[Certificate, Enrolment], None]
) -> Response:
    async def rule(work: Work) -> Certificate:
        found = await work.load(Certificate, certificate)
        enrolment = await _to_decide(found.enrolment, work, command)
        command.match(found)
        decide(found, enrolment)
        return found

    return await command.run(
        rule, view=lambda found: CertificateView.of(found, now=command.now, public_url=url)
    )


async def _one(
    certificate: str, command: Command, url: str, decide: Callable[[Certificate], None], *also: Role
) -> Response:
    return await command.change(
        Certificate,
        certificate,
        allow=(Role.CERTIFIER, *also),
        own="person",
        do=decide,
        view=lambda found: CertificateView.of(found, now=command.now, public_url=url),
    )
