"""What a person shows in the written and the practical assessments."""

from collections.abc import Collection, Mapping
from datetime import datetime

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempts import (
    Allowance,
    AnyAssessment,
    AssessmentRecord,
    Attempt,
    AttemptState,
)
from services.training.domain.enrolled import Enrolled
from services.training.domain.programme import Programme
from services.training.domain.reason import must_be_given
from shared.contracts.training import AssessmentFailed, AssessmentPassed, AttemptDeadline
from shared.domain.errors import Forbidden


class Examining(Enrolled):
    """The rules of `Enrolment` about assessments."""

    def start_attempt(
        self, assessment: str, *, seed: int | str, programme: Programme, now: datetime
    ) -> Attempt:
        """Begin a written attempt with questions drawn by `seed`; one that is under way goes on.

        One that a pause set aside begins again, with the questions it had.

        Raises:
            NotFound: `assessment_unknown`, `assessment_not_written`.
            Conflict: `enrolment_paused`, `assessment_blocked`, `assessment_already_passed`,
                `assessment_attempts_used_up`.
        """
        rule = programme.written(assessment)
        self._must_be_ready_for(rule, programme)
        record = self.learning.assessment(assessment)
        if under_way := record.under_way(now):
            return under_way
        if record.open:
            self._mark(record.open, {}, rule, now)
        record = self.learning.assessment(assessment)
        record.must_allow_another(rule)
        record = record.starting(rule, seed=seed, now=now)
        self.learning = self.learning.with_assessment(record)
        self._expect_the_end_of(record)
        return record.attempts[-1]

    def meet_attempt_deadline(
        self, deadline: AttemptDeadline, *, programme: Programme, now: datetime
    ) -> None:
        """A timer came: an attempt that nobody handed in until its end has failed, and that is told.

        Nothing happens to one that was handed in, set aside or begun again meanwhile.
        """
        attempt = self.learning.assessment(deadline.assessment).open
        if attempt is not None and attempt.ends == deadline.ends:
            # The timer is the clock here: this process's own may be a little behind the one that set it.
            self._mark(attempt, {}, programme.written(deadline.assessment), max(now, deadline.ends))

    def answer(
        self,
        assessment: str,
        number: int,
        answers: Mapping[str, str],
        *,
        programme: Programme,
        now: datetime,
    ) -> None:
        """Hand in a written attempt; it is marked at once, and after its end it has failed.

        Raises:
            NotFound: `assessment_unknown`, `assessment_not_written`, `attempt_unknown`.
            Conflict: `enrolment_paused`, `attempt_not_open`.
            Invalid: `answer_question_unknown`, `answer_option_unknown`.
        """
        rule = programme.written(assessment)
        self._must_not_pause()
        attempt = self.learning.assessment(assessment).find_open(number)
        self._mark(attempt, answers, rule, now)
        self._see_what_is_complete(programme, now)

    def assess(
        self,
        assessment: str,
        scores: Mapping[str, int],
        *,
        by: str,
        supervisors: Collection[str],
        notes: str,
        programme: Programme,
        now: datetime,
    ) -> None:
        """An assessor's result of the practical assessment; `supervisors` are all the person's, in any programme.

        Raises:
            Forbidden: `assessor_is_the_person`, `assessor_is_the_supervisor`.
            NotFound: `assessment_unknown`, `assessment_not_practical`.
            Conflict: `enrolment_paused`, `assessment_blocked`, `assessment_already_passed`,
                `assessment_attempts_used_up`.
            Invalid: what `PracticalAssessment.must_be_a_complete_rubric` raises.
        """
        rule = programme.practical(assessment)
        self.may_be_assessed_by(by, supervisors=supervisors)
        self._must_be_ready_for(rule, programme)
        record = self.learning.assessment(assessment)
        record.must_allow_another(rule)
        rule.must_be_a_complete_rubric(scores)
        record = record.assessed(scores, assessment=rule, by=by, notes=notes, now=now)
        self.learning = self.learning.with_assessment(record)
        self._announce(rule, record.attempts[-1])
        self._see_what_is_complete(programme, now)

    def may_be_assessed_by(self, assessor: str, *, supervisors: Collection[str]) -> None:
        """Raises Forbidden `assessor_is_the_person` or `assessor_is_the_supervisor`."""
        if assessor == self.person:
            raise Forbidden(
                "assessor_is_the_person", "Nobody assesses themself. Ask another assessor of the site."
            )
        if assessor in supervisors:
            raise Forbidden(
                "assessor_is_the_supervisor",
                "You supervise this person, and the assessor has to be somebody else. Ask another assessor.",
            )

    def allow_another_attempt(
        self, assessment: str, *, by: str, reason: str, programme: Programme, now: datetime
    ) -> None:
        """A trainer opens one more attempt where all are used, and says why.

        Raises:
            Forbidden: `attempt_own_allowance`.
            NotFound: `assessment_unknown`.
            Conflict: what `AssessmentRecord.must_have_none_left` raises.
            Invalid: `reason_missing`.
        """
        rule = programme.assessment(assessment)
        if by == self.person:
            raise Forbidden("attempt_own_allowance", "Nobody opens an attempt for themself. Ask a trainer.")
        record = self.learning.assessment(assessment)
        record.must_have_none_left(rule, now=now)
        allowance = Allowance(by=by, at=now, reason=must_be_given(reason))
        self.learning = self.learning.with_assessment(record.allowing_another(allowance))

    def _must_be_ready_for(self, rule: AnyAssessment, programme: Programme) -> None:
        self._must_not_pause()
        self.learning.must_be_ready_for(
            rule.title, rule.requires, programme=programme, code="assessment_blocked"
        )

    def _mark(
        self, attempt: Attempt, answers: Mapping[str, str], rule: WrittenAssessment, now: datetime
    ) -> None:
        record = self.learning.assessment(rule.code).marking(attempt, answers, assessment=rule, now=now)
        self.learning = self.learning.with_assessment(record)
        self.cancel(end_of_attempt(rule.code))
        self._announce(rule, record.attempts[attempt.number - 1])

    def _expect_the_end_of(self, record: AssessmentRecord) -> None:
        attempt = record.attempts[-1]
        assert attempt.ends is not None
        event = AttemptDeadline(
            **self._about(), assessment=record.code, attempt=attempt.number, ends=attempt.ends
        )
        self.schedule(end_of_attempt(record.code), attempt.ends, event)

    def _announce(self, rule: AnyAssessment, attempt: Attempt) -> None:
        about = {**self._about(), "assessment": rule.code, "kind": rule.kind, "attempt": attempt.number}
        if attempt.state is AttemptState.PASSED:
            self.record(AssessmentPassed(**about, assessed_by=attempt.assessed_by))
        else:
            left = self.learning.assessment(rule.code).attempts_left(rule)
            self.record(AssessmentFailed(**about, attempts_left=left))


def end_of_attempt(assessment: str) -> str:
    """The name of the timer that ends an attempt."""
    return f"end_of_attempt_{assessment}"
