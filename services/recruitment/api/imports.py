"""Bringing in many applications from a file: a dry run, then the import, and undoing it."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict

from services.recruitment import csv_files, queries
from services.recruitment.api.deps import ConsentsDep
from services.recruitment.api.import_views import ImportView
from services.recruitment.domain.importing.file import CheckedFile, check_file
from services.recruitment.domain.importing.imported import Import
from services.recruitment.domain.importing.part import KEPT_DAYS, ImportPart
from services.recruitment.domain.importing.row import ImportRow
from services.recruitment.domain.importing.sheet import BYTES_AT_MOST
from shared.contracts.envelope import Code, Id
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.storage.mongo import Database
from shared.web.commands import ActorDep, CommandDep
from shared.web.edge import Upload
from shared.web.policy import permit
from shared.web.queries import DatabaseDep, Page, PagingDep, one, page, shown

router = APIRouter(tags=["imports"])
UPLOADS = (Upload(path="/v1/imports", media_type="text/csv", limit=BYTES_AT_MOST),)

_FILE = (
    "name,email,lived_experience,consents,reference_1_name,reference_1_email,reference_2_name,reference_2_email\r\n"
    "Robin Adeyemi,robin@example.org,yes,data_processing@2026-01,A. Friend,friend@example.org,B. Colleague,"
    "colleague@example.org\r\n"
)
_TAKES: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {"text/csv": {"schema": {"type": "string", "examples": [_FILE]}}},
    }
}
_REPORT = "row,outcome,column,code,remedy,candidate\r\n14,faulty,email,email_invalid,Correct it.,\r\n"
_ANSWERS: dict[int | str, dict[str, Any]] = {
    200: {"content": {"text/csv": {"schema": {"type": "string", "examples": [_REPORT]}}}}
}


class StartBody(BaseModel):
    """How an import is started; nothing is said to anybody unless it is asked for."""

    model_config = ConfigDict(
        extra="forbid", json_schema_extra={"examples": [{"skip_errors": False, "announce": False}]}
    )

    skip_errors: bool = False
    announce: bool = False


@router.post("/imports", response_model=ImportView, status_code=201, openapi_extra=_TAKES)
async def check(
    request: Request,
    site: Id,
    programme: Code,
    command: CommandDep,
    *,
    database: DatabaseDep,
    consents: ConsentsDep,
) -> Response:
    """Send a CSV file of up to 10,000 people for a dry run: it says what would become of each row, and why."""
    permit(command.actor, site, Role.COORDINATOR)
    id, content = command.new_id(), await request.body()
    # Thousands of rows are checked for seconds, in which this process has others to answer.
    checked = await asyncio.to_thread(check_file, content, import_id=id, consents=consents, now=command.now)

    async def rule(work: Work) -> Import:
        (await queries.site_of(work, site)).offer(programme)
        await _look_up(checked, database, site=site, programme=programme)
        keep_until = command.now + timedelta(days=KEPT_DAYS)
        parts = ImportPart.cut(
            checked.rows, import_id=id, site=site, programme=programme, keep_until=keep_until
        )
        made = Import.checked(
            checked.rows,
            len(parts),
            id=id,
            site=site,
            programme=programme,
            by=command.actor.person,
            now=command.now,
        )
        for aggregate in (made, *parts):
            work.add(aggregate)
        return made

    return await command.run(rule, view=ImportView.of, status=201)


async def _look_up(checked: CheckedFile, database: Database, *, site: str, programme: str) -> None:
    taken = await queries.taken(database, checked.keys.values(), site=site, programme=programme)
    checked.found_there(taken)


@router.get("/imports")
async def list_imports(
    site: Id, actor: ActorDep, database: DatabaseDep, paging: PagingDep
) -> Page[ImportView]:
    """The imports of a site that are kept, oldest first."""
    permit(actor, site, Role.COORDINATOR)
    return await page(
        database,
        Import.collection,
        {"site": site},
        paging,
        view=lambda row: ImportView.of(Import.rebuild(row)),
    )


@router.get("/imports/{id}", response_model=ImportView)
async def get_import(id: Id, actor: ActorDep, database: DatabaseDep) -> Response:
    """How far an import is."""
    found = await one(database, Import, id, actor, allow=(Role.COORDINATOR,))
    return shown(found, ImportView.of(found))


@router.get("/imports/{id}/rows.csv", response_class=StreamingResponse, responses=_ANSWERS)
async def report(
    id: Id,
    actor: ActorDep,
    database: DatabaseDep,
    errors: Annotated[bool, Query(description="Only rows that something is said about.")] = False,
) -> StreamingResponse:
    """What became of every row, or would: a line for each, or for each error of it."""
    found = await one(database, Import, id, actor, allow=(Role.COORDINATOR,))
    return StreamingResponse(_report(found, database, errors), media_type=csv_files.MEDIA_TYPE)


async def _report(found: Import, database: Database, errors: bool) -> AsyncIterator[str]:
    yield csv_files.BOM + csv_files.lines([("row", "outcome", "column", "code", "remedy", "candidate")])
    for place in range(found.parts):
        row = await database.get(ImportPart.collection, ImportPart.id_of(found.id, place))
        part = ImportPart.rebuild(row) if row else None
        for one_row in part.rows if part else ():
            if one_row.faults or not errors:
                yield csv_files.lines(_told(one_row))


def _told(row: ImportRow) -> list[tuple[object, ...]]:
    # What is planned for a row is nobody's id yet.
    candidate = row.candidate if row.outcome in ("imported", "kept") else None
    about = [(fault.column, fault.code, fault.remedy) for fault in row.faults] or [("", "", "")]
    return [(row.number, row.outcome.value, *each, candidate) for each in about]


@router.post("/imports/{id}/start", response_model=ImportView)
async def start(id: Id, command: CommandDep, body: StartBody = StartBody()) -> Response:
    """Import what the dry run found ready, or go on where it stopped. It goes on by itself; ask how far it is."""
    return await command.change(
        Import,
        id,
        allow=(Role.COORDINATOR,),
        do=lambda found: found.start(
            by=command.actor.person,
            announce=body.announce,
            skip_errors=body.skip_errors,
            now=command.now,
        ),
        view=ImportView.of,
    )


@router.post("/imports/{id}/undo", response_model=ImportView)
async def undo(id: Id, command: CommandDep, database: DatabaseDep) -> Response:
    """Take everybody out again, within an hour and before anybody has worked with any of it."""

    async def rule(work: Work) -> Import:
        found = await work.load(Import, id)
        permit(command.actor, found.site, Role.COORDINATOR)
        command.match(found)
        touched = await queries.touched_of_import(database, id)
        found.undo(by=command.actor.person, touched=touched, now=command.now)
        return found

    return await command.run(rule, view=ImportView.of)
