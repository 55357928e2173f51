"""The next period of a certificate as it is answered."""

from datetime import datetime
from typing import Self

from pydantic import BaseModel

from services.training.api.views import examples
from services.training.domain.certificate import Certificate
from services.training.domain.enrolment import Enrolment
from services.training.domain.next_period import NextPeriod
from services.training.domain.programme import Programme
from services.training.domain.requirements import Requirement
from shared.contracts.envelope import Moment


class RenewalView(BaseModel):
    """What the next period needs; it can be decided from `opens` to `closes` (excluded).

    `confirms`: the present period is provisional, so the whole of the first requirements is asked for.
    """

    model_config = examples.example(examples.RENEWAL)
    certificate: str
    enrolment: str
    confirms: bool
    valid_until: Moment
    opens: Moment
    closes: Moment
    ready_since: Moment | None
    complete: bool
    requirements: tuple[Requirement, ...]
    version: int

    @classmethod
    def of(
        cls, certificate: Certificate, enrolment: Enrolment, programme: Programme, *, now: datetime
    ) -> Self:
        """As it stands."""
        readiness = enrolment.next_readiness(programme, now=now)
        upcoming = enrolment.next_period
        assert isinstance(upcoming, NextPeriod)
        return cls(
            certificate=certificate.id,
            enrolment=enrolment.id,
            **upcoming.model_dump(include={"confirms", "opens", "closes", "ready_since"}),
            valid_until=certificate.ends,
            complete=readiness.complete,
            requirements=readiness.requirements,
            version=certificate.version,
        )
