"""The log: days of shadowing and supervised practice, confirmed by whoever was there."""

from datetime import date

from fastapi import APIRouter, Response
from pydantic import BaseModel, ConfigDict, Field

from services.training import queries
from services.training.api.deps import ProgrammesDep
from services.training.api.education import ReasonBody
from services.training.api.views.learning import AwaitedLogsView, LogsView
from services.training.domain.enrolment import Enrolment
from services.training.domain.module import Delivery
from services.training.domain.practice_log import LONGEST_DAY, LogDraft, LogKind
from shared.contracts.envelope import Code, Id
from shared.domain.people import Actor
from shared.messaging.work import Work
from shared.web.commands import ActorDep, CommandDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, one, opened_page, shown

router = APIRouter(prefix="/v1", tags=["learning"])
_HERE = "/enrolments/{enrolment}/logs"


class LogBody(BaseModel):
    """A day: beside whom, and how long."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {
                    "module": "communication",
                    "kind": "shadowing",
                    "beside": "mentor-mia",
                    "day": "2026-05-09",
                    "hours": 2.5,
                }
            ]
        },
    )
    module: Code
    kind: LogKind
    beside: Id
    day: date = Field(ge=date(1950, 1, 1), le=date(2199, 12, 31))
    hours: float = Field(gt=0, le=LONGEST_DAY, allow_inf_nan=False)
    note: str = Field(default="", max_length=1_000)


@router.get("/me/logs-to-confirm")
async def logs_to_confirm(
    actor: ActorDep, database: DatabaseDep, vault: VaultDep, paging: PagingDep
) -> Page[AwaitedLogsView]:
    """Days that wait for the reader's word, by person."""

    def view(found: Enrolment) -> AwaitedLogsView:
        return AwaitedLogsView.of(
            found, actor.person, as_staff=actor.holds(found.site, *queries.SEES_PRACTICE)
        )

    where = queries.logs_to_confirm(actor)
    return await opened_page(database, vault, Enrolment, where, paging, view=view)


@router.get(_HERE, response_model=LogsView)
async def logs(enrolment: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep) -> Response:
    """A person's log: for themself, trainers, and certifiers who look at the evidence."""
    found = await one(database, Enrolment, enrolment, actor, allow=queries.EVIDENCE, own="person")
    await vault.open(*found.learning.logs)
    return shown(found, LogsView.of(found, with_text=True))


@router.post(_HERE, status_code=201, response_model=LogsView)
async def log_practice(
    enrolment: Id, body: LogBody, command: CommandDep, database: DatabaseDep, programmes: ProgrammesDep
) -> Response:
    """The person writes down a day beside somebody."""
    id, draft = command.new_id(), LogDraft(**body.model_dump())

    async def rule(work: Work) -> Enrolment:
        found = await work.load(Enrolment, enrolment)
        permit(command.actor, found.site, person=found.person)
        command.match(found)
        found.log_practice(
            draft,
            id=id,
            mentor_certified=await queries.is_certified(database, draft.beside, found.site, command.now),
            programme=found.rules(programmes),
            now=command.now,
        )
        return found

    return await command.run(rule, view=LogsView.of, status=201)


@router.post(_HERE + "/{log}/confirmation", response_model=LogsView)
async def confirm_log(enrolment: Id, log: Id, command: CommandDep, database: DatabaseDep) -> Response:
    """Whoever was there says that it was so."""

    async def rule(work: Work) -> Enrolment:
        found = await work.load(Enrolment, enrolment)
        _permit_whoever_was_there(command.actor, found, log)
        command.match(found)
        by = command.actor.person
        certified = await queries.is_certified(database, by, found.site, command.now)
        found.confirm_log(log, by=by, mentor_certified=certified, now=command.now)
        return found

    return await command.run(rule, view=lambda found: LogsView.of(found, only=log))


@router.post(_HERE + "/{log}/return", response_model=LogsView)
async def return_log(enrolment: Id, log: Id, body: ReasonBody, command: CommandDep) -> Response:
    """Whoever was there returns it, and says why."""

    async def rule(work: Work) -> Enrolment:
        found = await work.load(Enrolment, enrolment)
        _permit_whoever_was_there(command.actor, found, log)
        command.match(found)
        found.return_log(log, by=command.actor.person, reason=body.reason, now=command.now)
        return found

    return await command.run(rule, view=lambda found: LogsView.of(found, only=log))


def _permit_whoever_was_there(actor: Actor, enrolment: Enrolment, log: str) -> None:
    # A mentor has no role of staff, so who is named in the log is let in by name; the rest is the rule's.
    named = {entry.id: entry for entry in enrolment.learning.logs}.get(log)
    if named is not None and named.kind is Delivery.SHADOWING:
        permit(actor, enrolment.site, *queries.SEES_PRACTICE, person=named.beside)
    else:
        permit(actor, enrolment.site, *queries.SEES_PRACTICE)
