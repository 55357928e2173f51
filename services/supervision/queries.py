"""Reads: placements and supervisors, each only of the sites the reader works for."""

from typing import Any

from services.supervision.domain.placement import Placement
from services.supervision.domain.supervisor import Supervisor
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import sites_filter
from shared.web.queries import one

STAFF = (Role.COORDINATOR, Role.SITE_ADMIN, Role.ORGANISATION_ADMIN, Role.AUDITOR)
"""Who sees every placement of their sites; a supervisor sees their own caseload."""


def placements_of_sites(actor: Actor, *, site: str | None, without_supervisor: bool | None) -> dict[str, Any]:
    """The filter for placements at the actor's sites; raises as `sites_filter`."""
    where: dict[str, Any] = dict(sites_filter(actor, *STAFF, site=site))
    if without_supervisor is not None:
        where["supervisor"] = None if without_supervisor else {"$ne": None}
    return where


async def placement_for(database: Database, placement: str, actor: Actor) -> Placement:
    """One placement for its mentor, its supervisor or the site's staff; raises as `one`."""
    return await one(
        database,
        Placement,
        placement,
        actor,
        allow=STAFF,
        own="person",
        also=lambda found: found.supervisor == actor.person,
    )


async def caseloads(
    database: Database, person: str, actor: Actor
) -> tuple[list[Supervisor], list[Placement]]:
    """A supervisor's terms at each site and the placements in their care; all of it for themself.

    Raises:
        Forbidden: the actor is somebody else and of no site's staff.
    """
    where = {} if actor.person == person else sites_filter(actor, *STAFF)
    terms = await database.find("supervisors", {**where, "person": person}, sort=(("_id", 1),))
    supervised = await database.find("placements", {**where, "supervisor": person}, sort=(("_id", 1),))
    return [Supervisor.rebuild(row) for row in terms], [Placement.rebuild(row) for row in supervised]
