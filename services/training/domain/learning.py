"""How far a person is in the modules and assessments of a programme."""

from collections.abc import Iterable
from datetime import datetime
from typing import Self

from services.training.domain.attempts import AssessmentRecord
from services.training.domain.entries import with_one
from services.training.domain.module import Delivery, Module
from services.training.domain.practice_log import LogState, PracticeLog
from services.training.domain.programme import Programme
from services.training.domain.progress import ModuleProgress
from services.training.domain.recognition import Recognition, RecognitionState
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict


class Learning(Value):
    """Only what was begun is listed; anything else is at its beginning."""

    modules: tuple[ModuleProgress, ...] = ()
    assessments: tuple[AssessmentRecord, ...] = ()
    logs: tuple[PracticeLog, ...] = ()
    recognitions: tuple[Recognition, ...] = ()

    def module(self, code: str) -> ModuleProgress:
        """How far this module is."""
        return next((m for m in self.modules if m.code == code), ModuleProgress(code=code))

    def assessment(self, code: str) -> AssessmentRecord:
        """The attempts at this assessment."""
        return next((a for a in self.assessments if a.code == code), AssessmentRecord(code=code))

    def with_module(self, module: ModuleProgress) -> Self:
        """With this module as given."""
        others = (m for m in self.modules if m.code != module.code)
        return self.model_copy(update={"modules": (*others, module)})

    def with_assessment(self, record: AssessmentRecord) -> Self:
        """With this assessment as given."""
        others = (a for a in self.assessments if a.code != record.code)
        return self.model_copy(update={"assessments": (*others, record)})

    def with_log(self, log: PracticeLog) -> Self:
        """With this entry of the log as given."""
        return self.model_copy(update={"logs": with_one(self.logs, log)})

    def with_recognition(self, recognition: Recognition) -> Self:
        """With this request as given."""
        return self.model_copy(update={"recognitions": with_one(self.recognitions, recognition)})

    def needing_no_recognition_of(self, module: str, *, person: str, now: datetime) -> Self:
        """With what was still asked for in a module taken back: it is completed in another way."""
        return self.model_copy(
            update={
                "recognitions": tuple(
                    one.taken_back(by=person, now=now)
                    if one.module == module and one.state is RecognitionState.ASKED
                    else one
                    for one in self.recognitions
                )
            }
        )

    def logged(self, module: str, kind: Delivery) -> float:
        """Confirmed hours of one kind in this module."""
        return sum(
            log.hours
            for log in self.logs
            if log.module == module and log.kind == kind and log.state is LogState.CONFIRMED
        )

    def logs_awaiting(self, person: str, *kinds: Delivery) -> tuple[PracticeLog, ...]:
        """Days of these kinds that wait for this person's word."""
        return tuple(
            log
            for log in self.logs
            if log.beside == person and log.kind in kinds and log.state is LogState.LOGGED
        )

    def people_awaited(self, kind: Delivery) -> tuple[str, ...]:
        """Whose word on days of this kind is waited for."""
        waiting = (log for log in self.logs if log.kind == kind and log.state is LogState.LOGGED)
        return tuple(sorted({log.beside for log in waiting}))

    def place_of(self, module: str) -> str:
        """Where it is written down that this module is completed: signed, or recognised."""
        recognition = self.module(module).recognition
        return f"modules/{module}/recognitions/{recognition}" if recognition else f"modules/{module}"

    @property
    def hours(self) -> float:
        """Training hours of the completed modules."""
        return sum(m.hours for m in self.modules)

    def completed(self, modules: Iterable[str]) -> tuple[str, ...]:
        """Those of the modules that are completed."""
        return tuple(code for code in modules if self.module(code).completed)

    def missing(self, modules: Iterable[str]) -> tuple[str, ...]:
        """Those of the modules that are not completed."""
        return tuple(code for code in modules if not self.module(code).completed)

    def is_complete(self, programme: Programme) -> bool:
        """Is every module that the certificate requires completed, and every assessment passed?"""
        return not self.missing(programme.certification.required_modules) and all(
            self.assessment(a.code).passed for a in programme.assessments
        )

    @property
    def assessed_by(self) -> str | None:
        """Whoever assessed the practical assessment that is passed."""
        passed = (record.passed for record in self.assessments)
        # A written attempt has questions; whoever reads its answers may supervise the practice later.
        practical = (attempt for attempt in passed if attempt and not attempt.questions)
        return next((attempt.assessed_by for attempt in practical), None)

    def must_be_ready_for(
        self, title: str, requires: Iterable[str], *, programme: Programme, code: str
    ) -> None:
        """Raises Conflict `code`: something has to be completed before `title` opens."""
        missing = self.missing(requires)
        if missing:
            raise Conflict(
                code,
                f"{title} opens once {programme.titles(missing)} is completed."
                if len(missing) == 1
                else f"{title} opens once {programme.titles(missing)} are completed.",
                missing=list(missing),
            )

    def must_not_have_completed(self, module: Module) -> None:
        """Raises Conflict `module_already_completed`."""
        if self.module(module.code).completed:
            raise Conflict(
                "module_already_completed", f"{module.title} is completed already. Nothing needs to be done."
            )
