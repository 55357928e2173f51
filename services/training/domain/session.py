"""One session of a cohort: when, what of, by whom and where."""

from datetime import datetime, timedelta
from typing import Self

from pydantic import Field

from services.training.domain.module import Delivery, Module
from services.training.domain.wording import listed
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import CohortChange
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

TOGETHER = (
    Delivery.IN_PERSON_WORKSHOP,
    Delivery.LIVE_ONLINE,
    Delivery.SHADOWING,
    Delivery.SUPERVISED_PRACTICE,
)
"""What a session can be; the rest is learnt without one."""


class SessionPlan(Value):
    """A session as it is planned. `mentor` is the certified mentor who is shadowed, and there only then."""

    module: Code
    title: str = Field(min_length=1, max_length=200)
    starts: Moment
    minutes: int = Field(ge=5, le=720)
    delivery: Delivery
    trainer: Id
    mentor: Id | None = None
    place: str | None = Field(default=None, min_length=1, max_length=300)
    link: str | None = Field(default=None, max_length=500, pattern=r"^https?://[^\s\x00-\x20]+$")

    @property
    def ends(self) -> datetime:
        """When it is over."""
        return self.starts + timedelta(minutes=self.minutes)

    @property
    def held_by(self) -> frozenset[str]:
        """The trainer, and the mentor where one is shadowed."""
        return frozenset(filter(None, (self.trainer, self.mentor)))

    def must_suit(self, module: Module) -> None:
        """Is it held in a way the module allows, and is there somewhere to go?

        Raises Invalid `delivery_not_offered`, `session_nowhere` or `mentor_misplaced`.
        """
        ways = [way.value for way in TOGETHER if way in module.delivery]
        if self.delivery.value not in ways:
            raise Invalid(
                "delivery_not_offered",
                f"{module.title} is not taught as {self.delivery.value} in sessions. "
                f"Choose from {listed(ways) or 'another module'}.",
                delivery=ways,
            )
        needed = {Delivery.IN_PERSON_WORKSHOP: self.place, Delivery.LIVE_ONLINE: self.link}
        if not needed.get(self.delivery, self.place or self.link):
            raise Invalid(
                "session_nowhere",
                f"{self.title} needs a place to go to, or a link where it is held online.",
            )
        if (self.delivery is Delivery.SHADOWING) is not (self.mentor is not None):
            raise Invalid(
                "mentor_misplaced",
                f"{self.title}: name the mentor who is shadowed in a session of shadowing, and in no other.",
            )


class Session(SessionPlan):
    """A session as it stands; `code` is its own within the cohort, for good."""

    code: Code

    @classmethod
    def of(cls, plan: SessionPlan, *, code: str) -> Self:
        """The planned session under its code."""
        return cls(**plan.model_dump(include=set(SessionPlan.model_fields)), code=code)

    def changes_to(self, other: SessionPlan) -> tuple[CohortChange, ...]:
        """What somebody who comes to it has to know about the other."""
        return tuple(
            change
            for change, fields in _CONCERNS.items()
            if any(getattr(self, field) != getattr(other, field) for field in fields)
        )


_CONCERNS = {
    CohortChange.SESSION_MOVED: ("starts", "minutes"),
    CohortChange.TRAINER_CHANGED: ("trainer", "mentor"),
    CohortChange.PLACE_CHANGED: ("place", "link", "delivery"),
}
