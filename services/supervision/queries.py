"""Reads: placements and supervisors, each only of the sites the reader works for."""

from collections.abc import Sequence
from typing import Any

from services.supervision.domain.hours import HoursEntry, Workday
from services.supervision.domain.placement import Placement
from services.supervision.domain.supervisor import Supervisor
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import sites_filter
from shared.web.queries import one

STAFF = (Role.COORDINATOR, Role.SITE_ADMIN, Role.ORGANISATION_ADMIN, Role.AUDITOR)
"""Who sees every placement of their sites; a supervisor sees their own caseload."""

EVIDENCE = (*STAFF, Role.CERTIFIER)
"""Who may look up what a certificate rests on: hours and how reviews ended."""


def placements_of_sites(actor: Actor, *, site: str | None, without_supervisor: bool | None) -> dict[str, Any]:
    """The filter for placements at the actor's sites; raises as `sites_filter`.

    The queue of those who wait for a supervisor leaves out what has ended.
    """
    where: dict[str, Any] = dict(sites_filter(actor, *STAFF, site=site))
    if without_supervisor is True:
        return {**where, "supervisor": None, "closed": None}
    if without_supervisor is False:
        return {**where, "supervisor": {"$ne": None}}
    return where


async def placement_for(
    database: Database, placement: str, actor: Actor, *, allow: Sequence[Role]
) -> Placement:
    """One placement for its mentor, its supervisor and the roles allowed at its site; raises as `one`."""
    return await one(
        database,
        Placement,
        placement,
        actor,
        allow=allow,
        own="person",
        also=lambda found: found.is_in_care_of(actor),
    )


async def placement_of_staff(database: Database, placement: str, actor: Actor) -> Placement:
    """One placement for the staff of its site; raises as `one`."""
    return await one(database, Placement, placement, actor, allow=STAFF)


async def workday(database: Database, placement: str, day: str) -> Workday:
    """Every entry of hours of a placement for one day, an ISO 8601 date."""
    rows = await database.find(HoursEntry.collection, {"placement": placement, "worked_on": day})
    return Workday([HoursEntry.rebuild(row) for row in rows])


def sites_of_caseload(person: str, actor: Actor) -> dict[str, Any]:
    """The filter for the sites at which the actor sees this person's caseload; raises as `sites_filter`."""
    own = (Role.SUPERVISOR,) if actor.person == person else ()
    return dict(sites_filter(actor, *own, *STAFF))


async def terms_of(database: Database, person: str, where: dict[str, Any]) -> list[Supervisor]:
    """A supervisor's terms at each of the sites in `where`."""
    rows = await database.find(Supervisor.collection, {**where, "person": person}, sort=(("_id", 1),))
    return [Supervisor.rebuild(row) for row in rows]
