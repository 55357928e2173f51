"""A cohort: sessions that teach modules to people who come together, at one site or online."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, Self

from services.training.domain.attending import Attending
from services.training.domain.programme import Programme
from services.training.domain.scheduling import (
    Scheduling,
    must_be_a_zone,
    must_be_certified,
    must_come,
    must_fit,
)
from services.training.domain.seating import Seating
from services.training.domain.session import Session, SessionPlan
from shared.contracts.training import CohortScheduled


class Cohort(Scheduling, Seating, Attending):
    """Scheduled, held by its sessions, and kept for the hours that were learnt in it."""

    @classmethod
    def convene(
        cls,
        plans: Sequence[SessionPlan],
        *,
        id: str,
        programme: Programme,
        certified: Collection[str],
        by: str,
        now: datetime,
        **facts: Any,
    ) -> Self:
        """A new cohort under one version of a programme; `facts` are its other fields.

        Raises:
            NotFound: `module_unknown`.
            Invalid: `time_zone_unknown`, and what `must_fit`, `must_come` and `must_be_certified` raise.
        """
        must_be_a_zone(facts["time_zone"])
        in_order = sorted(plans, key=lambda plan: plan.starts)
        sessions = tuple(Session.of(plan, code=f"s{n}") for n, plan in enumerate(in_order, start=1))
        must_fit(sessions, facts["modules"], programme=programme)
        must_come(sessions, now)
        must_be_certified(sessions, certified)
        cohort = cls(
            id=id,
            programme=programme.code,
            programme_version=programme.version,
            sessions=sessions,
            scheduled=now,
            scheduled_by=by,
            starts=sessions[0].starts,
            ends=sessions[-1].ends,
            places_left=facts["capacity"],
            **facts,
        )
        cohort._announce_scheduled(by)
        return cohort

    def _announce_scheduled(self, by: str) -> None:
        self.record(
            CohortScheduled(
                **self._about(),
                programme_version=self.programme_version,
                modules=self.modules,
                session_count=len(self.sessions),
                starts=self.starts,
                ends=self.ends,
                capacity=self.capacity,
                scheduled_by=by,
            )
        )
        self.tell_who_holds(by=by)
