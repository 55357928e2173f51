"""Hours of a placement: reported, decided and read."""

from collections.abc import Callable

from fastapi import APIRouter, Response

from services.supervision import queries
from services.supervision.api.bodies import HoursBody, ReturnBody
from services.supervision.api.deps import PracticeDep, placement_to_change
from services.supervision.api.views.hours import HoursAnswer, HoursLine
from services.supervision.api.views.warnings import LEAVE_OUT, Warn, warnings_about
from services.supervision.domain.hours import HoursEntry
from services.supervision.domain.placement import Placement
from shared.contracts.envelope import Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep, Command, CommandDep
from shared.web.queries import DatabaseDep, Page, PagingDep, VaultDep, opened_page

router = APIRouter(prefix="/placements/{placement}/hours", tags=["hours"])


@router.post("", response_model=HoursAnswer, status_code=201)
async def report_hours(
    placement: Id, body: HoursBody, command: CommandDep, database: DatabaseDep, practice: PracticeDep
) -> Response:
    """Report hours of your own work, or correct approved ones; your supervisor approves or returns them."""
    id, draft = command.new_id(), body.draft()
    entry: HoursEntry

    async def rule(work: Work) -> Placement:
        nonlocal entry
        # Others on the site get through to hear from the rule that only the mentor reports.
        found = await placement_to_change(work, command, placement, Role.SUPERVISOR, *queries.STAFF)
        # Read after the placement, whose version changes with every entry: a later one makes this stale.
        day = await queries.workday(database, placement, draft.day)
        by, now = command.actor.person, command.now
        entry = found.report_hours(id, draft, day=day, by=by, practice=practice, now=now)
        work.add(entry)
        return found

    warnings = warnings_about(draft.note, practice, remedy=LEAVE_OUT)
    return await command.run(
        rule, view=lambda found: HoursAnswer.about(found, entry, warnings=warnings), status=201
    )


@router.post("/{entry}/approval", response_model=HoursAnswer)
async def approve_hours(placement: Id, entry: Id, command: CommandDep) -> Response:
    """Sign off hours, as the placement's supervisor; nobody signs their own."""
    return await _decide(
        command,
        placement,
        entry,
        do=lambda found, reported: found.approve_hours(reported, by=command.actor.person, now=command.now),
        warnings=[],
    )


@router.post("/{entry}/return", response_model=HoursAnswer)
async def return_hours(
    placement: Id, entry: Id, body: ReturnBody, command: CommandDep, practice: PracticeDep
) -> Response:
    """Give hours back to the mentor with a reason, as the placement's supervisor."""
    return await _decide(
        command,
        placement,
        entry,
        do=lambda found, reported: found.return_hours(
            reported, by=command.actor.person, reason=body.reason, now=command.now
        ),
        warnings=warnings_about(body.reason, practice, remedy=LEAVE_OUT),
    )


@router.get("")
async def list_hours(
    placement: Id, actor: ActorDep, database: DatabaseDep, vault: VaultDep, paging: PagingDep
) -> Page[HoursLine]:
    """The ledger of a placement, oldest first; notes and reasons are for the mentor and the supervisor."""
    found = await queries.placement_for(database, placement, actor, allow=queries.EVIDENCE)
    with_text = found.remarks_may_be_read_by(actor)
    return await opened_page(
        database,
        vault if with_text else None,
        HoursEntry,
        {"placement": placement},
        paging,
        view=lambda entry: HoursLine.of(entry, with_text=with_text),
    )


async def _decide(
    command: Command,
    placement: str,
    entry: str,
    *,
    do: Callable[[Placement, HoursEntry | None], HoursEntry],
    warnings: list[Warn],
) -> Response:
    decided: HoursEntry

    async def rule(work: Work) -> Placement:
        nonlocal decided
        found = await placement_to_change(work, command, placement, Role.SUPERVISOR)
        decided = do(found, await work.find(HoursEntry, entry))
        return found

    return await command.run(rule, view=lambda found: HoursAnswer.about(found, decided, warnings=warnings))
