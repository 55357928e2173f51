"""Assigning a supervisor and closing: the rules that change a placement and supervisors together.

All of them are saved in one transaction, each guarded by its version: two coordinators who assign at once
can't both take the last place in a caseload.
"""

from services.supervision.domain.charge import Assignment, Closing
from services.supervision.domain.placement import Placement
from services.supervision.domain.practice import Practice
from services.supervision.domain.supervisor import Supervisor
from shared.domain.errors import Conflict, NotFound


def supervises_here(supervisor: Supervisor | None, *, person: str, site: str) -> Supervisor:
    """The supervisor who was looked up. Raises NotFound `supervisor_unknown`."""
    if supervisor is None:
        raise NotFound(
            "supervisor_unknown",
            f"{person} does not supervise at site {site}. Choose a supervisor there, or make {person} one "
            "first.",
        )
    return supervisor


def assign(
    placement: Placement,
    assignment: Assignment,
    *,
    to: Supervisor,
    previous: Supervisor | None,
    mentor: Supervisor | None,
) -> None:
    """Give a placement to a supervisor; `previous`, the one it has now, hands it over.

    `mentor` is the mentor's own record as a supervisor of the site, if they are one.

    Raises:
        Forbidden, Conflict, Invalid: what `Placement.must_accept` raises.
        Conflict: `supervisor_mutual`, or what `Supervisor.must_be_free_for` raises.
    """
    placement.must_accept(assignment)
    if mentor is not None and mentor.supervises(to.person):
        raise Conflict(
            "supervisor_mutual",
            f"{placement.person} supervises {to.person}, and two people can't supervise each other. Choose "
            "another supervisor.",
        )
    to.take_on(placement.id, person=placement.person, site=placement.site)
    if previous is not None:
        previous.hand_over(placement.id)
    placement.assign_supervisor(assignment)


def close(
    placement: Placement, closing: Closing, *, supervisor: Supervisor | None, practice: Practice
) -> None:
    """End a placement; `supervisor`, if it has one, has a place free again. Raises as `Placement.close`."""
    placement.close(closing, practice=practice)
    if supervisor is not None:
        supervisor.hand_over(placement.id)
