"""Taking candidates out as CSV; each time is noted."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import StreamingResponse

from services.recruitment import csv_files
from services.recruitment.api.deps import TargetsDep
from services.recruitment.api.pipeline import FiltersDep
from services.recruitment.domain.access import Access
from services.recruitment.domain.reading import READERS
from services.recruitment.exporting import TITLES, exported
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.web.commands import ActorDep
from shared.web.policy import permit
from shared.web.queries import DatabaseDep

router = APIRouter(tags=["pipeline"])

_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string", "examples": [csv_files.lines([TITLES])]}}}}
}


@router.get("/candidates.csv", response_class=StreamingResponse, responses=_ANSWERS)
async def export(
    request: Request, actor: ActorDep, database: DatabaseDep, *, targets: TargetsDep, filters: FiltersDep
) -> StreamingResponse:
    """A list of the pipeline as a file: names and addresses for its coordinators, nothing told in confidence.

    A cell that a spreadsheet program would take for a formula has a quotation mark in front.
    """
    permit(actor, filters.site, *READERS)
    named = actor.holds(filters.site, Role.COORDINATOR)
    runtime = request.app.state.runtime
    now = runtime.clock()
    work = Work(database, now=now, new_id=runtime.new_id)
    work.add(
        Access.of_export(
            id=runtime.new_id(),
            site=filters.site,
            by=actor.person,
            filters=filters.names,
            named=named,
            now=now,
        )
    )
    work.take()
    # Noted before anything goes out: what can't be noted isn't handed over.
    await runtime.committer.commit(work.change())
    return StreamingResponse(
        exported(database, filters, named=named, targets=targets, now=now),
        media_type=csv_files.MEDIA_TYPE,
        headers={"Content-Disposition": f'attachment; filename="candidates-{filters.site}.csv"'},
    )
