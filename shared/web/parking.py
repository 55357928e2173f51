"""Parked events over HTTP, on every service: for operators of the whole platform, whose sight they need.

A queue holds events of any site, so nobody of a single site sees one. A retry over HTTP ends after `WITHIN_S`; the
answer says what is left, and the next request goes on there.
"""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from shared.messaging.pace import Pace
from shared.messaging.parked_views import Act, ErrorClass, ParkedEventView, ParkedKeyView
from shared.messaging.parking import PARKED_EVENTS, PARKED_KEYS, PARKING_ACTS
from shared.messaging.parking_lot import ParkingLot, Who
from shared.messaging.retried import Retried
from shared.web.cursors import Order
from shared.web.operating import OnlookerDep, Operation, OperationDep
from shared.web.queries import Page, Paging, PagingDep

V = TypeVar("V", bound=BaseModel)

WITHIN_S = 10.0
REASON_LIMIT = 500

router = APIRouter(prefix="/v1/parking", tags=["parking"])
_KEYS = Order(PARKED_KEYS, by_time="since")
_EVENTS = Order(PARKED_EVENTS, by_number="position")
_ACTS = Order(PARKING_ACTS, newest_first=True)
_Reason = Annotated[
    str,
    Field(
        min_length=1,
        max_length=REASON_LIMIT,
        description="Without names: it is kept.",
        examples=["mended in 1.4.2"],
    ),
]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RetryKey(_Body):
    """The whole queue of a key, in order."""

    key: str = Field(examples=["019c8a52-7c11-7d2c-9c7e-0f6f3f4b8a10"])
    reason: _Reason | None = None


class RetryEvent(_Body):
    """One event, which has to be the first of its topic under its key."""

    event: str = Field(examples=["peerpath.supervision.events/3/1041"])
    reason: _Reason | None = None


class RetryError(_Body):
    """The queues of keys that one class of error holds up, the longest parked first."""

    error: str = Field(examples=["Conflict"])
    rate: float = Field(default=20, gt=0, le=1_000, description="Events per second.", examples=[20])
    limit: int = Field(default=100, ge=1, le=1_000, description="Keys at most.", examples=[100])
    reason: _Reason | None = None


class Discard(_Body):
    """One event, for good; it has to be the first of its topic under its key."""

    event: str = Field(examples=["peerpath.supervision.events/3/1041"])
    reason: _Reason


class Discarded(BaseModel):
    """What was discarded."""

    event: str = Field(examples=["peerpath.supervision.events/3/1041"])


class EventsOfKey(Page[ParkedEventView]):
    """A key, and one page of its events."""

    key: ParkedKeyView


def _lot(request: Request) -> ParkingLot:
    lot: ParkingLot = request.app.state.runtime.parking
    return lot


LotDep = Annotated[ParkingLot, Depends(_lot)]


@router.get("/errors")
async def errors(_: OnlookerDep, lot: LotDep) -> Page[ErrorClass]:
    """What holds keys up, by class of error: where to look first."""
    return Page(items=await lot.parked.errors())


@router.get("/keys")
async def keys(
    _: OnlookerDep,
    lot: LotDep,
    paging: PagingDep,
    error: Annotated[str | None, Query(max_length=200)] = None,
) -> Page[ParkedKeyView]:
    """Parked keys, the longest parked first."""
    after = _KEYS.after(paging.cursor) if paging.cursor else None
    found = await lot.parked.keys(error=error, after=after, limit=paging.limit + 1)
    return _page(found, paging, lambda key: _KEYS.cursor({"since": key.since, "_id": key.key}))


@router.get("/events")
async def events(_: OnlookerDep, lot: LotDep, paging: PagingDep, key: Annotated[str, Query()]) -> EventsOfKey:
    """A key, and its events in the order in which they will be tried. Contact data is not shown."""
    held_up = await lot.parked.key(key)
    after = _EVENTS.after(paging.cursor) if paging.cursor else None
    found = await lot.parked.events(key, after=after, limit=paging.limit + 1)
    page = _page(found, paging, lambda one: _EVENTS.cursor({"position": one.place, "_id": one.event}))
    return EventsOfKey(key=held_up, items=page.items, next=page.next)


@router.get("/acts")
async def acts(_: OnlookerDep, lot: LotDep, paging: PagingDep) -> Page[Act]:
    """Who retried or discarded what, and why; the latest first, kept for a year."""
    after = _ACTS.after(paging.cursor) if paging.cursor else None
    found = await lot.parked.acts(after=after, limit=paging.limit + 1)
    return _page(found, paging, lambda act: _ACTS.cursor({"_id": act.id}))


@router.post("/keys/retry", response_model=Retried)
async def retry_key(body: RetryKey, operation: OperationDep, lot: LotDep) -> Response:
    """Handle the queue of a key in order; what still fails stays, and the answer says so."""
    who, pace = _who(operation, body.reason), Pace(within_s=WITHIN_S)
    return await operation.run(lambda: lot.retry_key(body.key, who, pace=pace))


@router.post("/events/retry", response_model=Retried)
async def retry_event(body: RetryEvent, operation: OperationDep, lot: LotDep) -> Response:
    """Handle one event; 409 `not_first` names the one that goes before it."""
    return await operation.run(lambda: lot.retry_event(body.event, _who(operation, body.reason)))


@router.post("/errors/retry", response_model=Retried)
async def retry_error(body: RetryError, operation: OperationDep, lot: LotDep) -> Response:
    """Handle the queues of keys that a class of error holds up. Try `limit` 1 first."""
    who, pace = _who(operation, body.reason), Pace(per_second=body.rate, within_s=WITHIN_S)
    return await operation.run(lambda: lot.retry_error(body.error, who, pace=pace, limit=body.limit))


@router.post("/events/discard", response_model=Discarded)
async def discard(body: Discard, operation: OperationDep, lot: LotDep) -> Response:
    """Take one event out for good; who and why is kept. Its followers wait for a retry."""
    done = Discarded(event=body.event)

    async def work() -> Discarded:
        also = operation.remembering(done)
        await lot.discard(body.event, by=operation.actor.person, reason=body.reason, also=also)
        return done

    return await operation.run(work, remember=False)


def _who(operation: Operation, reason: str | None) -> Who:
    return Who(by=operation.actor.person, reason=reason)


def _page(found: Sequence[V], paging: Paging, cursor: Callable[[V], str]) -> Page[V]:
    """One page of what was found, for which one more than fits was asked."""
    these = list(found[: paging.limit])
    return Page(items=these, next=cursor(these[-1]) if len(found) > len(these) else None)
