"""Reads: candidates, each only of the sites the reader works for, on whose panel they sit, or themself."""

from typing import Any

from services.recruitment.domain.candidate import Candidate, Stage
from services.recruitment.domain.person import ADMINS, Person
from shared.domain.errors import NotFound
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import permit, sites_filter
from shared.web.queries import one

STAFF = (Role.COORDINATOR, Role.SITE_ADMIN, Role.AUDITOR)
STAFF_READERS = (Role.COORDINATOR, *ADMINS)
"""Who sees the staff of a site: those who enter it, and those who choose a panel from it."""


def candidates_of_sites(actor: Actor, *, site: str | None, stage: Stage | None) -> dict[str, Any]:
    """The filter for candidates at the actor's sites; raises as `sites_filter`."""
    where: dict[str, Any] = dict(sites_filter(actor, *STAFF, site=site))
    if stage is not None:
        where["stage"] = stage.value
    return where


async def candidate_for(database: Database, candidate: str, actor: Actor) -> Candidate:
    """One candidate for staff of the site, the panel, or the person themself; raises as `one`."""
    return await one(
        database,
        Candidate,
        candidate,
        actor,
        allow=STAFF,
        own="person",
        also=lambda found: on_panel(found, actor),
    )


async def person(database: Database, id: str) -> Person:
    """A person recruitment knows. Raises NotFound."""
    row = await database.get(Person.collection, id)
    if row is None:
        raise NotFound("not_found", "There is no such record, or it is not one of your sites'.")
    return Person.rebuild(row)


async def colleague(database: Database, id: str, *, site: str, actor: Actor) -> Person:
    """Somebody with a duty at the site, for those who may see its staff. Raises NotFound, Forbidden."""
    permit(actor, site, *STAFF_READERS)
    row = await database.find_one(Person.collection, {"_id": id, **colleagues_at(site)})
    if row is None:
        raise NotFound("not_found", f"Nobody with this id has a duty at {site}; enter them first.")
    return Person.rebuild(row)


def colleagues_at(site: str) -> dict[str, Any]:
    """The filter for everybody with a duty at a site."""
    return {"duties.site": site}


def on_panel(candidate: Candidate, actor: Actor) -> bool:
    """Does the actor sit on this candidate's panel?"""
    return candidate.interview is not None and actor.person in candidate.interview.panel


def may_read_text(candidate: Candidate, actor: Actor) -> bool:
    """May the actor read the applicant's own words? The person, the coordinators and the panel."""
    return (
        actor.holds(candidate.site, Role.COORDINATOR)
        or actor.person == candidate.person
        or on_panel(candidate, actor)
    )
