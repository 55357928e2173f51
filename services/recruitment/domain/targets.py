"""How long people should wait at most: data, so that a programme sets its own without a change of code."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from pydantic import Field, PositiveInt, model_validator

from services.recruitment.domain.stage import Stage
from shared.contracts.envelope import Code
from shared.domain.aggregate import Value

Days = Mapping[Stage, PositiveInt]


class Targets(Value):
    """Target days by stage, for all programmes and, where one has others, for that one.

    A stage without a number has no target: nobody is late there.
    """

    every_programme: Days
    programmes: Mapping[Code, Days] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _open(self) -> Self:
        named = {stage for days in (self.every_programme, *self.programmes.values()) for stage in days}
        if closed := sorted(stage.value for stage in named if not stage.open):
            raise ValueError(f"nobody waits in {', '.join(closed)}; name stages that are open")
        return self

    def days(self, programme: str, stage: Stage) -> int | None:
        """The target of a stage; None where it has none."""
        own = self.programmes.get(programme, {})
        return own.get(stage, self.every_programme.get(stage))

    def of(self, programme: str) -> Mapping[Stage, int]:
        """Every target of a programme."""
        return {**self.every_programme, **self.programmes.get(programme, {})}

    def is_missed(self, programme: str, stage: Stage, *, since: datetime, now: datetime) -> bool:
        """Has somebody waited there for as long, or longer?"""
        days = self.days(programme, stage)
        return days is not None and now - since >= timedelta(days=days)
