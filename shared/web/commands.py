"""From a request to one saved decision: idempotency key, version check, rule, commit, answer."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Annotated, TypeVar

from fastapi import Depends, Header, Request, Response
from pydantic import BaseModel

from shared.clock import Clock
from shared.domain.aggregate import Aggregate
from shared.domain.errors import Invalid, Refusal
from shared.domain.people import Actor, Role
from shared.ids import NewId
from shared.messaging.work import Work
from shared.storage.errors import AlreadyThere, Stale
from shared.storage.mongo import Database, Document
from shared.storage.schema import Collection, Index
from shared.storage.unit_of_work import Committer, Write
from shared.telemetry import COMMANDS
from shared.web.auth import actor_of
from shared.web.policy import permit
from shared.web.problems import PreconditionFailed, Unauthenticated

A = TypeVar("A", bound=Aggregate)

IDEMPOTENCY = "idempotency"
KEPT_FOR = timedelta(hours=48)
COLLECTION = Collection(
    name=IDEMPOTENCY, indexes=(Index(keys=(("at", 1),), expire_after_s=int(KEPT_FOR.total_seconds())),)
)
TRIES = 8
"""How often a decision is made anew when somebody else saved first."""


class Command:
    """One request that may change something. Got by a route through `CommandDep` or `PublicCommandDep`."""

    def __init__(
        self,
        *,
        service: str,
        database: Database,
        committer: Committer,
        saved: Callable[[], None],
        clock: Clock,
        new_id: NewId,
        actor: Actor | None,
        key: str | None,
        request_hash: str,
        if_match: str | None,
    ) -> None:
        self._service = service
        self._database = database
        self._committer = committer
        self._saved = saved
        self._actor = actor
        self._key = key
        self._request_hash = request_hash
        self._if_match = if_match
        self.new_id = new_id
        self.now: datetime = clock()

    @property
    def actor(self) -> Actor:
        """The signed-in person.

        Raises:
            Unauthenticated: nobody is signed in (only on a public route).
        """
        if self._actor is None:
            raise Unauthenticated(
                "token_missing", "Sign in: this needs an Authorization header with a token."
            )
        return self._actor

    @property
    def maybe_actor(self) -> Actor | None:
        """The signed-in person on a public route, if any."""
        return self._actor

    async def change(
        self,
        kind: type[A],
        id: str,
        *,
        allow: Sequence[Role],
        do: Callable[[A], object],
        view: Callable[[A], BaseModel],
        own: str | None = None,
        status: int = 200,
    ) -> Response:
        """Load one aggregate, let it decide, save it.

        `allow` are the roles at its site that may; with `own="person"` the person whose id is in that field
        may too. `do` is the decision, `view` what is answered.
        """

        async def rule(work: Work) -> A:
            found = await work.load(kind, id)
            permit(self.actor, found.site, *allow, person=getattr(found, own) if own else None)
            self.match(found)
            do(found)
            return found

        return await self.run(rule, view=view, status=status)

    async def run(
        self, rule: Callable[[Work], Awaitable[A]], *, view: Callable[[A], BaseModel], status: int = 200
    ) -> Response:
        """Decide over any number of aggregates and save them in one transaction.

        `rule` returns the aggregate that is answered. It runs again from fresh state when somebody else saved
        first, so it has no effect but on what it loaded from, or added to, its unit of work.

        Raises:
            Stale: others were quicker `TRIES` times.
            AlreadyThere: a unique value stays taken.
            Unavailable: the database does not answer.
        """
        replayed = await self._replay()
        if replayed is not None:
            return replayed
        for attempt in range(1, TRIES + 1):
            try:
                answer = await self._try(rule, view, status)
            except (Refusal, PreconditionFailed):
                # A twin of this request may have been saved while we decided; then its answer is ours.
                replayed = await self._replay()
                if replayed is not None:
                    return replayed
                raise
            except (Stale, AlreadyThere) as problem:
                replayed = await self._replay()
                if replayed is not None:
                    return replayed
                if attempt == TRIES or (isinstance(problem, AlreadyThere) and attempt > 1):
                    COMMANDS.labels(self._service, "conflict").inc()
                    raise
            else:
                COMMANDS.labels(self._service, "saved").inc()
                self._saved()
                return answer
        raise AssertionError("unreachable")

    def match(self, aggregate: Aggregate | None) -> None:
        """Hold `If-Match` against the aggregate's version; nothing matches where there is none.

        Raises:
            PreconditionFailed: the caller saw an earlier version, or one of a record that isn't there.
        """
        if aggregate is None:
            if self._if_match is not None:
                raise PreconditionFailed("There is no such record yet; leave If-Match out to make it.")
            return
        if self._if_match not in (None, "*", etag(aggregate.version)):
            raise PreconditionFailed(
                f"The record has changed since you read it: it is at version {aggregate.version} now. "
                "Read it again and decide on what it says."
            )

    async def _try(
        self, rule: Callable[[Work], Awaitable[A]], view: Callable[[A], BaseModel], status: int
    ) -> Response:
        work = Work(self._database, now=self.now, new_id=self.new_id)
        aggregate = await rule(work)
        work.take()
        tag = etag(aggregate.version)
        body = view(aggregate).model_dump_json().encode()
        await self._committer.commit(work.change(*self._remember(status, body, tag)))
        return _answer(status, body, tag)

    def _remember(self, status: int, body: bytes, tag: str) -> list[Write]:
        if self._key is None:
            return []
        row: Document = {
            "_id": self._key,
            "request": self._request_hash,
            "status": status,
            "body": body,
            "etag": tag,
            "at": self.now,
        }
        return [Write.insert(IDEMPOTENCY, row)]

    async def _replay(self) -> Response | None:
        """The first answer to the same request, if it was given before."""
        if self._key is None:
            return None
        row = await self._database.get(IDEMPOTENCY, self._key)
        if row is None:
            return None
        if row["request"] != self._request_hash:
            raise Invalid(
                "idempotency_key_reused",
                "This Idempotency-Key was used for another request; use a new key for a new request.",
            )
        answer = _answer(row["status"], bytes(row["body"]), row["etag"])
        answer.headers["Idempotency-Replayed"] = "true"
        return answer


def etag(version: int) -> str:
    """The entity tag of a version."""
    return f'"{version}"'


def _answer(status: int, body: bytes, tag: str) -> Response:
    return Response(body, status, media_type="application/json", headers={"ETag": tag})


async def _command(
    request: Request, actor: Actor | None, idempotency_key: str | None, if_match: str | None
) -> Command:
    runtime = request.app.state.runtime
    who = actor.person if actor else "public"
    target = f"{request.method} {request.url.path}"
    key = _hash(who, target, idempotency_key) if idempotency_key else None
    return Command(
        service=runtime.name,
        database=runtime.database,
        committer=runtime.committer,
        saved=runtime.saved,
        clock=runtime.clock,
        new_id=runtime.new_id,
        actor=actor,
        key=key,
        request_hash=_hash(target, (await request.body()).decode("latin-1")),
        if_match=if_match,
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()


IdempotencyKey = Annotated[str | None, Header(max_length=200, description="Repeat a request safely.")]
IfMatch = Annotated[str | None, Header(max_length=40, description="The ETag the decision is based on.")]


async def signed_in(request: Request) -> Actor:
    """The signed-in person, for routes that need one."""
    actor = await actor_of(request, request.app.state.runtime.issuer)
    if actor is None:
        raise Unauthenticated("token_missing", "Sign in: this needs an Authorization header with a token.")
    return actor


ActorDep = Annotated[Actor, Depends(signed_in)]


async def _signed_in_command(
    request: Request, actor: ActorDep, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None
) -> Command:
    return await _command(request, actor, idempotency_key, if_match)


async def _public_command(
    request: Request, idempotency_key: IdempotencyKey = None, if_match: IfMatch = None
) -> Command:
    actor = await actor_of(request, request.app.state.runtime.issuer)
    return await _command(request, actor, idempotency_key, if_match)


CommandDep = Annotated[Command, Depends(_signed_in_command)]
PublicCommandDep = Annotated[Command, Depends(_public_command)]
