"""What operators of the whole platform do: by them alone, repeated safely, with no version to match."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated

from fastapi import Depends, Request, Response
from pydantic import BaseModel

from shared.domain.people import EVERY_SITE, Actor, Role
from shared.messaging.queues import NotFirst, NotParked
from shared.storage.errors import AlreadyThere
from shared.storage.unit_of_work import Change, Write
from shared.web.commands import ActorDep, header
from shared.web.idempotency import KEY_HEADER, KEY_LIMIT, Once, answered
from shared.web.policy import permit
from shared.web.runtime import WebRuntime


class Operation:
    """One request of an operator that changes something in transactions of its own."""

    def __init__(self, runtime: WebRuntime, *, actor: Actor, once: Once) -> None:
        self._runtime = runtime
        self._once = once
        self.actor = actor

    async def run(self, work: Callable[[], Awaitable[BaseModel]], *, remember: bool = True) -> Response:
        """Do it, or answer as the first time. Without `remember` the work saves what `remembering` says itself.

        Raises:
            NotParked, NotFirst, AlreadyThere: it can't be done, and it was not this very request that did it.
        """
        answer = await self._once.answer()
        if answer is not None:
            return answer
        try:
            body = await work()
            if remember:
                await self._runtime.committer.commit(Change(writes=tuple(self.remembering(body))))
        except (NotParked, NotFirst, AlreadyThere):
            answer = await self._once.answer()  # A twin of this request may have been quicker.
            if answer is None:
                raise
            return answer
        return answered(200, _json(body), None)

    def remembering(self, body: BaseModel) -> Sequence[Write]:
        """What to save so that a repetition is answered with this."""
        return self._once.remember(200, _json(body), None, now=self._runtime.clock())


def _json(body: BaseModel) -> bytes:
    return body.model_dump_json().encode()


async def onlooker(actor: ActorDep) -> Actor:
    """Whoever may see what waits in the platform, of every site.

    Raises:
        NotFound, Forbidden: they may not; whoever works for single sites is not told that there is anything.
    """
    permit(actor, EVERY_SITE, Role.OPERATOR, Role.AUDITOR)
    return actor


async def operation_of(request: Request, actor: ActorDep) -> Operation:
    """An operation of somebody who may. Raises as `onlooker` does."""
    permit(actor, EVERY_SITE, Role.OPERATOR)
    runtime: WebRuntime = request.app.state.runtime
    key = header(request, KEY_HEADER, at_most=KEY_LIMIT)
    return Operation(
        runtime, actor=actor, once=await Once.of(request, runtime.database, actor=actor, key=key)
    )


OnlookerDep = Annotated[Actor, Depends(onlooker)]
OperationDep = Annotated[Operation, Depends(operation_of)]
