"""People who use the platform over HTTP: each with a token of the development issuer, and plain answers."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import httpx

from deploy.local import waiting
from deploy.local.errors import StackError
from deploy.local.platform import PlatformUrls

T = TypeVar("T")
Answer = dict[str, Any]

PATIENCE_S = 30.0
_POLL_S = 0.1
_DAYTIME = range(9, 20)
_ZONES = (
    "Europe/Madrid",
    "America/New_York",
    "America/Los_Angeles",
    "Pacific/Auckland",
    "Asia/Tokyo",
    "Asia/Kolkata",
)


class StoryBroken(StackError):
    """Something in the story did not go as it should; the text says what was expected and what came."""


async def until(what: str, probe: Callable[[], Awaitable[T | None]], *, within_s: float = PATIENCE_S) -> T:
    """The first value of `probe` that is true. Raises StoryBroken after `within_s` seconds; `what` names it."""
    try:
        found = await waiting.until(probe, within_s=within_s, every_s=_POLL_S)
    except TimeoutError as late:
        raise StoryBroken(f"{what}: {late}") from None
    assert found is not None
    return found


def zone_where_it_is_day(now: datetime) -> str:
    """A time zone with daylight at `now`, so that no e-mail of the story waits for the morning."""
    return next(zone for zone in _ZONES if now.astimezone(ZoneInfo(zone)).hour in _DAYTIME)


@dataclass(frozen=True, kw_only=True)
class Profile:
    """Somebody in a story. `duties` are role codes at `site`; a mentor has none. `id` may come later."""

    name: str
    site: str
    duties: Sequence[str] = ()
    id: str | None = None
    language: str = "en"

    @property
    def email(self) -> str:
        """Their address, at a domain that never exists."""
        return f"{self.name.lower().replace(' ', '.')}@{self.site}.example"

    def signed_up(self, id: str) -> "Profile":
        """The same person with the id they were given."""
        return Profile(name=self.name, site=self.site, duties=self.duties, id=id, language=self.language)


class Caller:
    """One person, or with no token nobody, in front of the four APIs."""

    def __init__(self, http: httpx.AsyncClient, urls: PlatformUrls, *, who: str, token: str | None) -> None:
        self._http = http
        self._urls = urls
        self._who = who
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    async def get(self, service: str, path: str, **query: Any) -> Answer:
        """What is shown. Raises StoryBroken unless it is answered with 200."""
        return self._good("GET", path, await self.ask("GET", service, path, query=query))

    async def items(self, service: str, path: str, **query: Any) -> list[Answer]:
        """The rows of a page."""
        found: list[Answer] = (await self.get(service, path, **query))["items"]
        return found

    async def post(self, service: str, path: str, body: Answer | None = None, *, key: str) -> Answer:
        """A command, once per `key`. Raises StoryBroken unless it succeeds."""
        return self._good("POST", path, await self.ask("POST", service, path, body=body, key=key))

    async def put(self, service: str, path: str, body: Answer) -> Answer:
        """A replacement. Raises StoryBroken unless it succeeds."""
        return self._good("PUT", path, await self.ask("PUT", service, path, body=body))

    async def ask(
        self,
        method: str,
        service: str,
        path: str,
        *,
        body: Answer | None = None,
        key: str | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> httpx.Response:
        """The answer, whatever it is."""
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        url = f"{self._urls.apis[service]}{path}"
        return await self._http.request(method, url, json=body, params=query, headers=headers)

    def _good(self, method: str, path: str, answer: httpx.Response) -> Answer:
        if not answer.is_success:
            raise StoryBroken(
                f"{self._who}: {method} {path} was answered with {answer.status_code}: {answer.text[:600]}"
            )
        body: Answer = answer.json()
        return body


class Town:
    """Everybody in the story: gives each profile its caller, and knows nobody else.

    `patience_s` is how long they wait for what the services do by themselves.
    """

    def __init__(
        self, http: httpx.AsyncClient, urls: PlatformUrls, *, now: datetime, patience_s: float = PATIENCE_S
    ) -> None:
        self.http = http
        self.urls = urls
        self.now = now
        self.patience_s = patience_s
        self.time_zone = zone_where_it_is_day(now)
        self._callers: dict[str, Caller] = {}

    def nobody(self) -> Caller:
        """Somebody without a token."""
        return Caller(self.http, self.urls, who="nobody signed in", token=None)

    async def as_(self, profile: Profile) -> Caller:
        """The caller signed in as this person, with the roles of their duties."""
        assert profile.id is not None, f"{profile.name} has no id yet"
        if profile.id not in self._callers:
            self._callers[profile.id] = await self.fresh(profile)
        return self._callers[profile.id]

    async def fresh(self, profile: Profile) -> Caller:
        """The same with a token of its own, for somebody who has other roles than before."""
        grants = " ".join(f"{role}@{profile.site}" for role in profile.duties or ("mentor",))
        form = {"person": str(profile.id), "grants": grants}
        answer = await self.http.post(f"{self.urls.issuer}/token", data=form)
        token = answer.raise_for_status().json()["access_token"]
        return Caller(self.http, self.urls, who=profile.name, token=token)


@asynccontextmanager
async def visiting(urls: PlatformUrls, *, now: datetime) -> AsyncIterator[Town]:
    """A town for the length of the block; a service that does not answer breaks the story."""
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=30.0) as http:
            yield Town(http, urls, now=now)
    except httpx.HTTPError as problem:
        raise StoryBroken(f"no answer: {problem!r}") from problem
