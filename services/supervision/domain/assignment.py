"""Assigning a supervisor: the one rule that changes a placement and supervisors together.

All of them are saved in one transaction, each guarded by its version: two coordinators who assign at once
can't both take the last place in a caseload.
"""

from datetime import datetime

from services.supervision.domain.placement import Placement
from services.supervision.domain.supervisor import Supervisor
from shared.domain.errors import NotFound


def known(supervisor: Supervisor | None, *, person: str, site: str) -> Supervisor:
    """The supervisor who was looked up. Raises NotFound `supervisor_unknown`."""
    if supervisor is None:
        raise NotFound(
            "supervisor_unknown",
            f"{person} does not supervise at site {site}. Choose a supervisor there, or make {person} one "
            "first.",
        )
    return supervisor


def assign(
    placement: Placement, *, to: Supervisor, previous: Supervisor | None, by: str, now: datetime
) -> None:
    """Give a placement to a supervisor; `previous`, the one it has now, hands it over.

    Raises:
        Conflict: `supervisor_already_assigned`, or what `Supervisor.must_be_free_for` raises.
    """
    placement.must_not_be_with(to.person)
    to.take_on(placement.id, person=placement.person, site=placement.site)
    if previous is not None:
        previous.hand_over(placement.id)
    placement.assign_supervisor(to.person, by=by, now=now)
