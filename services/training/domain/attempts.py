"""What a person has shown in one assessment: attempts, oldest first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field

from services.training.domain.assessment import PracticalAssessment, WrittenAssessment
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, NotFound

AnyAssessment = WrittenAssessment | PracticalAssessment


class AttemptState(StrEnum):
    """Where an attempt stands."""

    OPEN = "open"
    PASSED = "passed"
    FAILED = "failed"
    SET_ASIDE = "set_aside"
    """A pause began meanwhile: it counts for nothing, against nobody, and the next start begins it again."""


class Attempt(Value):
    """A written attempt has questions, an end and answers; a practical one scores and an assessor."""

    number: int = Field(ge=1)
    state: AttemptState
    started: Moment
    decided: Moment | None = None
    ends: Moment | None = None
    questions: tuple[Code, ...] = ()
    answers: dict[Code, Code] = {}
    right: int | None = None
    out_of_time: bool = False
    scores: dict[Code, int] = {}
    notes: str = Field(default="", max_length=2_000, description="Sensitive: it is in no event.")
    assessed_by: Id | None = None

    def is_over(self, now: datetime) -> bool:
        """Open, and past its end."""
        return self.state is AttemptState.OPEN and self.ends is not None and now >= self.ends


class Allowance(Value):
    """One more attempt than the programme's, opened by a trainer."""

    by: Id
    at: Moment
    reason: str = Field(min_length=1, max_length=2_000, description="Sensitive: it is in no event.")


class AssessmentRecord(Value):
    """Every attempt at one assessment, and those that trainers allowed on top of the programme's."""

    code: Code
    attempts: tuple[Attempt, ...] = ()
    allowances: tuple[Allowance, ...] = ()

    @property
    def passed(self) -> Attempt | None:
        """The attempt that passed."""
        return next((a for a in self.attempts if a.state is AttemptState.PASSED), None)

    @property
    def open(self) -> Attempt | None:
        """The attempt that is under way, in time or not."""
        return next((a for a in self.attempts if a.state is AttemptState.OPEN), None)

    def under_way(self, now: datetime) -> Attempt | None:
        """The attempt that can still be answered."""
        return self.open if self.open and not self.open.is_over(now) else None

    def attempts_left(self, assessment: AnyAssessment) -> int:
        """How many more there may be; an attempt set aside took none."""
        taken = sum(a.state is not AttemptState.SET_ASIDE for a in self.attempts)
        return max(0, assessment.attempts.value + len(self.allowances) - taken)

    def find_open(self, number: int) -> Attempt:
        """Raises NotFound `attempt_unknown`, Conflict `attempt_not_open`."""
        for attempt in self.attempts:
            if attempt.number == number and attempt.state is AttemptState.OPEN:
                return attempt
            if attempt.number == number:
                why = "its time was over" if attempt.out_of_time else attempt.state.value.replace("_", " ")
                raise Conflict(
                    "attempt_not_open",
                    f"Attempt {number} is decided ({why}). Start another attempt if one is left.",
                    state=attempt.state.value,
                )
        raise NotFound(
            "attempt_unknown", f"There is no attempt {number} at this assessment. Start one first."
        )

    def must_allow_another(self, assessment: AnyAssessment) -> None:
        """Raises Conflict `assessment_already_passed` or `assessment_attempts_used_up`."""
        if self.passed:
            raise Conflict(
                "assessment_already_passed",
                f"{assessment.title} is passed already. Nothing needs to be done.",
            )
        if not self.attempts_left(assessment):
            raise Conflict(
                "assessment_attempts_used_up",
                f"No attempt is left at {assessment.title}. A trainer of the site can open another one, and "
                "look with you at what was hard.",
            )

    def starting(self, assessment: WrittenAssessment, *, seed: int | str, now: datetime) -> Self:
        """The record with its last attempt open: a new one, or one set aside that is begun again.

        Begun again it keeps its questions: a pause is no way to look through the bank.
        """
        again = next((a for a in self.attempts if a.state is AttemptState.SET_ASIDE), None)
        others = tuple(a for a in self.attempts if a is not again)
        attempt = Attempt(
            number=len(others) + 1,
            state=AttemptState.OPEN,
            started=now,
            ends=now + timedelta(minutes=assessment.time_limit_minutes.value),
            questions=again.questions if again else assessment.draw(seed),
        )
        return self.model_copy(update={"attempts": (*others, attempt)})

    def marking(
        self, attempt: Attempt, answers: Mapping[str, str], *, assessment: WrittenAssessment, now: datetime
    ) -> Self:
        """The record with an open attempt marked; one that comes after its end has failed."""
        right = assessment.right_answers(attempt.questions, answers)
        late = attempt.is_over(now)
        passed = assessment.is_enough(right) and not late
        changes = {"answers": dict(answers), "right": right, "out_of_time": late, "decided": now}
        return self._replacing(attempt, state=_decided(passed), **changes)

    def assessed(
        self,
        scores: Mapping[str, int],
        *,
        assessment: PracticalAssessment,
        by: str,
        notes: str,
        now: datetime,
    ) -> Self:
        """The record with one more practical attempt, decided by its scores."""
        attempt = Attempt(
            number=len(self.attempts) + 1,
            state=_decided(assessment.is_enough(scores)),
            started=now,
            decided=now,
            scores=dict(scores),
            notes=notes,
            assessed_by=by,
        )
        return self.model_copy(update={"attempts": (*self.attempts, attempt)})

    def setting_aside(self, attempt: Attempt, *, now: datetime) -> Self:
        """The record with an attempt that is under way counting for nothing."""
        return self._replacing(attempt, state=AttemptState.SET_ASIDE, decided=now)

    def must_have_none_left(self, assessment: AnyAssessment, *, now: datetime) -> None:
        """Raises Conflict `assessment_already_passed`, `assessment_attempt_under_way`, `assessment_attempts_left`."""
        if self.passed:
            self.must_allow_another(assessment)
        if self.under_way(now):
            raise Conflict(
                "assessment_attempt_under_way",
                f"An attempt at {assessment.title} is under way. Wait for its result, which may be enough.",
            )
        if self.attempts_left(assessment):
            raise Conflict(
                "assessment_attempts_left",
                f"There is an attempt left at {assessment.title}; it can be used first.",
            )

    def allowing_another(self, allowance: Allowance) -> Self:
        """The record with one more attempt allowed."""
        return self.model_copy(update={"allowances": (*self.allowances, allowance)})

    def _replacing(self, attempt: Attempt, **changes: object) -> Self:
        changed = attempt.model_copy(update=changes)
        attempts = tuple(changed if a.number == attempt.number else a for a in self.attempts)
        return self.model_copy(update={"attempts": attempts})


def _decided(passed: bool) -> AttemptState:
    return AttemptState.PASSED if passed else AttemptState.FAILED
