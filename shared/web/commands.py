"""From a request to one saved decision: idempotency key, version check, rule, commit, answer."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Annotated, TypeVar

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from shared.domain.aggregate import Aggregate
from shared.domain.errors import Invalid, Refusal
from shared.domain.people import Actor, Role
from shared.messaging.work import Work
from shared.storage.errors import AlreadyThere, Stale
from shared.telemetry import COMMANDS
from shared.web.auth import actor_of
from shared.web.etags import MATCH_HEADER, MATCH_LIMIT, etag, holds
from shared.web.idempotency import KEY_HEADER, KEY_LIMIT, Once, answered
from shared.web.policy import permit
from shared.web.problems import PreconditionFailed, Unauthenticated
from shared.web.routes import route_of
from shared.web.runtime import WebRuntime

A = TypeVar("A", bound=Aggregate)

TRIES = 8
"""How often a decision is made anew when somebody else saved first."""

TURN_WITHIN_S = 5.0
"""How long a command waits for its turn to be saved. It has not begun then, so it can be refused for certain."""


class Command:
    """One request that may change something. Got by a route through `CommandDep` or `PublicCommandDep`."""

    def __init__(self, runtime: WebRuntime, *, actor: Actor | None, once: Once, if_match: str | None) -> None:
        self._runtime = runtime
        self._actor = actor
        self._once = once
        self._if_match = if_match
        self._matched = if_match is None
        self.new_id = runtime.new_id
        self.now: datetime = runtime.clock()

    @property
    def actor(self) -> Actor:
        """The signed-in person.

        Raises:
            Unauthenticated: nobody is signed in (only on a public route).
        """
        return _somebody(self._actor)

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
            Overloaded: it takes too long to save what others sent before.
        """
        answer = await self._once.answer()
        attempt = 0
        while answer is None:
            attempt += 1
            try:
                answer = await self._try(rule, view, status)
            except (Refusal, PreconditionFailed, Stale, AlreadyThere) as problem:
                # A twin of this request may have been saved while we decided; then its answer is ours.
                answer = await self._once.answer()
                if answer is None and not _worth_another_try(problem, attempt):
                    self._count("conflict" if isinstance(problem, Stale | AlreadyThere) else "refused")
                    raise
            else:
                self._count("saved")
                self._runtime.saved()
        return answer

    def match(self, aggregate: Aggregate | None) -> None:
        """Hold `If-Match` against the aggregate's version; None is one that is not there.

        Raises:
            PreconditionFailed: the caller saw an earlier version, or one of something that is gone.
        """
        self._matched = True
        if self._if_match is None or holds(self._if_match, aggregate):
            return
        if aggregate is None:
            raise _no_version()
        raise PreconditionFailed(
            f"The record has changed since you read it: it is at version {aggregate.version} now. "
            "Read it again and decide on what it says."
        )

    async def _try(
        self, rule: Callable[[Work], Awaitable[A]], view: Callable[[A], BaseModel], status: int
    ) -> Response:
        work = Work(self._runtime.database, now=self.now, new_id=self.new_id)
        with self._runtime.committer.coming():
            aggregate = await rule(work)
        if not self._matched:
            raise _no_version()
        work.take()
        tag = etag(aggregate.version)
        body = view(aggregate).model_dump_json().encode()
        also = self._once.remember(status, body, tag, now=self.now)
        await self._runtime.committer.commit(work.change(*also), within_s=TURN_WITHIN_S)
        return answered(status, body, tag)

    def _count(self, outcome: str) -> None:
        COMMANDS.labels(self._runtime.name, outcome).inc()


def _worth_another_try(problem: Exception, attempt: int) -> bool:
    return (isinstance(problem, Stale) and attempt < TRIES) or (
        isinstance(problem, AlreadyThere) and attempt == 1
    )


def _no_version() -> PreconditionFailed:
    return PreconditionFailed(
        "There is nothing here yet whose version If-Match could be held against; send the request without it."
    )


def _somebody(actor: Actor | None) -> Actor:
    if actor is None:
        raise Unauthenticated("token_missing", "Sign in: this needs an Authorization header with a token.")
    return actor


# The dependencies below take nothing but the request: FastAPI solves each header and each dependency on its own,
# which took a quarter of a command's time. `shared.web.openapi` writes down what they read.


async def signed_in(request: Request) -> Actor:
    """The signed-in person, for routes that need one.

    Raises:
        Invalid: the query has a parameter that the route doesn't know; a misspelt filter would be no filter.
    """
    actor = _somebody(await actor_of(request, request.app.state.runtime.issuer))
    if request.scope["query_string"]:
        _refuse_strange(request)
    return actor


def _refuse_strange(request: Request) -> None:
    strange = sorted(request.query_params.keys() - route_of(request.scope).parameters)
    if strange:
        raise Invalid(
            "unknown_parameter", f"This address knows no parameter {strange[0]!r}; correct or leave it."
        )


ActorDep = Annotated[Actor, Depends(signed_in)]


async def signed_in_command(request: Request) -> Command:
    """A command of a person who is signed in."""
    return await _command(request, await signed_in(request))


async def public_command(request: Request) -> Command:
    """A command that anybody may give; whoever is signed in is known."""
    return await _command(request, await actor_of(request, request.app.state.runtime.issuer))


async def _command(request: Request, actor: Actor | None) -> Command:
    runtime: WebRuntime = request.app.state.runtime
    key = header(request, KEY_HEADER, at_most=KEY_LIMIT)
    once = await Once.of(request, runtime.database, actor=actor, key=key)
    if_match = header(request, MATCH_HEADER, at_most=MATCH_LIMIT)
    return Command(runtime, actor=actor, once=once, if_match=if_match)


def header(request: Request, name: str, *, at_most: int) -> str | None:
    """The value of a header, if it was sent. Raises Invalid where it is too long."""
    value = request.headers.get(name)
    if value is not None and len(value) > at_most:
        raise Invalid("invalid_request", f"header {name}: at most {at_most} characters")
    return value


CommandDep = Annotated[Command, Depends(signed_in_command)]
PublicCommandDep = Annotated[Command, Depends(public_command)]
