"""What routes of supervision are given beside the request, and the way every command on a placement begins."""

from typing import Annotated

from fastapi import Depends, Request

from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Practice
from shared.domain.people import Role
from shared.messaging.work import Work
from shared.service import Runtime
from shared.web.commands import Command
from shared.web.policy import permit


def _practice(request: Request) -> Practice:
    runtime: Runtime = request.app.state.runtime
    practice: Practice = runtime.extras["practice"]
    return practice


PracticeDep = Annotated[Practice, Depends(_practice)]


async def placement_to_change(work: Work, command: Command, placement: str, *allow: Role) -> Placement:
    """The placement a command is about, for whoever holds one of the roles at its site.

    Its mentor gets through as well: the rule says why it is not theirs to do, which a policy can't.

    Raises:
        NotFound, Forbidden: see `shared.web.policy.permit`; Forbidden `supervisor_role_missing`.
        PreconditionFailed: `If-Match` names another version.
    """
    found = await work.load(Placement, placement)
    if not command.actor.holds(found.site, *allow):
        found.must_not_lack_the_role(command.actor)
    permit(command.actor, found.site, *allow, person=found.person)
    command.match(found)
    return found
