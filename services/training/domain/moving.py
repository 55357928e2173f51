"""Moving an enrolment to another version of its programme: what that changes, and doing it."""

from collections.abc import Iterator
from datetime import datetime
from enum import StrEnum

from services.training.domain.attempt import AttemptState
from services.training.domain.enrolled import Enrolled, Moved, MovedText
from services.training.domain.programme import Programme
from services.training.domain.readiness import Readiness
from services.training.domain.reason import must_be_given
from services.training.domain.requirements import Requirement
from shared.contracts.training import EnrolmentMoved
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict
from shared.domain.sealed import Sealed

UNDECIDED = (AttemptState.OPEN, AttemptState.AWAITING_REVIEW)
"""An attempt in one of these is decided by the rules it began under."""


class Effect(StrEnum):
    """What a move does to one requirement."""

    STAYS_MET = "stays_met"
    STAYS_UNMET = "stays_unmet"
    BECOMES_MET = "becomes_met"
    BECOMES_UNMET = "becomes_unmet"
    NEW_AND_MET = "new_and_met"
    NEW_AND_UNMET = "new_and_unmet"
    NO_LONGER_NEEDED = "no_longer_needed"


class RequirementMoved(Value):
    """One requirement, in the sentences of both versions where it is in them."""

    code: str
    effect: Effect
    before: str | None
    after: str | None


class ModuleMoved(Value):
    """A module the person began or completed that has another title in the other version, or is not in it."""

    module: str
    before: str
    after: str | None
    hours: float


class AttemptsKept(Value):
    """Attempts that stay; `left` of the other version, or None where the assessment is not in it."""

    assessment: str
    taken: int
    passed: bool
    left: int | None


class Preview(Value):
    """What moving from one version to another changes; nothing that was learnt or shown is ever lost."""

    from_version: int
    to_version: int
    ready_before: bool
    ready_after: bool
    requirements: tuple[RequirementMoved, ...]
    modules: tuple[ModuleMoved, ...]
    attempts: tuple[AttemptsKept, ...]


class Moving(Enrolled):
    """The rules of `Enrolment` about versions."""

    def preview_move(self, to: Programme, *, programme: Programme, now: datetime) -> Preview:
        """What `move` would change; nothing is. Raises Conflict as `move` does."""
        self._must_be_movable_to(to, now)
        before, after = self.readiness(programme, now=now), self.readiness(to, now=now)
        return Preview(
            from_version=programme.version,
            to_version=to.version,
            ready_before=before.complete,
            ready_after=after.complete,
            requirements=tuple(_requirements(before, after)),
            modules=tuple(self._modules(programme, to)),
            attempts=tuple(self._attempts(to)),
        )

    def move(self, to: Programme, *, by: str, reason: str, now: datetime) -> None:
        """Somebody named puts the person under another version; what was learnt and shown stays.

        Raises:
            Invalid: `reason_missing`.
            Conflict: `person_erased`, `enrolment_certified`, `version_kept`, `version_not_in_force`,
                `attempt_under_way`.
        """
        reason = must_be_given(reason)
        self._must_be_movable_to(to, now)
        moved = Moved(
            from_version=self.programme_version,
            to_version=to.version,
            at=now,
            by=by,
            text=Sealed.of(MovedText(reason=reason)),
        )
        self.moves = (*self.moves, moved)
        self.programme_version = to.version
        versions = moved.model_dump(include={"from_version", "to_version"})
        self.record(EnrolmentMoved(**self._about(), **versions, moved_by=by))
        self._see_what_is_complete(to, now)
        if self.ready_since is not None:
            self._expect_a_decision(to, self.ready_since)

    def _must_be_movable_to(self, to: Programme, now: datetime) -> None:
        self.must_not_be_erased()
        if self.certificate is not None:
            raise Conflict(
                "enrolment_certified",
                "This training has led to its certificate under the rules it was decided by, and stays there.",
            )
        if to.version == self.programme_version:
            raise Conflict(
                "version_kept", f"It is under version {to.version} already. Choose another version."
            )
        if to.effective_from > now:
            raise Conflict(
                "version_not_in_force",
                f"Version {to.version} is in force from {to.effective_from:%Y-%m-%d %H:%M} UTC on. Move then.",
            )
        if any(
            attempt.state in UNDECIDED for record in self.learning.assessments for attempt in record.attempts
        ):
            raise Conflict(
                "attempt_under_way",
                "An attempt is under way or being looked at, with the questions of the present version. Move when "
                "it is decided.",
            )

    def _modules(self, programme: Programme, to: Programme) -> Iterator[ModuleMoved]:
        titles = {module.code: module.title for module in programme.modules}
        others = {module.code: module.title for module in to.modules}
        for progress in self.learning.modules:
            before, after = titles.get(progress.code, progress.code), others.get(progress.code)
            if before != after:
                yield ModuleMoved(module=progress.code, before=before, after=after, hours=progress.hours)

    def _attempts(self, to: Programme) -> Iterator[AttemptsKept]:
        rules = {assessment.code: assessment for assessment in to.assessments}
        for record in self.learning.assessments:
            rule = rules.get(record.code)
            yield AttemptsKept(
                assessment=record.code,
                taken=len(record.attempts),
                passed=record.passed is not None,
                left=record.attempts_left(rule) if rule else None,
            )


def _requirements(before: Readiness, after: Readiness) -> Iterator[RequirementMoved]:
    old = {line.code: line for line in before.requirements}
    new = {line.code: line for line in after.requirements}
    for code in {**old, **new}:
        was, will = old.get(code), new.get(code)
        yield RequirementMoved(
            code=code,
            effect=_effect(was, will),
            before=was.sentence if was else None,
            after=will.sentence if will else None,
        )


def _effect(was: Requirement | None, will: Requirement | None) -> Effect:
    if will is None:
        return Effect.NO_LONGER_NEEDED
    if was is None:
        return Effect.NEW_AND_MET if will.met else Effect.NEW_AND_UNMET
    if was.met == will.met:
        return Effect.STAYS_MET if will.met else Effect.STAYS_UNMET
    return Effect.BECOMES_MET if will.met else Effect.BECOMES_UNMET
