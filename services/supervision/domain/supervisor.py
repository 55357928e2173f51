"""Who supervises at a site: how many mentors at most, never whom, and whom at present."""

from collections.abc import Sequence
from datetime import datetime
from typing import ClassVar, Self

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Conflict, Invalid
from shared.domain.people import Actor

LARGEST_CASELOAD_LIMIT = 100


def supervisor_id(person: str, site: str) -> str:
    """One supervisor per person and site: somebody who supervises at two sites has a caseload at each."""
    return stable_id("supervisor", person, site)


class Charge(Value):
    """One placement in a caseload and the mentor it is about."""

    placement: Id
    person: Id


class Supervisor(Aggregate):
    """A person who supervises at one site. The caseload is kept here, so that its limit holds."""

    collection: ClassVar[str] = "supervisors"

    person: Id
    caseload_limit: int
    conflicts: tuple[Id, ...] = Field(description="People never to be supervised by this one.")
    active: bool
    decided_by: Id = Field(description="Who set these terms.")
    decided: Moment
    caseload: tuple[Charge, ...] = ()

    @classmethod
    def appoint(
        cls,
        person: str,
        *,
        site: str,
        caseload_limit: int,
        conflicts: Sequence[str],
        active: bool,
        by: str,
        now: datetime,
    ) -> Self:
        """A new supervisor with nobody in the caseload. Raises Invalid `supervisor_limit_out_of_range`."""
        supervisor = cls(
            id=supervisor_id(person, site),
            site=site,
            person=person,
            caseload_limit=1,
            conflicts=(),
            active=active,
            decided_by=by,
            decided=now,
        )
        supervisor.change_terms(
            caseload_limit=caseload_limit, conflicts=conflicts, active=active, by=by, now=now
        )
        return supervisor

    def change_terms(
        self, *, caseload_limit: int, conflicts: Sequence[str], active: bool, by: str, now: datetime
    ) -> None:
        """Set the limit, the conflicts and whether new mentors can be assigned.

        Somebody made inactive keeps the caseload until a coordinator reassigns it, so nobody is left alone.

        Raises:
            Invalid: `supervisor_limit_out_of_range`.
            Conflict: `supervisor_limit_below_caseload` or `supervisor_conflict_in_caseload`.
        """
        self._limit_must_hold_the_caseload(caseload_limit)
        self._conflicts_must_spare_the_caseload(conflicts)
        self.caseload_limit = caseload_limit
        self.conflicts = tuple(dict.fromkeys(conflicts))
        self.active = active
        self.decided_by, self.decided = by, now

    @property
    def places_left(self) -> int:
        """How many more mentors can be assigned: none while inactive."""
        return self.caseload_limit - len(self.caseload) if self.active else 0

    def supervises(self, person: str) -> bool:
        """Is this person in the caseload?"""
        return any(charge.person == person for charge in self.caseload)

    def conflicts_may_be_read_by(self, actor: Actor) -> bool:
        """Who is never to be supervised by somebody is not for that somebody to know."""
        return actor.person != self.person

    def must_be_free_for(self, person: str, *, site: str) -> None:
        """May this supervisor take on this person's placement at this site?

        Raises:
            Conflict: `supervisor_other_site`, `supervisor_is_the_mentor`, `supervisor_conflict`,
                `supervisor_inactive` or `supervisor_caseload_full`.
        """
        if site != self.site:
            raise Conflict(
                "supervisor_other_site",
                f"{self.person} supervises at site {self.site}, and this placement is at {site}. Choose a "
                f"supervisor of {site}, or make {self.person} one there first.",
            )
        if person == self.person:
            raise Conflict(
                "supervisor_is_the_mentor",
                "Nobody supervises themself. Choose another supervisor of the site.",
            )
        if person in self.conflicts:
            raise Conflict(
                "supervisor_conflict",
                f"A conflict between {self.person} and {person} is on record. Choose another supervisor.",
            )
        if not self.active:
            raise Conflict(
                "supervisor_inactive",
                f"{self.person} takes nobody new at present. Choose another supervisor, or make "
                f"{self.person} active again.",
            )
        if not self.places_left:
            raise Conflict(
                "supervisor_caseload_full",
                f"{self.person} already supervises {len(self.caseload)} of at most {self.caseload_limit}. "
                "Choose another supervisor, or raise the limit.",
                limit=self.caseload_limit,
            )

    def take_on(self, placement: str, *, person: str, site: str) -> None:
        """Add a placement to the caseload. Raises what `must_be_free_for` raises."""
        self.must_be_free_for(person, site=site)
        self.caseload = (*self.caseload, Charge(placement=placement, person=person))

    def hand_over(self, placement: str) -> None:
        """Take a placement out of the caseload; nothing happens where it is not in it."""
        self.caseload = tuple(charge for charge in self.caseload if charge.placement != placement)

    def _limit_must_hold_the_caseload(self, limit: int) -> None:
        if not 1 <= limit <= LARGEST_CASELOAD_LIMIT:
            raise Invalid(
                "supervisor_limit_out_of_range",
                f"A caseload limit is from 1 to {LARGEST_CASELOAD_LIMIT}. To assign nobody new, make the "
                "supervisor inactive.",
            )
        if limit < len(self.caseload):
            raise Conflict(
                "supervisor_limit_below_caseload",
                f"{self.person} supervises {len(self.caseload)} at present. Keep the limit "
                f"at {len(self.caseload)} or above, or assign some of them to somebody else first.",
            )

    def _conflicts_must_spare_the_caseload(self, conflicts: Sequence[str]) -> None:
        present = sorted({charge.person for charge in self.caseload} & set(conflicts))
        if present:
            raise Conflict(
                "supervisor_conflict_in_caseload",
                f"{self.person} supervises {', '.join(present)} at present. Assign another supervisor "
                "there first, then record the conflict.",
            )


def appointed(supervisor: Supervisor, *, meanwhile: bool) -> Supervisor:
    """The supervisor whose terms are to change.

    Raises:
        Conflict: `supervisor_appointed_meanwhile`: there was none when the decision was made.
    """
    if meanwhile:
        raise Conflict(
            "supervisor_appointed_meanwhile",
            f"Somebody else let {supervisor.person} supervise at {supervisor.site} at the same moment. Read "
            "the terms, and change them if you still want to.",
        )
    return supervisor
