"""Moving people to another version of their programme: what it would change, and doing it."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.training import queries
from services.training.api.bodies.programme import MoveBody, MovesBody
from services.training.api.deps import NowDep, ProgrammesDep
from services.training.api.views.enrolment import EnrolmentView
from services.training.api.views.move import MoveResult, MovesView, PreviewView
from services.training.domain.enrolment import Enrolment
from shared.contracts.envelope import Id
from shared.domain.errors import NotFound, Refusal
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, shown

router = APIRouter(prefix="/v1", tags=["moves"])

MOVERS = (Role.TRAINER, Role.COORDINATOR)
"""Who may put somebody under another version."""


@router.get("/enrolments/{enrolment}/move", response_model=PreviewView)
async def preview_move(
    *,
    enrolment: Id,
    actor: ActorDep,
    database: DatabaseDep,
    programmes: ProgrammesDep,
    now: NowDep,
    version: Annotated[int, Query(ge=1, description="The version to move to.")],
) -> Response:
    """What moving would change: requirement by requirement, in the sentences of both versions. Nothing is changed."""
    found = await queries.enrolment(database, enrolment, actor)
    to = programmes.version(found.programme, version)
    preview = found.preview_move(to, programme=found.rules(programmes), now=now)
    return shown(found, PreviewView(enrolment=found.id, **dict(preview)))


@router.post("/enrolments/{enrolment}/move", response_model=EnrolmentView)
async def move(enrolment: Id, body: MoveBody, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """Put one person under another version; everything they did is kept."""
    return await command.change(
        Enrolment,
        enrolment,
        allow=MOVERS,
        do=lambda found: found.move(
            programmes.version(found.programme, body.version),
            by=command.actor.person,
            reason=body.reason,
            now=command.now,
        ),
        view=lambda found: EnrolmentView.of(found, found.rules(programmes)),
    )


@router.post("/sites/{site}/moves", response_model=MovesView)
async def move_several(site: Id, body: MovesBody, command: CommandDep, programmes: ProgrammesDep) -> Response:
    """Put several people of a site under another version; who can't be moved is told one by one, the others are."""
    permit(command.actor, site, *MOVERS)
    to = programmes.version(body.programme, body.version)
    results: list[MoveResult] = []

    async def rule(work: Work) -> Enrolment:
        results.clear()
        last: Enrolment | None = None
        for id in dict.fromkeys(body.enrolments):
            found = await work.find(Enrolment, id)
            if found is None or found.site != site or found.programme != body.programme:
                results.append(MoveResult.not_here(id))
                continue
            last = found
            results.append(_moved(found))
        if last is None:
            raise NotFound(
                "not_found", f"None of these trains in {body.programme} at {site}. Correct the list."
            )
        return last

    def _moved(found: Enrolment) -> MoveResult:
        try:
            found.move(to, by=command.actor.person, reason=body.reason, now=command.now)
        except Refusal as refusal:
            return MoveResult.refused(found.id, refusal)
        return MoveResult.done(found)

    return await command.run(rule, view=lambda _: MovesView.of(body.programme, body.version, results))
