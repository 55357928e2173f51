"""A person's way through one programme: learning, what they showed, and what speaks for their certificate."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import Field

from services.training.domain.assessment import WrittenAssessment
from services.training.domain.attempts import (
    Allowance,
    AnyAssessment,
    AssessmentRecord,
    Attempt,
    AttemptState,
)
from services.training.domain.evidence import Evidence
from services.training.domain.learning import Learning
from services.training.domain.plan import Plan, plan_of
from services.training.domain.programme import Programme, Programmes
from services.training.domain.readiness import Readiness, readiness_of
from services.training.domain.reason import must_be_given
from services.training.domain.wording import listed
from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.recruitment import CandidateScreened, ScreeningOutcome
from shared.contracts.supervision import HoursApproved, PerformanceReviewed, SupervisorAssigned
from shared.contracts.training import (
    AssessmentFailed,
    AssessmentPassed,
    AttemptDeadline,
    CertificationReady,
    EnrolmentOpened,
    EnrolmentPaused,
    EnrolmentResumed,
    ModuleCompleted,
    TrainingCompleted,
)
from shared.domain.aggregate import Aggregate, stable_id
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.people import Actor, Role


def enrolment_id(person: str, programme: str) -> str:
    """One enrolment per person and programme, so an event that comes twice finds the same one."""
    return stable_id("enrolment", person, programme)


class Enrolment(Aggregate):
    """Rules that depend on the programme are given the version the enrolment keeps."""

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
    training_completed: Moment | None = None
    ready_since: Moment | None = None
    certificate: Id | None = None
    certified: Moment | None = None

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

    def rules(self, programmes: Programmes) -> Programme:
        """The version of the programme this enrolment keeps. Raises NotFound `programme_unknown`."""
        return programmes.version(self.programme, self.programme_version)

    def readiness(self, programme: Programme) -> Readiness:
        """Every requirement of the programme with what there is for it, or was when the certificate was granted."""
        evidence = self.evidence.until(self.certified) if self.certified else self.evidence
        return readiness_of(self.learning, evidence, programme)

    def plan(self, programme: Programme, *, now: datetime) -> Plan:
        """What is done, next and blocked, in sentences."""
        return plan_of(
            self.learning,
            self.readiness(programme),
            programme,
            paused=self.paused_since is not None,
            certified=self.certificate is not None,
            now=now,
        )

    # Modules

    def report_progress(self, module: str, *, percent: int, minutes: int, programme: Programme) -> None:
        """The person's own progress: `percent` of the module, after `minutes` more than last reported.

        Raises:
            NotFound: `module_unknown`.
            Conflict: `enrolment_paused`, `module_already_completed`, `module_blocked`.
            Invalid: `progress_out_of_range`.
        """
        self._must_be_open_to(module, programme)
        if not 0 <= percent <= 100 or minutes < 0:
            raise Invalid(
                "progress_out_of_range", "Please give a percentage from 0 to 100 and 0 minutes or more."
            )
        progress = self.learning.module(module).reaching(percent, minutes=minutes)
        self.learning = self.learning.with_module(progress)

    def complete_module(
        self, module: str, *, hours: float, by: str, programme: Programme, now: datetime
    ) -> None:
        """A trainer signs a module as completed, with the hours it took in all.

        While training hours are short, one that is completed can be signed again with more.

        Raises:
            Forbidden: `module_own_completion`.
            NotFound: `module_unknown`.
            Conflict: `enrolment_paused`, `module_already_completed`, `module_blocked`.
            Invalid: `module_hours_short`.
        """
        if by == self.person:
            raise Forbidden(
                "module_own_completion", "Nobody signs their own module. A trainer of the site does."
            )
        self._must_not_pause()
        if not self._counts_more_hours(module, hours, programme):
            self._must_be_open_to(module, programme)
        rule = programme.module(module)
        if not hours >= rule.minimum_hours.value:
            raise Invalid(
                "module_hours_short",
                f"{rule.title} takes at least {rule.minimum_hours.value:g} hours, and {hours:g} are given. "
                "Sign it when they are reached.",
                minimum=rule.minimum_hours.value,
            )
        signed = self.learning.module(module).signed(hours, by=by, now=now)
        self.learning = self.learning.with_module(signed)
        self.record(ModuleCompleted(**self._about(), module=module, hours=hours))
        self._see_what_is_complete(programme, now)

    # Assessments

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

    # Support

    def pause(self, *, by: str, now: datetime) -> None:
        """Let everything rest. No reason is asked, and an attempt under way counts for nothing.

        Raises Conflict `enrolment_paused` or `enrolment_certified`.
        """
        self._must_not_pause()
        if self.certificate:
            raise Conflict(
                "enrolment_certified", "This training has led to its certificate; there is no need."
            )
        self.paused_since, self.paused_by = now, self._other_than_the_person(by)
        for record in self.learning.assessments:
            if attempt := record.under_way(now):
                self.learning = self.learning.with_assessment(record.setting_aside(attempt, now=now))
                self.cancel(_end_of_attempt(record.code))
        self.record(EnrolmentPaused(**self._about()))

    def resume(self, *, by: str) -> None:
        """Go on where it stopped. Raises Conflict `enrolment_not_paused`."""
        if self.paused_since is None:
            raise Conflict("enrolment_not_paused", "This training does not pause. Nothing needs to be done.")
        self.paused_since, self.resumed_by = None, self._other_than_the_person(by)
        self.record(EnrolmentResumed(**self._about()))

    # Evidence

    def attest(self, code: str, version: str, *, by: str, programme: Programme, now: datetime) -> None:
        """The person signs a statement, in the version in force; signing it again changes nothing.

        Raises:
            Forbidden: `attestation_not_own`.
            Invalid: `attestation_unknown`, `attestation_version`.
        """
        if by != self.person:
            raise Forbidden("attestation_not_own", "Only the person themself can sign this.")
        rules = {rule.code: rule for rule in programme.certification.attestations}
        rule = rules.get(code)
        if rule is None:
            raise Invalid(
                "attestation_unknown",
                f"There is no statement {code!r} to sign. There is {listed(rules) or 'none'}.",
            )
        if version != rule.version:
            raise Invalid(
                "attestation_version",
                f"{rule.title} is in force in version {rule.version}. Read that version, then sign it.",
                version=rule.version,
            )
        if not self.evidence.has_signed(rule):
            self.evidence = self.evidence.with_attestation(code, version, now=now)
        self._see_what_is_complete(programme, now)

    def hear_again(self, screened: CandidateScreened, *, programme: Programme, now: datetime) -> None:
        """A decision on an application of somebody enrolled: an acceptance can add checks, no other changes anything.

        Raises Conflict `enrolment_at_another_site`: people have to decide where the training goes on.
        """
        if screened.outcome is not ScreeningOutcome.ACCEPTED:
            return
        if screened.site != self.site:
            raise Conflict(
                "enrolment_at_another_site",
                f"{self.person} was accepted at {screened.site}, and is enrolled in {self.programme} at {self.site} "
                "already. Agree between the sites where the training goes on, and discard this event with that "
                "reason.",
            )
        self.take_checks(screened, programme=programme, now=now)

    def take_checks(self, accepted: CandidateScreened, *, programme: Programme, now: datetime) -> None:
        """Checks that recruitment cleared before it accepted."""
        self.evidence = self.evidence.with_checks(accepted.checks_cleared, candidate=accepted.candidate)
        self._see_what_is_complete(programme, now)

    def take_supervisor(self, assigned: SupervisorAssigned) -> None:
        """Who supervises the work in this programme now, and so may read how the training goes."""
        self.supervisor = assigned.supervisor

    def end_supervision(self) -> None:
        """The placement is closed: nobody supervises any more."""
        self.supervisor = None

    def is_supervised_by(self, reader: Actor) -> bool:
        """Does this person supervise the work, and still hold the role at the site?"""
        return reader.person == self.supervisor and reader.holds(self.site, Role.SUPERVISOR)

    def take_hours(
        self, approved: HoursApproved, *, at: datetime, programme: Programme, now: datetime
    ) -> None:
        """Supervised hours that were signed off `at` some time; after the certificate they wait for its renewal."""
        self.evidence = self.evidence.with_hours(approved, at=at)
        self._see_what_is_complete(programme, now)

    def take_review(
        self, reviewed: PerformanceReviewed, *, at: datetime, programme: Programme, now: datetime
    ) -> None:
        """A performance review made `at` some time; after the certificate it waits for its renewal."""
        self.evidence = self.evidence.with_review(reviewed, at=at)
        self._see_what_is_complete(programme, now)

    # Certificate

    def certify(self, certificate: str, *, by: str, now: datetime) -> None:
        """The certificate is granted, which ends a pause; go through `granting.grant`.

        Raises Conflict `already_certified`.
        """
        if self.certificate is not None:
            raise Conflict("already_certified", "This training has led to its certificate already.")
        self.certificate, self.certified = certificate, now
        if self.paused_since is not None:
            self.resume(by=by)

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

    def _counts_more_hours(self, module: str, hours: float, programme: Programme) -> bool:
        signed = self.learning.module(module)
        short = self.learning.hours < programme.certification.training_hours.value
        return signed.completed is not None and hours > signed.hours and short

    def _must_be_open_to(self, module: str, programme: Programme) -> None:
        rule = programme.module(module)
        self._must_not_pause()
        self.learning.must_not_have_completed(rule)
        self.learning.must_be_ready_for(rule.title, rule.requires, programme=programme, code="module_blocked")

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
        self.cancel(_end_of_attempt(rule.code))
        self._announce(rule, record.attempts[attempt.number - 1])

    def _expect_the_end_of(self, record: AssessmentRecord) -> None:
        attempt = record.attempts[-1]
        assert attempt.ends is not None
        event = AttemptDeadline(
            **self._about(), assessment=record.code, attempt=attempt.number, ends=attempt.ends
        )
        self.schedule(_end_of_attempt(record.code), attempt.ends, event)

    def _announce(self, rule: AnyAssessment, attempt: Attempt) -> None:
        about = {**self._about(), "assessment": rule.code, "kind": rule.kind, "attempt": attempt.number}
        if attempt.state is AttemptState.PASSED:
            self.record(AssessmentPassed(**about, assessed_by=attempt.assessed_by))
        else:
            left = self.learning.assessment(rule.code).attempts_left(rule)
            self.record(AssessmentFailed(**about, attempts_left=left))

    def _see_what_is_complete(self, programme: Programme, now: datetime) -> None:
        if self.training_completed is None and self.learning.is_complete(programme):
            self.training_completed = now
            required = programme.certification.supervised_hours.value
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


def _end_of_attempt(assessment: str) -> str:
    return f"end_of_attempt_{assessment}"
