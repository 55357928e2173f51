"""What assessors see and read: practical assessments, and the open answers of written ones."""

from collections.abc import Collection, Mapping
from datetime import datetime

from services.training.domain.assessment import PracticalAssessment, WrittenAssessment
from services.training.domain.attempt import Attempt, NotesText, Sheet
from services.training.domain.examining import Examining
from services.training.domain.programme import Programme
from services.training.domain.reason import sealed
from services.training.domain.wording import listed
from shared.domain.errors import Conflict, Forbidden, Invalid


class Assessing(Examining):
    """The rules of `Enrolment` about assessors."""

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
        """An assessor's sheet of the practical assessment; the last one that is needed decides.

        `supervisors` are all the person's, in any programme.

        Raises:
            Forbidden: what `may_be_assessed_by` raises.
            NotFound: `assessment_unknown`, `assessment_not_practical`.
            Conflict: `enrolment_paused`, `assessment_blocked`, `assessment_sheet_given`, or what
                `must_allow_another` raises.
            Invalid: what `PracticalAssessment.must_be_a_complete_rubric` raises.
        """
        rule = programme.practical(assessment)
        self.may_be_assessed_by(by, supervisors=supervisors, rule=rule)
        self._must_be_ready_for(rule, programme)
        record = self.learning.assessment(assessment)
        if record.awaiting:
            _must_be_another(by, record.awaiting)
        else:
            record.must_allow_another(rule, now=now)
        rule.must_be_a_complete_rubric(scores)
        sheet = Sheet(by=by, at=now, scores=dict(scores), notes=NotesText.of(notes))
        self._keep(record.assessed(sheet, assessment=rule, now=now))
        latest = self.learning.assessment(assessment).attempts[-1]
        self._announce(rule, latest.number)
        self._see_what_is_complete(programme, now)

    def review_answers(
        self,
        assessment: str,
        number: int,
        points: Mapping[str, Mapping[str, int]],
        *,
        by: str,
        supervisors: Collection[str],
        reason: str,
        programme: Programme,
        now: datetime,
    ) -> None:
        """An assessor has read the open answers: points for each by its rubric, and why. That decides the attempt.

        It was handed in before any pause that began meanwhile, and so is read all the same.

        Raises:
            Forbidden: what `may_be_assessed_by` raises.
            NotFound: `assessment_unknown`, `assessment_not_written`, `attempt_unknown`.
            Conflict: `attempt_not_awaiting_review`.
            Invalid: `review_incomplete`, `reason_missing`, or what `Question.must_be_a_review` raises.
        """
        rule = programme.written(assessment)
        self.may_be_assessed_by(by, supervisors=supervisors)
        record = self.learning.assessment(assessment)
        attempt = record.find_awaiting(number)
        _must_cover(points, attempt, rule)
        reviewed = attempt.reviewed_by(by, points, why=sealed(reason), rule=rule, now=now)
        self._keep(record.replacing(reviewed))
        self._announce(rule, number)
        self._see_what_is_complete(programme, now)

    def may_be_assessed_by(
        self, assessor: str, *, supervisors: Collection[str], rule: PracticalAssessment | None = None
    ) -> None:
        """Raises Forbidden `assessor_is_the_person` or, unless the rule allows it, `assessor_is_the_supervisor`."""
        if assessor == self.person:
            raise Forbidden(
                "assessor_is_the_person", "Nobody assesses themself. Ask another assessor of the site."
            )
        if assessor in supervisors and not (rule and rule.assessor_may_supervise):
            raise Forbidden(
                "assessor_is_the_supervisor",
                "You supervise this person, and the assessor has to be somebody else. Ask another assessor.",
            )


def _must_be_another(assessor: str, attempt: Attempt) -> None:
    if assessor in attempt.assessors:
        raise Conflict(
            "assessment_sheet_given",
            "Your sheet is in already. The attempt waits for the one of another assessor.",
        )


def _must_cover(points: Mapping[str, Mapping[str, int]], attempt: Attempt, rule: WrittenAssessment) -> None:
    to_read = [code for code in rule.open_questions(attempt.questions) if code in attempt.written]
    if points.keys() != set(to_read):
        raise Invalid(
            "review_incomplete", f"Please give points for {listed(to_read)}, and no other.", questions=to_read
        )
    for code in to_read:
        rule.question(code).must_be_a_review(points[code])
