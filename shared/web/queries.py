"""Reading over HTTP: one record with its ETag, or a page with a cursor."""

import base64
import binascii
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from shared.domain.aggregate import Aggregate
from shared.domain.errors import Invalid, NotFound
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database, Document
from shared.web.commands import etag
from shared.web.policy import permit

A = TypeVar("A", bound=Aggregate)
V = TypeVar("V", bound=BaseModel)


def _database(request: Request) -> Database:
    database: Database = request.app.state.runtime.database
    return database


DatabaseDep = Annotated[Database, Depends(_database)]


class Page(BaseModel, Generic[V]):
    """One page of a list; `next` is the cursor of the following one, or null at the end."""

    items: list[V]
    next: str | None = None


class Paging(BaseModel):
    """How much of a list is wanted, and from where."""

    limit: int = 50
    cursor: str | None = None


def _paging(
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    cursor: Annotated[str | None, Query(max_length=500)] = None,
) -> Paging:
    return Paging(limit=limit, cursor=cursor)


PagingDep = Annotated[Paging, Depends(_paging)]


async def page(
    database: Database,
    collection: str,
    where: Mapping[str, Any],
    paging: Paging,
    *,
    view: Callable[[Document], V],
    newest_first: bool = False,
    by_time: str | None = None,
) -> Page[V]:
    """One page in the order of `_id`; ask with an index on the fields of `where` followed by `_id`.

    `by_time` names a time that never changes: then the order is by it, oldest first, and `_id` after it.
    """
    if by_time is not None:
        return await _page_by_time(database, collection, where, paging, view=view, field=by_time)
    filters: list[Mapping[str, Any]] = [where]
    if paging.cursor:
        filters.append({"_id": {"$lt" if newest_first else "$gt": _read_cursor(paging.cursor)}})
    rows = await database.find(
        collection,
        {"$and": filters},
        sort=(("_id", -1 if newest_first else 1),),
        limit=paging.limit + 1,
    )
    more = len(rows) > paging.limit
    rows = rows[: paging.limit]
    return Page(items=[view(row) for row in rows], next=_cursor(rows[-1]["_id"]) if more else None)


async def _page_by_time(
    database: Database,
    collection: str,
    where: Mapping[str, Any],
    paging: Paging,
    *,
    view: Callable[[Document], V],
    field: str,
) -> Page[V]:
    filters: list[Mapping[str, Any]] = [where]
    if paging.cursor:
        time, id = _read_time_cursor(paging.cursor)
        filters.append({"$or": [{field: {"$gt": time}}, {field: time, "_id": {"$gt": id}}]})
    rows = await database.find(
        collection, {"$and": filters}, sort=((field, 1), ("_id", 1)), limit=paging.limit + 1
    )
    more = len(rows) > paging.limit
    rows = rows[: paging.limit]
    last = f"{rows[-1][field].isoformat()}/{rows[-1]['_id']}" if more else ""
    return Page(items=[view(row) for row in rows], next=_cursor(last) if more else None)


async def one(
    database: Database,
    kind: type[A],
    id: str,
    actor: Actor,
    *,
    allow: Sequence[Role],
    own: str | None = None,
    also: Callable[[A], bool] | None = None,
) -> A:
    """One aggregate the actor may see; `also` lets in whom a role does not (a panel member, say).

    Raises:
        NotFound, Forbidden: see `shared.web.policy.permit`.
    """
    row = await database.get(kind.collection, id)
    if row is None:
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    found = kind.rebuild(row)
    if also is None or not also(found):
        permit(actor, found.site, *allow, person=getattr(found, own) if own else None)
    return found


def shown(aggregate: Aggregate, view: BaseModel) -> Response:
    """The answer to a read of one record, with its ETag."""
    return Response(
        view.model_dump_json(), media_type="application/json", headers={"ETag": etag(aggregate.version)}
    )


def _cursor(id: str) -> str:
    return base64.urlsafe_b64encode(json.dumps({"after": id}).encode()).decode()


def _read_cursor(cursor: str) -> str:
    try:
        return str(json.loads(base64.urlsafe_b64decode(cursor))["after"])
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Invalid("cursor_invalid", "The cursor is not one of ours; start again without it.") from None


def _read_time_cursor(cursor: str) -> tuple[datetime, str]:
    time, _, id = _read_cursor(cursor).partition("/")
    try:
        return datetime.fromisoformat(time), id
    except ValueError:
        raise Invalid("cursor_invalid", "The cursor is not one of ours; start again without it.") from None
