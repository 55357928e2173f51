"""Support: what helps a person to take part, and asking for help. None of it counts for or against anybody."""

from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.views.support import AdaptationsView, HelpSummary, HelpView
from services.training.domain.enrolment import Enrolment
from services.training.domain.help import HelpRequest, HelpTopic
from services.training.domain.support import LARGEST_FACTOR, Need, Support, support_id
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, Command, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, one, page, shown

router = APIRouter(prefix="/v1", tags=["support"])

RUNS_THINGS = (Role.TRAINER, Role.ASSESSOR)
"""Who has to know what helps somebody, as they run the sessions and assessments."""


class AdaptationsBody(BaseModel):
    """Everything that helps, from now on; an empty list where nothing has to be different."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"needs": ["extra_time"], "language": "es"}]}
    )
    needs: tuple[Need, ...] = Field(max_length=len(Need))
    language: Code | None = Field(default=None, max_length=10)


class ExtraTimeBody(BaseModel):
    """So many times the time of a written assessment."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"factor": 1.5}]})
    factor: float = Field(ge=1, le=LARGEST_FACTOR, allow_inf_nan=False)


class HelpBody(BaseModel):
    """What it is about; words only if the person likes."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"topic": "pace", "question": "Could I do the rest over the summer?"}]
        },
    )
    topic: HelpTopic
    question: str = Field(default="", max_length=2_000)


class HelpAnswerBody(BaseModel):
    """A line to the person."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"answer": "Let's talk on Thursday."}]}
    )
    answer: str = Field(min_length=1, max_length=2_000)


@router.get("/enrolments/{enrolment}/adaptations", response_model=AdaptationsView)
async def adaptations(enrolment: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """What helps a person: for themself, and for the trainers and assessors of the site."""
    found = await one(database, Enrolment, enrolment, actor, allow=RUNS_THINGS, own="person")
    support = await queries.support(database, found)
    return shown(support, AdaptationsView.of(support))


@router.put("/enrolments/{enrolment}/adaptations", response_model=AdaptationsView)
async def state_adaptations(enrolment: Id, body: AdaptationsBody, command: CommandDep) -> Response:
    """The person says what helps; nobody asks why."""

    async def rule(work: Work) -> Support:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, person=found.person)
        support = await _support_to_change(work, found, command)
        support.state(body.needs, language=body.language)
        return support

    return await command.run(rule, view=AdaptationsView.of)


@router.post("/enrolments/{enrolment}/adaptations/extra-time", response_model=AdaptationsView)
async def give_time(enrolment: Id, body: ExtraTimeBody, command: CommandDep) -> Response:
    """A trainer decides how much more time there is in written assessments that start from now on."""

    async def rule(work: Work) -> Support:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, Role.TRAINER)
        support = await _support_to_change(work, found, command)
        support.give_time(body.factor, by=command.actor.person, now=command.now)
        return support

    return await command.run(rule, view=AdaptationsView.of)


async def _support_to_change(work: Work, enrolment: Enrolment, command: Command) -> Support:
    enrolment.must_not_be_erased()
    found = await work.find(Support, support_id(enrolment.id))
    command.match(found)
    if found is None:
        found = Support.of(enrolment.id, person=enrolment.person, site=enrolment.site)
        work.add(found)
    return found


@router.post("/enrolments/{enrolment}/help", status_code=201, response_model=HelpView)
async def ask_for_help(enrolment: Id, body: HelpBody, command: CommandDep) -> Response:
    """The person asks for help, at any time; the trainers of the site are told that they do."""
    id = command.new_id()

    async def rule(work: Work) -> HelpRequest:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        found.must_not_be_erased()
        about = found.model_dump(include={"site", "person", "programme"})
        asked = HelpRequest.ask(
            id=id,
            about={**about, "enrolment": found.id},
            topic=body.topic,
            question=body.question,
            now=command.now,
        )
        work.add(asked)
        return asked

    return await command.run(rule, view=HelpView.of, status=201)


@router.get("/help")
async def help_to_give(
    actor: ActorDep, database: DatabaseDep, paging: PagingDep, site: Annotated[Id | None, Query()] = None
) -> Page[HelpSummary]:
    """Who waits for help at a trainer's sites, longest first."""
    where = queries.help_wanted(actor, site=site)
    return await page(
        database, HelpRequest.collection, where, paging, view=HelpSummary.of_row, by_time="asked"
    )


@router.get("/me/help")
async def own_help(actor: ActorDep, database: DatabaseDep, paging: PagingDep) -> Page[HelpSummary]:
    """What the reader asked for, oldest first."""
    where = {"person": actor.person}
    return await page(
        database, HelpRequest.collection, where, paging, view=HelpSummary.of_row, by_time="asked"
    )


@router.get("/help/{help}", response_model=HelpView)
async def help_request(help: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> Response:
    """One request, with what was written: for the person and the trainers of the site."""
    found = await one(database, HelpRequest, help, actor, allow=(Role.TRAINER,), own="person")
    await vault.open(found)
    return shown(found, HelpView.of(found, with_text=True))


@router.post("/help/{help}/answer", response_model=HelpView)
async def answer_help(help: Id, body: HelpAnswerBody, command: CommandDep) -> Response:
    """A trainer of the site answers, which closes the request."""
    return await command.change(
        HelpRequest,
        help,
        allow=(Role.TRAINER,),
        do=lambda found: found.answer(body.answer, by=command.actor.person, now=command.now),
        view=HelpView.of,
    )


@router.post("/help/{help}/withdrawal", response_model=HelpView)
async def take_back_help(help: Id, command: CommandDep) -> Response:
    """The person no longer needs it."""
    return await command.change(
        HelpRequest,
        help,
        allow=(),
        own="person",
        do=lambda found: found.take_back(now=command.now),
        view=HelpView.of,
    )
