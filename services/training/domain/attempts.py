"""What a person has shown in one assessment: attempts, oldest first."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Self

from services.training.domain.assessment import PracticalAssessment, WrittenAssessment
from services.training.domain.attempt import AnyAssessment, Attempt, AttemptState, Sheet
from services.training.domain.question import Choice
from services.training.domain.reason import ReasonText
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict, NotFound
from shared.domain.sealed import Sealed

__all__ = ["Allowance", "AnyAssessment", "AssessmentRecord", "Attempt", "AttemptState"]


class Allowance(Value):
    """One more attempt than the programme's, opened by a trainer."""

    by: Id
    at: Moment
    why: Sealed[ReasonText]


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

    @property
    def awaiting(self) -> Attempt | None:
        """The attempt that people have still to look at."""
        return next((a for a in self.attempts if a.state is AttemptState.AWAITING_REVIEW), None)

    def under_way(self, now: datetime) -> Attempt | None:
        """The attempt that can still be answered."""
        return self.open if self.open and not self.open.is_over(now) else None

    def attempts_left(self, assessment: AnyAssessment) -> int:
        """How many more there may be; an attempt set aside took none."""
        taken = sum(a.state is not AttemptState.SET_ASIDE for a in self.attempts)
        return max(0, assessment.attempts.value + len(self.allowances) - taken)

    def opens_again(self, assessment: AnyAssessment) -> datetime | None:
        """When the wait after the latest attempt that fell short is over; None where there is none."""
        if assessment.wait is None:
            return None
        decided = [a.decided for a in self.attempts if a.state is AttemptState.FAILED and a.decided]
        return max(decided) + assessment.wait_between if decided else None

    def find(self, number: int) -> Attempt:
        """Raises NotFound `attempt_unknown`."""
        for attempt in self.attempts:
            if attempt.number == number:
                return attempt
        raise NotFound(
            "attempt_unknown", f"There is no attempt {number} at this assessment. Start one first."
        )

    def find_open(self, number: int) -> Attempt:
        """Raises NotFound `attempt_unknown`, Conflict `attempt_not_open`."""
        attempt = self.find(number)
        if attempt.state is AttemptState.OPEN:
            return attempt
        why = "its time was over" if attempt.out_of_time else attempt.state.value.replace("_", " ")
        raise Conflict(
            "attempt_not_open",
            f"Attempt {number} can't be answered any more ({why}). Start another attempt if one is left.",
            state=attempt.state.value,
        )

    def find_awaiting(self, number: int) -> Attempt:
        """Raises NotFound `attempt_unknown`, Conflict `attempt_not_awaiting_review`."""
        attempt = self.find(number)
        if attempt.state is AttemptState.AWAITING_REVIEW:
            return attempt
        raise Conflict(
            "attempt_not_awaiting_review",
            f"Attempt {number} does not wait for a review. Read the list of reviews again.",
            state=attempt.state.value,
        )

    def must_allow_another(self, assessment: AnyAssessment, *, now: datetime) -> None:
        """Raises Conflict `assessment_already_passed`, `assessment_awaiting_review`, `assessment_attempts_used_up`
        or `assessment_wait`.
        """
        if self.passed:
            raise Conflict(
                "assessment_already_passed",
                f"{assessment.title} is passed already. Nothing needs to be done.",
            )
        self._must_not_await(assessment)
        if not self.attempts_left(assessment):
            raise Conflict(
                "assessment_attempts_used_up",
                f"No attempt is left at {assessment.title}. A trainer of the site can open another one, and "
                "look with you at what was hard.",
            )
        opens = self.opens_again(assessment)
        if opens and now < opens:
            raise Conflict(
                "assessment_wait",
                f"{assessment.title} can be taken again from {opens:%Y-%m-%d %H:%M} UTC. Until then there is time to "
                "look at what was hard.",
                opens=opens.isoformat(),
            )

    def starting(
        self, assessment: WrittenAssessment, *, seed: int | str, time_factor: float, now: datetime
    ) -> Self:
        """The record with its last attempt open: a new one, or one set aside that is begun again.

        Begun again it keeps its questions: a pause is no way to look through the bank. Only where the person was
        moved meanwhile to a version that lacks some of them are others drawn.
        """
        again = next((a for a in self.attempts if a.state is AttemptState.SET_ASIDE), None)
        others = tuple(a for a in self.attempts if a is not again)
        attempt = Attempt(
            number=len(others) + 1,
            state=AttemptState.OPEN,
            started=now,
            ends=now + timedelta(minutes=assessment.time_limit_minutes.value) * time_factor,
            questions=again.questions if again and assessment.has(again.questions) else assessment.draw(seed),
        )
        return self._after(others, attempt)

    def marking(
        self,
        attempt: Attempt,
        answers: Mapping[str, Choice],
        texts: Mapping[str, str],
        *,
        assessment: WrittenAssessment,
        now: datetime,
    ) -> Self:
        """The record with an open attempt handed in; one that comes after its end has failed."""
        return self.replacing(attempt.marked(answers, texts, rule=assessment, now=now))

    def assessed(self, sheet: Sheet, *, assessment: PracticalAssessment, now: datetime) -> Self:
        """The record with one more sheet: of the attempt that awaits one, or of a new one."""
        if self.awaiting:
            return self.replacing(self.awaiting.assessed(sheet, rule=assessment, now=now))
        number = len(self.attempts) + 1
        new = Attempt(number=number, state=AttemptState.AWAITING_REVIEW, started=now, handed_in=now)
        return self._after(self.attempts, new.assessed(sheet, rule=assessment, now=now))

    def setting_aside(self, attempt: Attempt, *, now: datetime) -> Self:
        """The record with an attempt that is under way counting for nothing."""
        return self.replacing(attempt.model_copy(update={"state": AttemptState.SET_ASIDE, "decided": now}))

    def must_have_none_left(self, assessment: AnyAssessment, *, now: datetime) -> None:
        """Raises Conflict `assessment_already_passed`, `assessment_awaiting_review`, `assessment_attempt_under_way`
        or `assessment_attempts_left`.
        """
        if self.passed:
            self.must_allow_another(assessment, now=now)
        self._must_not_await(assessment)
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

    def replacing(self, changed: Attempt) -> Self:
        """The record with this attempt as given."""
        attempts = tuple(changed if a.number == changed.number else a for a in self.attempts)
        return self.model_copy(update={"attempts": attempts})

    def _after(self, others: tuple[Attempt, ...], latest: Attempt) -> Self:
        return self.model_copy(update={"attempts": (*others, latest)})

    def _must_not_await(self, assessment: AnyAssessment) -> None:
        if self.awaiting:
            raise Conflict(
                "assessment_awaiting_review",
                f"An attempt at {assessment.title} is with an assessor, who reads it. Wait for the result, which may "
                "be enough.",
            )
