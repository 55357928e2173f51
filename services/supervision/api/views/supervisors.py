"""Supervisors as they are shown."""

from collections.abc import Iterable
from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.supervision.api.views import placements as placement_views
from services.supervision.api.views.placements import PlacementView
from services.supervision.domain.supervisor import Supervisor
from shared.contracts.envelope import Moment
from shared.domain.people import Actor
from shared.web.queries import Page

EXAMPLE: dict[str, Any] = {
    "supervisor": "person-1",
    "site": "riverside",
    "caseload_limit": 8,
    "caseload": 1,
    "free": 7,
    "active": True,
    "conflicts": ["person-7"],
    "decided_by": "person-2",
    "decided": "2026-03-01T09:00:00Z",
    "version": 2,
}


class SupervisorView(BaseModel):
    """A supervisor's terms at a site, who set them, and how many they supervise at present.

    `conflicts` is null for the supervisor.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})
    supervisor: str
    site: str
    caseload_limit: int
    caseload: int
    free: int
    active: bool
    conflicts: list[str] | None
    decided_by: str
    decided: Moment
    version: int

    @classmethod
    def of(cls, supervisor: Supervisor, *, reader: Actor) -> Self:
        """The terms as the reader may see them."""
        shown = {"site", "caseload_limit", "active", "decided_by", "decided", "version"}
        return cls(
            **supervisor.model_dump(include=shown),
            supervisor=supervisor.person,
            caseload=len(supervisor.caseload),
            free=supervisor.places_left,
            conflicts=list(supervisor.conflicts) if supervisor.conflicts_may_be_read_by(reader) else None,
        )


class CaseloadView(BaseModel):
    """What one supervisor is in charge of: their terms by site, and a page of the placements."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "supervisor": "person-1",
                    "sites": [{**EXAMPLE, "conflicts": None}],
                    "placements": {"items": [placement_views.EXAMPLE], "next": None},
                }
            ]
        }
    )
    supervisor: str
    sites: list[SupervisorView]
    placements: Page[PlacementView]

    @classmethod
    def of(
        cls, person: str, terms: Iterable[Supervisor], placements: Page[PlacementView], *, reader: Actor
    ) -> Self:
        """As the reader may see it."""
        sites = [SupervisorView.of(found, reader=reader) for found in terms]
        return cls(supervisor=person, sites=sites, placements=placements)
