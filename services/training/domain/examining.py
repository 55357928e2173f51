"""What a person shows in the written assessment, and how many attempts there are at either kind."""

from collections.abc import Mapping
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
from services.training.domain.question import Choice
from services.training.domain.reason import sealed
from shared.contracts.training import AssessmentFailed, AssessmentPassed, AttemptDeadline, ReviewWanted
from shared.domain.errors import Forbidden


class Examining(Enrolled):
    """The rules of `Enrolment` about assessments."""

    def start_attempt(
        self,
        assessment: str,
        *,
        seed: int | str,
        programme: Programme,
        now: datetime,
        time_factor: float = 1.0,
    ) -> Attempt:
        """Begin a written attempt with questions drawn by `seed`; one that is under way goes on.

        One that a pause set aside begins again, with the questions it had. `time_factor` stretches the time limit.

        Raises:
            NotFound: `assessment_unknown`, `assessment_not_written`.
            Conflict: `enrolment_paused`, `assessment_blocked`, or what `must_allow_another` raises.
        """
        rule = programme.written(assessment)
        self._must_be_ready_for(rule, programme)
        record = self.learning.assessment(assessment)
        if under_way := record.under_way(now):
            return under_way
        if record.open:
            self._mark(record.open, {}, {}, rule, now)
        record = self.learning.assessment(assessment)
        record.must_allow_another(rule, now=now)
        record = record.starting(rule, seed=seed, time_factor=time_factor, now=now)
        self.learning = self.learning.with_assessment(record)
        self._expect_the_end_of(record)
        return record.attempts[-1]

    def meet_attempt_deadline(
        self, deadline: AttemptDeadline, *, programme: Programme, now: datetime
    ) -> None:
        """A timer came: an attempt that nobody handed in until its end has failed, and that is told.

        Nothing happens to one that was handed in (a review has no deadline), set aside or begun again meanwhile.
        """
        attempt = self.learning.assessment(deadline.assessment).open
        if attempt is not None and attempt.ends == deadline.ends:
            # The timer is the clock here: this process's own may be a little behind the one that set it.
            self._mark(attempt, {}, {}, programme.written(deadline.assessment), max(now, deadline.ends))

    def answer(
        self,
        assessment: str,
        number: int,
        answers: Mapping[str, Choice],
        *,
        texts: Mapping[str, str] | None = None,
        programme: Programme,
        now: datetime,
    ) -> None:
        """Hand in a written attempt: options are marked at once, `texts` are read by an assessor.

        After its end it has failed.

        Raises:
            NotFound: `assessment_unknown`, `assessment_not_written`, `attempt_unknown`.
            Conflict: `enrolment_paused`, `attempt_not_open`.
            Invalid: what `WrittenAssessment.must_fit` raises.
        """
        rule = programme.written(assessment)
        self._must_not_pause()
        attempt = self.learning.assessment(assessment).find_open(number)
        self._mark(attempt, answers, texts or {}, rule, now)
        self._see_what_is_complete(programme, now)

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
        allowance = Allowance(by=by, at=now, why=sealed(reason))
        self.learning = self.learning.with_assessment(record.allowing_another(allowance))

    def _must_be_ready_for(self, rule: AnyAssessment, programme: Programme) -> None:
        self._must_not_pause()
        self.learning.must_be_ready_for(
            rule.title, rule.requires, programme=programme, code="assessment_blocked"
        )

    def _mark(
        self,
        attempt: Attempt,
        answers: Mapping[str, Choice],
        texts: Mapping[str, str],
        rule: WrittenAssessment,
        now: datetime,
    ) -> None:
        record = self.learning.assessment(rule.code)
        self._keep(record.marking(attempt, answers, texts, assessment=rule, now=now))
        self.cancel(end_of_attempt(rule.code))
        self._announce(rule, attempt.number)

    def _keep(self, record: AssessmentRecord) -> None:
        self.learning = self.learning.with_assessment(record)
        self._see_who_is_awaited()

    def _expect_the_end_of(self, record: AssessmentRecord) -> None:
        attempt = record.attempts[-1]
        assert attempt.ends is not None
        event = AttemptDeadline(
            **self._about(), assessment=record.code, attempt=attempt.number, ends=attempt.ends
        )
        self.schedule(end_of_attempt(record.code), attempt.ends, event)

    def _announce(self, rule: AnyAssessment, number: int) -> None:
        record = self.learning.assessment(rule.code)
        attempt = record.attempts[number - 1]
        about = {**self._about(), "assessment": rule.code, "kind": rule.kind, "attempt": number}
        if attempt.state is AttemptState.AWAITING_REVIEW:
            self.record(ReviewWanted(**about))
        elif attempt.state is AttemptState.PASSED:
            self.record(AssessmentPassed(**about, assessed_by=attempt.assessed_by))
        else:
            self.record(AssessmentFailed(**about, attempts_left=record.attempts_left(rule)))


def end_of_attempt(assessment: str) -> str:
    """The name of the timer that ends an attempt."""
    return f"end_of_attempt_{assessment}"
