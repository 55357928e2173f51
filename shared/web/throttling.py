"""How often one caller may use a public route, counted in the service's own database by all its processes together.

`dependencies=[throttled("applications")]` on a route, and a setting `applications_rate` beside it, such as 30/hour. A
caller is the person who is signed in, or else the network address they call from.

The window slides: what is left of the last one counts by how much of it still lies within the present one, so nobody
gets twice the rate at a boundary. The library `limits` has the same rule and reads the rates; its own MongoDB storage
opens a client of its own beside ours, makes its indexes on the first request, and asks twice to say when to return.
"""

import asyncio
import hashlib
import math
from dataclasses import dataclass
from datetime import timedelta
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any

import structlog
from fastapi import Depends, Request
from limits import RateLimitItem

from shared.storage.errors import StorageError
from shared.storage.mongo import Database, Document
from shared.storage.schema import Collection, Index
from shared.telemetry import THROTTLED
from shared.web.auth import actor_of
from shared.web.problems import TooManyRequests
from shared.web.runtime import WebRuntime

log = structlog.get_logger(__name__)

COLLECTION = Collection(
    name="throttles",
    indexes=(Index(keys=(("expires", 1),), expire_after_s=0),),
    required={"_id": "string", "began": "date", "expires": "date"},
)
"""A row is `{_id, began, before, within, let_in, expires}`: a window, what the one before it had, and what it has."""

OPEN_WITHIN_S = 1.0
"""How long a route that is served anyhow waits to hear that it may."""
IPV6_NETWORK = 64
"""Bits that tell one subscriber from another: whoever has one address of such a network has all of them."""


@dataclass(frozen=True)
class Count:
    """What is counted for one caller, in the window that began `passed_s` seconds ago and is `every_s` long."""

    rate: RateLimitItem
    before: int
    within: int
    passed_s: float
    let_in: bool = True

    @property
    def remaining(self) -> int:
        """How many more would be let in just now."""
        every = self.rate.get_expiry()
        return max(0, math.floor(self.rate.amount - self.within - self.before * (1 - self.passed_s / every)))

    @property
    def wait_s(self) -> int:
        """Whole seconds until the next one is surely let in."""
        every, room = self.rate.get_expiry(), self.rate.amount - 1
        if self.within <= room:
            share = (room - self.within) / self.before if self.before else 1.0
            return max(0, math.ceil(every * (1 - share) - self.passed_s))
        # What this window has fades only in the next one.
        return math.ceil(every - self.passed_s + every * (1 - room / self.within))


class Throttle:
    """Counts uses of one kind; got by a route through `throttled`, or used where the key is known only later."""

    def __init__(self, name: str, *, opens: bool = False) -> None:
        """`opens` is for what is only read: it is served also where nothing can be counted just now.

        What saves something needs the same database as the counting, so where that is away it is refused either
        way; it waits for its count, and nobody gets past it by slowing the database down.
        """
        self._name = name
        self._opens = opens

    async def __call__(self, request: Request) -> None:
        """Count a request of whoever calls.

        Raises:
            TooManyRequests: they called too often; says when to come back.
            Unavailable: it can't be counted, and the route saves something.
        """
        count = await self._counted(request, await _caller(request))
        if count is not None and not count.let_in:
            raise TooManyRequests(
                self._name,
                limit=count.rate.amount,
                every_s=count.rate.get_expiry(),
                remaining=count.remaining,
                wait_s=max(1, count.wait_s),
            )

    async def lets_in(self, request: Request, key: str) -> bool:
        """Count a use under a key of the route's own; is it within the rate? Raises as a call does."""
        count = await self._counted(request, key)
        return count is None or count.let_in

    async def _counted(self, request: Request, key: str) -> Count | None:
        runtime: WebRuntime = request.app.state.runtime
        rate: RateLimitItem = getattr(runtime.settings, f"{self._name}_rate")
        try:
            async with asyncio.timeout(OPEN_WITHIN_S if self._opens else None):
                found = await count(runtime.database, self._name, key, rate)
        except (StorageError, TimeoutError):
            if not self._opens:
                raise
            log.warning("throttle_not_counted", throttle=self._name)
            return None
        if not found.let_in:
            THROTTLED.labels(runtime.name, self._name).inc()
        return found


