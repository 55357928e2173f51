"""A person's way through the modules."""

from datetime import datetime

from services.training.domain.enrolled import Enrolled
from services.training.domain.module import Delivery, Module
from services.training.domain.programme import Programme
from services.training.domain.progress import ModuleProgress
from services.training.domain.wording import counted
from shared.contracts.training import ModuleCompleted
from shared.domain.errors import Conflict, Forbidden, Invalid


class Studying(Enrolled):
    """The rules of `Enrolment` about modules."""

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
        rule = programme.module(module)
        progress = self.learning.module(module).reaching(percent, minutes=minutes, module=rule)
        self.learning = self.learning.with_module(progress)

    def work_on_part(
        self, module: str, part: str, *, minutes: int, finished: bool, programme: Programme
    ) -> None:
        """The person's own progress in one part, in whichever way they take it; it never goes back.

        Raises:
            NotFound: `module_unknown`, `part_unknown`.
            Conflict: `enrolment_paused`, `module_already_completed`, `module_blocked`.
            Invalid: `progress_out_of_range`.
        """
        self._must_be_open_to(module, programme)
        rule = programme.module(module)
        rule.part(part)
        if minutes < 0:
            raise Invalid("progress_out_of_range", "Please give 0 minutes or more.")
        progress = self.learning.module(module).working_on(
            part, minutes=minutes, finished=finished, module=rule
        )
        self.learning = self.learning.with_module(progress)

    def complete_module(
        self, module: str, *, hours: float, by: str, programme: Programme, now: datetime
    ) -> None:
        """A trainer signs a module as completed, with the hours it took in all.

        Hours of parts that were recognised before count on top. While training hours are short, one that is
        completed can be signed again with more.

        Raises:
            Forbidden: `module_own_completion`.
            NotFound: `module_unknown`.
            Conflict: `enrolment_paused`, `module_already_completed`, `module_blocked`, `module_log_short`.
            Invalid: `module_hours_short`.
        """
        if by == self.person:
            raise Forbidden(
                "module_own_completion", "Nobody signs their own module. A trainer of the site does."
            )
        self._must_not_pause()
        if not self._counts_more_hours(module, hours, programme):
            self._must_be_open_to(module, programme)
        rule, progress = programme.module(module), self.learning.module(module)
        self._must_take(hours + progress.recognised_hours, rule)
        self._must_have_logged(rule)
        self._completes(progress.signed(hours, by=by, now=now), programme, now)

    def _completes(self, progress: ModuleProgress, programme: Programme, now: datetime) -> None:
        self.learning = self.learning.with_module(progress).needing_no_recognition_of(
            progress.code, person=self.person, now=now
        )
        self._see_who_is_awaited()
        self.record(ModuleCompleted(**self._about(), module=progress.code, hours=progress.hours))
        self._see_what_is_complete(programme, now)

    def _must_take(self, hours: float, rule: Module) -> None:
        if not hours >= rule.minimum_hours.value:
            raise Invalid(
                "module_hours_short",
                f"{rule.title} takes at least {rule.minimum_hours.value:g} hours, and {hours:g} are given. "
                "Sign it when they are reached.",
                minimum=rule.minimum_hours.value,
            )

    def _must_have_logged(self, rule: Module) -> None:
        for kind in (Delivery.SHADOWING, Delivery.SUPERVISED_PRACTICE):
            have, need = self.learning.logged(rule.code, kind), rule.required_log(kind)
            if have < need:
                raise Conflict(
                    "module_log_short",
                    f"{rule.title} asks for {counted(need, 'hour')} of {kind.value.replace('_', ' ')}, and "
                    f"{have:g} are confirmed. Sign it when the rest is.",
                    kind=kind.value,
                )

    def _counts_more_hours(self, module: str, hours: float, programme: Programme) -> bool:
        signed = self.learning.module(module)
        short = self.learning.hours < programme.certification.training_hours.value
        return signed.completed is not None and hours + signed.recognised_hours > signed.hours and short

    def _must_be_open_to(self, module: str, programme: Programme) -> None:
        rule = programme.module(module)
        self._must_not_pause()
        self.learning.must_not_have_completed(rule)
        self.learning.must_be_ready_for(rule.title, rule.requires, programme=programme, code="module_blocked")
