"""Learning at one's own pace: parts of a module, what to know before them, and their other ways."""

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.views.learning import ChoiceView, ModuleLearningView
from services.training.domain.choices import Choices, choices_id
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Code, Id
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, one, shown

router = APIRouter(prefix="/v1/enrolments/{enrolment}/modules/{module}", tags=["learning"])


class PartProgressBody(BaseModel):
    """`minutes` are those since the last report; what is finished stays finished."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"minutes": 25, "finished": True}]}
    )
    minutes: int = Field(default=0, ge=0, le=1_440)
    finished: bool = False


class AlternativeBody(BaseModel):
    """The other way, or (false) the usual one after all. Nobody asks why."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"chosen": True}]})
    chosen: bool = True


@router.get("", response_model=ModuleLearningView)
async def module(
    enrolment: Id, module: Code, actor: ActorDep, database: DatabaseDep, programmes: ProgrammesDep
) -> Response:
    """The person's own view of a module: where to go on, and what to know before each part."""
    found = await one(database, Enrolment, enrolment, actor, allow=(), own="person")
    rule = found.rules(programmes).module(module)
    choices = await queries.choices(database, enrolment)
    return shown(found, ModuleLearningView.of(found, rule, choices))


@router.post("/parts/{part}/progress", response_model=ModuleLearningView)
async def work_on_part(
    enrolment: Id,
    module: Code,
    part: Code,
    *,
    body: PartProgressBody,
    command: CommandDep,
    database: DatabaseDep,
    programmes: ProgrammesDep,
) -> Response:
    """The person's own progress in one part; it never goes back, from however many windows it is reported."""
    choices = await queries.choices(database, enrolment)
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.work_on_part(
            module,
            part,
            minutes=body.minutes,
            finished=body.finished,
            programme=found.rules(programmes),
        ),
        view=lambda found: ModuleLearningView.of(found, found.rules(programmes).module(module), choices),
    )


@router.post("/parts/{part}/alternative", response_model=ChoiceView)
async def choose_alternative(
    enrolment: Id,
    module: Code,
    part: Code,
    *,
    body: AlternativeBody,
    command: CommandDep,
    programmes: ProgrammesDep,
) -> Response:
    """The person takes a part in its other way. It counts the same, and nobody else sees it."""

    async def rule(work: Work) -> Choices:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, person=found.person)
        found.must_not_be_erased()
        choices = await work.find(Choices, choices_id(enrolment))
        command.match(choices)
        if choices is None:
            choices = Choices.of(enrolment, person=found.person, site=found.site)
            work.add(choices)
        choices.choose(found.rules(programmes).module(module), part, alternative=body.chosen)
        return choices

    return await command.run(rule, view=lambda choices: ChoiceView.of(choices, module, part))
