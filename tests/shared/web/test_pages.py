"""Lists by pages: complete, stable, of the reader's sites, and deaf to what is not a cursor of ours."""

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from shared.domain.errors import Forbidden, Invalid, NotFound
from shared.domain.people import Actor, Grant, Role
from shared.storage.mongo import Database
from shared.storage.unit_of_work import Change, Write
from shared.web.cursors import Order
from shared.web.policy import sites_filter
from shared.web.queries import Page, Paging, page
from tests.support.ledger_service import LEDGER
from tests.support.running import Started, started
from tests.support.stack import Stack


class Row(BaseModel):
    id: str


async def put(app: Started, *ids: str, site: str = "leeds") -> None:
    rows: list[dict[str, Any]] = [
        {"_id": id, "site": site, "version": 1, "person": "p", "total": 0.0, "entries": []} for id in ids
    ]
    await app.runtime.committer.commit(Change(writes=tuple(Write.insert("tallies", row) for row in rows)))


async def read(
    database: Database, where: dict[str, Any], *, limit: int = 2, cursor: str | None = None
) -> Page[Row]:
    paging = Paging(limit=limit, cursor=cursor)
    return await page(database, "tallies", where, paging, view=lambda row: Row(id=row["_id"]))


async def test_pages_together_are_the_list(stack: Stack) -> None:
    """Page after page gives every record once, and the last one has no next, also when it is full."""
    async with started(LEDGER, stack, work=False) as app:
        await put(app, "a", "b", "c", "d")
        first = await read(app.database, {})
        second = await read(app.database, {}, cursor=first.next)
        assert [row.id for row in (*first.items, *second.items)] == ["a", "b", "c", "d"]
        assert second.next is None


async def test_what_is_added_or_gone_meanwhile_moves_nothing(stack: Stack) -> None:
    """Records come and go between two pages: of those that stay nothing comes twice and nothing is lost."""
    async with started(LEDGER, stack, work=False) as app:
        await put(app, "b", "c", "d", "e")
        first = await read(app.database, {})
        await put(app, "a", "bb")
        await app.database.delete("tallies", {"_id": "c"})
        second = await read(app.database, {}, cursor=first.next)
        assert [row.id for row in second.items] == ["d", "e"]


async def test_a_list_keeps_to_the_sites_on_every_page(stack: Stack) -> None:
    """A cursor leads through the reader's sites alone, whoever made it."""
    async with started(LEDGER, stack, work=False) as app:
        await put(app, "a", "c", "e")
        await put(app, "b", "d", site="york")
        leeds = sites_filter(_reader("leeds"), Role.TRAINER)
        york = sites_filter(_reader("york"), Role.TRAINER)
        first = await read(app.database, leeds)
        assert [row.id for row in first.items] == ["a", "c"]
        assert [row.id for row in (await read(app.database, leeds, cursor=first.next)).items] == ["e"]
        assert [row.id for row in (await read(app.database, york, cursor=first.next)).items] == ["d"]
        assert len((await read(app.database, sites_filter(_reader("*"), Role.TRAINER), limit=9)).items) == 5
    with pytest.raises(NotFound):
        sites_filter(_reader("leeds"), Role.TRAINER, site="york")
    with pytest.raises(Forbidden):
        sites_filter(_reader("leeds"), Role.ASSESSOR)


def _reader(site: str) -> Actor:
    return Actor(person="r", grants=frozenset({Grant(role=Role.TRAINER, site=site)}))


ROW: dict[str, Any] = {
    "_id": "0198f2c0-0000-7000-8000-000000000001",
    "opened": datetime(2026, 3, 2, tzinfo=UTC),
}
TALLIES, BY_TIME = Order("tallies"), Order("tallies", by_time="opened")
GOOD = TALLIES.cursor(ROW)


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "ü",
        GOOD[:-4],
        GOOD + "AAAA",
        GOOD.swapcase(),
        Order("placements").cursor(ROW),
        BY_TIME.cursor(ROW),
        base64.urlsafe_b64encode(b"\xff" * 20).decode(),
        base64.urlsafe_b64encode(json.dumps({"after": {"$gt": ""}}).encode()).decode(),
    ],
)
def test_an_altered_cursor_is_refused(cursor: str) -> None:
    """A cursor cut, lengthened, changed, made up, or taken from another list is refused by name."""
    with pytest.raises(Invalid) as refused:
        TALLIES.after(cursor)
    assert refused.value.code == "cursor_invalid"


@given(
    st.text(max_size=40).filter(lambda text: text.isprintable()), st.integers(min_value=0), st.characters()
)
def test_every_cursor_is_read_as_it_was_made_and_no_other_way(id: str, place: int, other: str) -> None:
    """Any id comes back; one character changed anywhere and the cursor is refused."""
    cursor = TALLIES.cursor({"_id": id})
    assert TALLIES.after(cursor) == {"_id": {"$gt": id}}
    place %= len(cursor)
    changed = cursor[:place] + other + cursor[place + 1 :]
    if changed != cursor:
        with pytest.raises(Invalid):
            TALLIES.after(changed)


async def test_a_list_by_time_is_whole_where_times_are_alike(stack: Stack) -> None:
    """Records of the same instant come one after the other by their id, across pages, none twice and none lost."""
    async with started(LEDGER, stack, work=False) as app:
        early, late = ROW["opened"], ROW["opened"] + timedelta(days=1)
        times = {"d": early, "a": late, "b": early, "c": early, "e": late}
        await put(app, *times)
        for id, time in times.items():
            await app.database.change_one("tallies", {"_id": id}, {"$set": {"opened": time}})
        seen: list[str] = []
        cursor = None
        while True:
            paging = Paging(limit=2, cursor=cursor)
            one = await page(
                app.database, "tallies", {}, paging, view=lambda row: Row(id=row["_id"]), by_time="opened"
            )
            seen += [row.id for row in one.items]
            if (cursor := one.next) is None:
                break
        assert seen == ["b", "c", "d", "a", "e"]
