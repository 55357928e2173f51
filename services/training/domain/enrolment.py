"""A person's way through one programme: learning, what they showed, and what speaks for their certificate."""

from datetime import datetime
from typing import Self

from services.training.domain.assessing import Assessing
from services.training.domain.documenting import Documenting
from services.training.domain.evidencing import Evidencing
from services.training.domain.leaving import Leaving
from services.training.domain.moving import Moving
from services.training.domain.plan import Plan, plan_of
from services.training.domain.programme import Programme
from services.training.domain.recognising import Recognising
from services.training.domain.showing import Showing
from shared.contracts.recruitment import CandidateScreened
from shared.contracts.training import EnrolmentOpened
from shared.domain.aggregate import stable_id


def enrolment_id(person: str, programme: str) -> str:
    """One enrolment per person and programme, so an event that comes twice finds the same one."""
    return stable_id("enrolment", person, programme)


class Enrolment(Recognising, Showing, Assessing, Evidencing, Documenting, Moving, Leaving):
    """Opened by an acceptance, led to one certificate, and kept for its renewals."""

    @classmethod
    def open(cls, accepted: CandidateScreened, *, programme: Programme, now: datetime) -> Self:
        """What follows from an acceptance; the acceptance was the decision, this is none."""
        enrolment = cls(
            id=enrolment_id(accepted.person, accepted.programme),
            site=accepted.site,
            person=accepted.person,
            programme=programme.code,
            programme_version=programme.version,
            opened=now,
        )
        enrolment.record(EnrolmentOpened(**enrolment._about(), programme_version=programme.version))
        enrolment.take_checks(accepted, programme=programme, now=now)
        return enrolment

    def plan(self, programme: Programme, *, now: datetime, help_asked: int = 0) -> Plan:
        """What is done, next and blocked, in sentences. `help_asked` is told to the person alone."""
        return plan_of(
            self.learning,
            self.readiness(programme, now=now),
            programme,
            education=self.education,
            help_asked=help_asked,
            paused=self.paused_since is not None,
            certified=self.certificate is not None,
            now=now,
        )
