"""Prior learning: asked by the person, recognised or returned by a trainer."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.views.submissions import RecognitionsView, SubmissionsView
from services.training.domain.enrolment import Enrolment
from services.training.domain.recognising import MOST_HOURS
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.web.commands import ActorDep, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, one, page, shown

router = APIRouter(prefix="/v1", tags=["recognition"])
_HERE = "/enrolments/{enrolment}/recognitions"


class RecognitionBody(BaseModel):
    """What was learnt, where and how; `documents` are references a trainer can look up."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "module": "communication",
                    "evidence": "I led a listening group for two years.",
                    "documents": ["document-17"],
                }
            ]
        },
    )
    module: Code
    part: Code | None = None
    evidence: str = Field(min_length=1, max_length=2_000)
    documents: tuple[Id, ...] = Field(default=(), max_length=20)


class RecognisedBody(BaseModel):
    """The training hours it counts for."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"hours": 8}]})
    hours: float = Field(gt=0, le=MOST_HOURS, allow_inf_nan=False)


class ReturnedBody(BaseModel):
    """Why not yet, and what would help."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"reason": "It was about groups.", "would_help": "A letter about talks of two."}]
        },
    )
    reason: str = Field(min_length=1, max_length=2_000)
    would_help: str = Field(min_length=1, max_length=2_000)


@router.get("/submissions")
async def submissions(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, site: Annotated[Id | None, Query()] = None
) -> Page[SubmissionsView]:
    """What waits for a trainer's decision at their sites, prior learning and courses, longest first."""
    where = queries.submissions(actor, site=site)
    return await page(
        database,
        Enrolment.collection,
        where,
        paging,
        view=SubmissionsView.of_row,
        by_time="trainer_awaited_since",
    )


@router.get(_HERE, response_model=RecognitionsView)
async def recognitions(enrolment: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> Response:
    """What a person asked to have recognised: for themself, trainers, and certifiers who look at the evidence."""
    found = await one(database, Enrolment, enrolment, actor, allow=queries.EVIDENCE, own="person")
    await vault.open(*found.learning.recognitions)
    return shown(found, RecognitionsView.of(found, with_text=True))


@router.post(_HERE, status_code=201, response_model=RecognitionsView)
async def ask_for_recognition(
    enrolment: Id, body: RecognitionBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """The person asks to have a module, or a part of one, recognised."""
    id = command.new_id()
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.ask_for_recognition(
            **body.model_dump(), id=id, programme=found.rules(programmes), now=command.now
        ),
        view=RecognitionsView.of,
        status=201,
    )


@router.post(_HERE + "/{recognition}/recognition", response_model=RecognitionsView)
async def recognise(
    enrolment: Id,
    recognition: Id,
    *,
    body: RecognisedBody,
    command: CommandDep,
    programmes: ProgrammesDep,
) -> Response:
    """A trainer recognises it, with the hours it counts for."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER,),
        do=lambda found: found.recognise(
            recognition,
            hours=body.hours,
            by=command.actor.person,
            programme=found.rules(programmes),
            now=command.now,
        ),
        view=RecognitionsView.of,
    )


@router.post(_HERE + "/{recognition}/return", response_model=RecognitionsView)
async def return_recognition(
    enrolment: Id, recognition: Id, body: ReturnedBody, command: CommandDep
) -> Response:
    """A trainer returns it: why, and what would help."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER,),
        do=lambda found: found.return_recognition(
            recognition, **body.model_dump(), by=command.actor.person, now=command.now
        ),
        view=RecognitionsView.of,
    )


@router.post(_HERE + "/{recognition}/withdrawal", response_model=RecognitionsView)
async def take_back_recognition(enrolment: Id, recognition: Id, command: CommandDep) -> Response:
    """The person would rather take it as it is offered."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.take_back_recognition(recognition, now=command.now),
        view=RecognitionsView.of,
    )
