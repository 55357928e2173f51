"""What a person needs in order to learn: kept apart from everything that counts.

Readiness, certificates, lists and events are made from an enrolment, which knows nothing of this record: so
nothing in here can become a mark against anybody.
"""

from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Self

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Conflict, Forbidden

LARGEST_FACTOR = 3.0


def support_id(enrolment: str) -> str:
    """One record per enrolment."""
    return stable_id("support", enrolment)


class Need(StrEnum):
    """What helps somebody to take part."""

    EXTRA_TIME = "extra_time"
    READING_ALOUD = "reading_aloud"
    OTHER_LANGUAGE = "other_language"
    INTERPRETER = "interpreter"
    LARGE_PRINT = "large_print"
    SHORTER_SESSIONS = "shorter_sessions"
    MORE_BREAKS = "more_breaks"
    QUIET_PLACE = "quiet_place"
    STEP_FREE_ACCESS = "step_free_access"


class ExtraTime(Value):
    """So many times the time of a written assessment, as a trainer decided."""

    factor: float = Field(ge=1, le=LARGEST_FACTOR)
    decided_by: Id
    decided: Moment


class Support(Aggregate):
    """`needs` and `language` are the person's own words for what helps, as codes; nobody asks why."""

    collection: ClassVar[str] = "supports"

    person: Id
    enrolment: Id
    needs: tuple[Need, ...] = ()
    language: Code | None = None
    extra_time: ExtraTime | None = None

    @classmethod
    def of(cls, enrolment: str, *, person: str, site: str) -> Self:
        """Nothing asked for yet."""
        return cls(id=support_id(enrolment), site=site, person=person, enrolment=enrolment)

    @property
    def time_factor(self) -> float:
        """How much longer a written attempt may take: 1 where nothing was decided."""
        return self.extra_time.factor if self.extra_time else 1.0

    def state(self, needs: tuple[Need, ...], *, language: str | None) -> None:
        """What helps, from now on. A decision about time stays as it is while more time is among the needs."""
        self.needs, self.language = tuple(sorted(set(needs))), language
        if Need.EXTRA_TIME not in needs:
            self.extra_time = None

    def give_time(self, factor: float, *, by: str, now: datetime) -> None:
        """A trainer decides how much more time there is, for attempts that start from now on.

        Raises Forbidden `extra_time_own_decision`, Conflict `extra_time_not_asked`.
        """
        if by == self.person:
            raise Forbidden("extra_time_own_decision", "Another trainer of the site decides on your time.")
        if Need.EXTRA_TIME not in self.needs:
            raise Conflict(
                "extra_time_not_asked",
                "The person has not said that more time would help. Talk with them; they can say so in Peerpath.",
            )
        self.extra_time = ExtraTime(factor=factor, decided_by=by, decided=now)
