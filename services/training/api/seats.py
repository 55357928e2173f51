"""Places in a cohort: joining and leaving it."""

from collections.abc import Callable

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict

from services.training.api.deps import ProgrammesDep
from services.training.api.scheduling import PLANNERS
from services.training.api.views.cohort import CohortView
from services.training.domain.cohort import Cohort
from services.training.domain.enrolment import Enrolment, enrolment_id
from services.training.domain.joining import join, leave
from shared.contracts.envelope import Id
from shared.domain.errors import NotFound
from shared.messaging.work import Work
from shared.web.commands import Command, CommandDep
from shared.web.policy import permit

router = APIRouter(prefix="/v1/cohorts/{cohort}", tags=["cohorts"])


class WhoBody(BaseModel):
    """For whom; left out, or null, for oneself."""

    model_config = ConfigDict(extra="forbid", json_schema_extra={"examples": [{"person": "mentor-ana"}]})
    person: Id | None = None


_ONESELF = WhoBody()


@router.post("/join", response_model=CohortView)
async def join_cohort(
    cohort: Id, command: CommandDep, programmes: ProgrammesDep, body: WhoBody = _ONESELF
) -> Response:
    """Take a place, or a turn on the waiting list: the person themself, or a trainer or coordinator for them."""

    def decide(enrolment: Enrolment, found: Cohort) -> None:
        join(enrolment, found, programme=enrolment.rules(programmes), now=command.now)

    return await _decided(cohort, body, command, decide)


@router.post("/leave", response_model=CohortView)
async def leave_cohort(cohort: Id, command: CommandDep, body: WhoBody = _ONESELF) -> Response:
    """Give up a place, or a turn. Nobody has to say why, and it is no mark against anybody."""

    def decide(enrolment: Enrolment, found: Cohort) -> None:
        leave(enrolment, found, now=command.now)

    return await _decided(cohort, body, command, decide)


async def _decided(
    cohort: str, body: WhoBody, command: Command, decide: Callable[[Enrolment, Cohort], None]
) -> Response:
    person = body.person or command.actor.person

    async def rule(work: Work) -> Cohort:
        found = await work.load(Cohort, cohort)
        enrolment = await work.find(Enrolment, enrolment_id(person, found.programme))
        mine = enrolment is not None and (enrolment.site == found.site or found.knows(person))
        permit(command.actor, found.site, *PLANNERS, person=person if mine else None)
        command.match(found)
        if enrolment is None or not mine:
            raise NotFound(
                "not_enrolled", f"{person} is not in training in {found.programme} at {found.site}."
            )
        decide(enrolment, found)
        return found

    return await command.run(rule, view=lambda found: _answer(found, person, command))


def _answer(cohort: Cohort, person: str, command: Command) -> CohortView:
    staff = command.actor.holds(cohort.site, *PLANNERS)
    return CohortView.read_by(cohort, person, staff=staff, now=command.now, kept=True)