def throttled(name: str, *, opens: bool = False) -> Any:
    """The dependency that counts a route's callers under the setting `<name>_rate`; see `Throttle`."""
    return Depends(Throttle(name, opens=opens))


async def count(database: Database, name: str, key: str, rate: RateLimitItem) -> Count:
    """Count one use in one round trip, by the database's clock; one that is refused does not count.

    Raises:
        Unavailable: the database does not answer.
    """
    # An address is personal data: what is kept, for two windows, says it to nobody who does not know it already.
    id = hashlib.sha256(f"{name}\x1f{rate.get_expiry()}\x1f{key}".encode()).hexdigest()
    row = await database.change_one(COLLECTION.name, {"_id": id}, _one_more(rate), upsert=True)
    assert row is not None, "an upsert leaves a document"
    return _count_of(row, rate)


def _count_of(row: Document, rate: RateLimitItem) -> Count:
    passed: timedelta = row["at"] - row["began"]
    return Count(
        rate=rate,
        before=int(row["before"]),
        within=int(row["within"]),
        passed_s=passed.total_seconds(),
        let_in=row["let_in"],
    )


def _one_more(rate: RateLimitItem) -> list[dict[str, Any]]:
    """The update: move the window on where it is over, then count one more where there is room."""
    every_ms = rate.get_expiry() * 1000
    passed: dict[str, Any] = {"$subtract": ["$$NOW", "$began"]}
    gone = {"$gte": [passed, 2 * every_ms]}
    over = {"$gte": [passed, every_ms]}
    fresh = {"$eq": [{"$type": "$began"}, "missing"]}
    moved = {
        "began": _case(fresh, "$$NOW", gone, "$$NOW", over, {"$add": ["$began", every_ms]}, "$began"),
        "before": _case(fresh, 0, gone, 0, over, "$within", "$before"),
        "within": _case(fresh, 0, gone, 0, over, 0, "$within"),
        "at": "$$NOW",
    }
    left = {"$subtract": [1, {"$divide": [passed, every_ms]}]}
    used = {"$add": ["$within", {"$multiply": ["$before", left]}]}
    return [
        {"$set": moved},
        {"$set": {"let_in": {"$lte": [{"$add": [used, 1]}, rate.amount]}}},
        {"$set": {"within": {"$cond": ["$let_in", {"$add": ["$within", 1]}, "$within"]}}},
        {"$set": {"expires": {"$add": ["$began", 2 * every_ms]}}},
    ]


def _case(*pairs: Any) -> dict[str, Any]:
    *cases, otherwise = pairs
    branches = [{"case": cases[at], "then": cases[at + 1]} for at in range(0, len(cases), 2)]
    return {"$switch": {"branches": branches, "default": otherwise}}


async def _caller(request: Request) -> str:
    runtime: WebRuntime = request.app.state.runtime
    actor = await actor_of(request, runtime.issuer)
    if actor is not None:
        return f"person {actor.person}"
    return f"address {client_network(request, proxies=runtime.settings.trusted_proxies)}"


def client_network(request: Request, *, proxies: int) -> str:
    """Where a request comes from: an IPv4 address, or the network of an IPv6 one.

    Each of our proxies adds to `X-Forwarded-For` whom it heard from, behind whatever the client wrote there. So with
    so many of them, the entry so many places from the end is the client, and none before it can be believed. Where
    there are fewer, the request came past the proxies, and is whoever is at the other end of the connection.
    """
    peer = request.client.host if request.client else "unknown"
    heard = [part.strip() for part in ",".join(request.headers.getlist("x-forwarded-for")).split(",")]
    told = heard[-proxies] if 0 < proxies <= len(heard) else peer
    return _network(told) or _network(peer) or peer


def _network(address: str) -> str | None:
    try:
        ip = ip_address(address)
    except ValueError:
        return None
    if not isinstance(ip, IPv6Address):
        return str(ip)
    return str(ip.ipv4_mapped or ip_network((int(ip), IPV6_NETWORK), strict=False))
