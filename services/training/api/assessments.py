"""Assessments: written attempts by the person, practical results by an assessor."""

from typing import Annotated

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training.api.deps import ProgrammesDep
from services.training.api.views.attempt import ResultView, StartedView
from services.training.api.views.enrolment import EnrolmentView
from services.training.domain.enrolment import Enrolment
from services.training.domain.question import LONGEST_ANSWER, Choice
from services.training.domain.supervisors import Supervisors
from services.training.domain.support import Support, support_id
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, one, shown

router = APIRouter(prefix="/v1/enrolments/{enrolment}/assessments/{assessment}", tags=["assessments"])


class AnswersBody(BaseModel):
    """Question -> option, or options where several can be right; `texts` answer open questions.

    A question left out counts as not known.
    """

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"answers": {"com_1": "c", "com_4": ["a", "d"]}, "texts": {"com_5": "I'd listen."}}]
        },
    )
    answers: dict[Code, Choice] = Field(max_length=200)
    texts: dict[Code, Annotated[str, Field(max_length=LONGEST_ANSWER)]] = Field(default={}, max_length=50)


class ResultBody(BaseModel):
    """A score from 1 to 5 for every criterion of the rubric."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "scores": {
                        "listening": 4,
                        "use_of_story": 3,
                        "boundaries": 4,
                        "crisis": 4,
                        "cultural_respect": 5,
                        "self_awareness": 4,
                    },
                    "notes": "Calm and clear.",
                }
            ]
        },
    )
    scores: dict[Code, int] = Field(max_length=50)
    notes: str = Field(default="", max_length=2_000)


class AllowanceBody(BaseModel):
    """Why one more attempt is opened."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"reason": "We went through what was hard."}]}
    )
    reason: str = Field(min_length=1, max_length=2_000)


@router.post("/attempts", status_code=201, response_model=StartedView)
async def start_attempt(
    enrolment: Id, assessment: Code, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """Begin a written attempt; one that is under way goes on with the same questions and end."""
    seed = command.new_id()

    async def rule(work: Work) -> Enrolment:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        support = await work.find(Support, support_id(enrolment))
        found.start_attempt(
            assessment,
            seed=seed,
            time_factor=support.time_factor if support else 1.0,
            programme=found.rules(programmes),
            now=command.now,
        )
        return found

    return await command.run(
        rule,
        view=lambda found: StartedView.of(found, found.rules(programmes).written(assessment)),
        status=201,
    )


@router.get("/attempts/{attempt}", response_model=ResultView)
async def result(
    enrolment: Id,
    assessment: Code,
    attempt: Annotated[int, Path(ge=1)],
    *,
    actor: ActorDep,
    database: DatabaseDep,
    programmes: ProgrammesDep,
) -> Response:
    """What became of the person's own attempt, and what to look at again."""
    found = await one(database, Enrolment, enrolment, actor, allow=(), own="person")
    return shown(found, ResultView.of(found, found.rules(programmes).assessment(assessment), attempt))


@router.post("/attempts/{attempt}/answers", response_model=ResultView)
async def answer(
    enrolment: Id,
    assessment: Code,
    attempt: Annotated[int, Path(ge=1)],
    *,
    body: AnswersBody,
    command: CommandDep,
    programmes: ProgrammesDep,
) -> Response:
    """Hand in a written attempt: what has options is marked at once, open answers are read by an assessor."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(),
        own="person",
        do=lambda found: found.answer(
            assessment,
            attempt,
            body.answers,
            texts=body.texts,
            programme=found.rules(programmes),
            now=command.now,
        ),
        view=lambda found: ResultView.of(found, found.rules(programmes).written(assessment), attempt),
    )


@router.post("/result", response_model=ResultView)
async def assess(
    enrolment: Id, assessment: Code, body: ResultBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """An assessor's sheet of the practical assessment; where it takes several, the last one decides."""

    async def rule(work: Work) -> Enrolment:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, Role.ASSESSOR)
        command.match(found)
        supervisors = await work.find(Supervisors, found.person)
        found.assess(
            assessment,
            body.scores,
            by=command.actor.person,
            supervisors=supervisors.people if supervisors else (),
            notes=body.notes,
            programme=found.rules(programmes),
            now=command.now,
        )
        return found

    return await command.run(
        rule, view=lambda found: ResultView.of(found, found.rules(programmes).practical(assessment))
    )


@router.post("/allowance", response_model=EnrolmentView)
async def allow_another_attempt(
    enrolment: Id, assessment: Code, body: AllowanceBody, command: CommandDep, programmes: ProgrammesDep
) -> Response:
    """A trainer opens one more attempt where all are used, and says why."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=(Role.TRAINER,),
        do=lambda found: found.allow_another_attempt(
            assessment,
            by=command.actor.person,
            reason=body.reason,
            programme=found.rules(programmes),
            now=command.now,
        ),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )
