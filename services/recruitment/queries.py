"""Reads: candidates, each only of the sites the reader works for, on whose panel they sit, or themself."""

from typing import Any

from services.recruitment.domain.candidate import Candidate, Stage
from services.recruitment.domain.staff import StaffMember
from shared.domain.people import Actor, Role
from shared.storage.mongo import Database
from shared.web.policy import sites_filter
from shared.web.queries import one

STAFF = (Role.COORDINATOR, Role.SITE_ADMIN, Role.AUDITOR)


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


async def sites_that_know(database: Database, person: str) -> frozenset[str]:
    """The sites where a person applied or works."""
    rows = [
        *await database.find(Candidate.collection, {"person": person}),
        *await database.find(StaffMember.collection, {"person": person}),
    ]
    return frozenset(row["site"] for row in rows)


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
