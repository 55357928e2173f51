"""Who acts: a named person with roles at sites."""

from collections.abc import Set as AbstractSet
from enum import StrEnum
from typing import Literal

from pydantic import BaseModel, ConfigDict

from shared.contracts.envelope import Id

EVERY_SITE = "*"
"""In a grant: the role holds at every site of the organisation."""


class Role(StrEnum):
    """What a person may do, each at named sites."""

    MENTOR = "mentor"
    """An applicant or peer mentor: their own record."""
    COORDINATOR = "coordinator"
    INTERVIEWER = "interviewer"
    TRAINER = "trainer"
    ASSESSOR = "assessor"
    SUPERVISOR = "supervisor"
    CERTIFIER = "certifier"
    CLINICIAN = "clinician"
    PRIVACY_LEAD = "privacy_lead"
    AUDITOR = "auditor"
    """Reads, changes nothing."""
    SITE_ADMIN = "site_admin"
    ORGANISATION_ADMIN = "organisation_admin"
    SUBSCRIBER = "subscriber"
    """Another organisation's system."""
    OPERATOR = "operator"
    """Runs the platform, at `*` only: sees what is parked, and nothing of anybody's record."""


class Grant(BaseModel):
    """One role at one site (`*` for every site)."""

    model_config = ConfigDict(frozen=True)

    role: Role
    site: Id | Literal["*"]


class Actor(BaseModel):
    """The person a request was signed in as. Every decision keeps the actor's id: somebody named made it."""

    model_config = ConfigDict(frozen=True)

    person: Id
    grants: frozenset[Grant] = frozenset()

    def holds(self, site: str, *roles: Role) -> bool:
        """Does this person hold one of the roles at this site?"""
        return any(grant.role in roles and grant.site in (site, EVERY_SITE) for grant in self.grants)

    def sites(self, *roles: Role) -> AbstractSet[str]:
        """The sites where this person holds one of the roles; contains `*` when it is all of them."""
        return {grant.site for grant in self.grants if grant.role in roles}
