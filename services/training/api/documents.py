"""Documents that show what a programme asks for in one of several ways."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training.api.bodies.programme import ReasonBody
from services.training.api.deps import ProgrammesDep
from services.training.api.views.document import DocumentsView
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, VaultDep, one, shown

router = APIRouter(prefix="/v1/enrolments/{enrolment}/documents", tags=["documents"])

DECIDERS = (Role.TRAINER, Role.CERTIFIER)
"""Who looks at documents and accepts or returns them."""


class DocumentBody(BaseModel):
    """Which of the programme's documents, in which of its ways, and where it can be seen."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "code": "work_or_studies",
                    "way": "work",
                    "reference": "A letter, handed in at the desk.",
                }
            ]
        },
    )
    code: Code
    way: Code
    reference: str = Field(min_length=1, max_length=1_000)


@router.get("", response_model=DocumentsView)
async def documents(enrolment: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> Response:
    """What was submitted: for the person, trainers and certifiers of the site."""
    found = await one(database, Enrolment, enrolment, actor, allow=DECIDERS, own="person")
    await vault.open(found.evidence)
    return shown(found, DocumentsView.of(found, with_text=True))


@router.post("", status_code=201, response_model=DocumentsView)
async def submit(
    enrolment: Id, body: DocumentBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The person submits one."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.submit_document(
            body.code,
            body.way,
            body.reference,
            by=command.actor.person,
            programme=found.rules(programmes),
            now=command.now,
        ),
        view=DocumentsView.of,
        status=201,
    )


@router.post("/{number}/acceptance", response_model=DocumentsView)
async def accept(enrolment: Id, number: int, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """A trainer or certifier has seen it, and it shows what is asked for."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=DECIDERS,
        do=lambda found: found.accept_document(
            number, by=command.actor.person, programme=found.rules(programmes), now=command.now
        ),
        view=DocumentsView.of,
    )


@router.post("/{number}/return", response_model=DocumentsView)
async def send_back(enrolment: Id, number: int, body: ReasonBody, command: CommandDep) -> Response:
    """It does not show it yet: the person reads why, and can submit another."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=DECIDERS,
        do=lambda found: found.return_document(
            number, reason=body.reason, by=command.actor.person, now=command.now
        ),
        view=DocumentsView.of,
    )
