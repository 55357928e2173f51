"""What an enrolment holds, and what its rules ask first and see to in the end."""

from datetime import datetime
from typing import Any, ClassVar

from pydantic import Field

from services.training.domain.education import Education, EducationState
from services.training.domain.evidence import Evidence
from services.training.domain.learning import Learning
from services.training.domain.practice_log import LogState
from services.training.domain.programme import Programme, Programmes
from services.training.domain.readiness import Readiness, readiness_of
from services.training.domain.recognition import RecognitionState
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import CertificationReady, TrainingCompleted
from shared.domain.aggregate import Aggregate
from shared.domain.errors import Conflict


class Enrolled(Aggregate):
    """The state of an `Enrolment`; its rules are in the files named for what they are about.

    Rules that depend on the programme are given the version the enrolment keeps.
    """

    collection: ClassVar[str] = "enrolments"

    person: Id
    programme: Code
    programme_version: int
    opened: Moment
    supervisor: Id | None = None
    paused_since: Moment | None = None
    paused_by: Id | None = Field(default=None, description="Who paused it, where it was not the person.")
    resumed_by: Id | None = Field(default=None, description="Who ended the last pause, likewise.")
    learning: Learning = Learning()
    evidence: Evidence = Evidence()
    education: Education = Education()
    training_completed: Moment | None = None
    ready_since: Moment | None = None
    certificate: Id | None = None
    certified: Moment | None = None
    review_awaited_since: Moment | None = None
    trainer_awaited_since: Moment | None = None
    awaited: tuple[Id, ...] = Field(default=(), description="Whose word on a day in the log is waited for.")

    def rules(self, programmes: Programmes) -> Programme:
        """The version of the programme this enrolment keeps. Raises NotFound `programme_unknown`."""
        return programmes.version(self.programme, self.programme_version)

    def readiness(self, programme: Programme) -> Readiness:
        """Every requirement of the programme with what there is for it, or was when the certificate was granted."""
        evidence = self.evidence.until(self.certified) if self.certified else self.evidence
        return readiness_of(self.learning, evidence, programme)

    def _about(self) -> dict[str, Any]:
        return {"site": self.site, "person": self.person, "enrolment": self.id, "programme": self.programme}

    def _other_than_the_person(self, by: str) -> str | None:
        return None if by == self.person else by

    def _must_not_pause(self) -> None:
        if self.paused_since is not None:
            raise Conflict(
                "enrolment_paused",
                "This training pauses, and that is all right. Resume it first, whenever it suits you; "
                "everything is kept as it is.",
            )

    def _see_who_is_awaited(self) -> None:
        """Keep what lists are made of: what waits for an assessor, a trainer or somebody named, and since when."""
        learning = self.learning
        handed_in = (record.awaiting for record in learning.assessments)
        reviews = (attempt.handed_in for attempt in handed_in if attempt and attempt.handed_in)
        asked = [r.asked for r in learning.recognitions if r.state is RecognitionState.ASKED]
        courses = [e.submitted for e in self.education.entries if e.state is EducationState.SUBMITTED]
        self.review_awaited_since = min(reviews, default=None)
        self.trainer_awaited_since = min([*asked, *courses], default=None)
        self.awaited = tuple(sorted({log.beside for log in learning.logs if log.state is LogState.LOGGED}))

    def _see_what_is_complete(self, programme: Programme, now: datetime) -> None:
        if self.training_completed is None and self.learning.is_complete(programme):
            self.training_completed = now
            required = programme.certification.hours_of_work
            self.record(
                TrainingCompleted(
                    **self._about(),
                    training_hours=self.learning.hours,
                    supervised_hours_required=required,
                    assessed_by=self.learning.assessed_by,
                )
            )
        if self.ready_since is None and self.readiness(programme).complete:
            self.ready_since = now
            self.record(CertificationReady(**self._about()))
