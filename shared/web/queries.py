"""Reading over HTTP: one record with its ETag, or a page with a cursor."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Query, Request, Response
from pydantic import BaseModel

from shared.domain.aggregate import Aggregate
from shared.domain.errors import NotFound
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database, Document
from shared.storage.vault import Vault
from shared.web.cursors import Order
from shared.web.etags import etag
from shared.web.policy import permit

A = TypeVar("A", bound=Aggregate)
V = TypeVar("V", bound=BaseModel)


def _database(request: Request) -> Database:
    database: Database = request.app.state.runtime.database
    return database


DatabaseDep = Annotated[Database, Depends(_database)]


def _vault(request: Request) -> Vault:
    vault: Vault | None = request.app.state.runtime.vault
    assert vault is not None, "a service with sealed text takes SealingSettings"
    return vault


VaultDep = Annotated[Vault, Depends(_vault)]
"""Opens sealed text, for whoever was found to be allowed to read it."""


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
    by_time: str | None = None,
) -> Page[V]:
    """One page in the order of `_id`; ask with an index on the fields of `where` followed by `_id`.

    `by_time` names a time that never changes: then the order is by it, oldest first, and `_id` after it.
    """
    order = Order(collection, by_time=by_time)
    filters = [where, *([order.after(paging.cursor)] if paging.cursor else ())]
    rows = await database.find(collection, {"$and": filters}, sort=order.sort, limit=paging.limit + 1)
    these = rows[: paging.limit]
    more = len(rows) > len(these)
    return Page(items=[view(row) for row in these], next=order.cursor(these[-1]) if more else None)


async def opened_page(
    database: Database,
    vault: Vault | None,
    kind: type[A],
    where: Mapping[str, Any],
    paging: Paging,
    *,
    view: Callable[[A], V],
) -> Page[V]:
    """As `page`, of aggregates with sealed text: a vault opens the whole page at once, None leaves it closed."""
    found = await page(database, kind.collection, where, paging, view=kind.rebuild)
    if vault is not None:
        await vault.open(*found.items)
    return Page(items=[view(one) for one in found.items], next=found.next)


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
    """One aggregate the actor may see; `also` lets in staff of its site whom it names (a panel member, say).

    Raises:
        NotFound, Forbidden: see `shared.web.policy.permit`.
    """
    row = await database.get(kind.collection, id)
    if row is None:
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    found = kind.rebuild(row)
    named = also is not None and also(found)
    permit(actor, found.site, *allow, person=getattr(found, own) if own else None, named=named)
    return found


def shown(aggregate: Aggregate, view: BaseModel) -> Response:
    """The answer to a read of one record, with its ETag."""
    return Response(
        view.model_dump_json(), media_type="application/json", headers={"ETag": etag(aggregate.version)}
    )
