"""Evidence of learning beside a trainer's signature: days beside somebody, and courses taken elsewhere."""

from datetime import datetime

from services.training.domain.education import Education, EducationDraft
from services.training.domain.enrolled import Enrolled
from services.training.domain.entries import find, must_leave_room
from services.training.domain.module import Delivery
from services.training.domain.practice_log import LogDraft, LogState, PracticeLog
from services.training.domain.programme import Programme
from shared.contracts.training import EducationApproved, EducationReturned
from shared.domain.errors import Conflict


class Showing(Enrolled):
    """The rules of `Enrolment` about logs and continuing education."""

    def log_practice(
        self, draft: LogDraft, *, id: str, mentor_certified: bool, programme: Programme, now: datetime
    ) -> None:
        """The person writes down a day beside somebody, who then confirms it.

        `mentor_certified`: holds whoever is shadowed a valid certificate at the site now?

        Raises:
            NotFound: `module_unknown`.
            Conflict: `enrolment_paused`, `module_already_completed`, `mentor_not_certified`, `too_much_waiting`.
            Invalid: what `LogDraft.must_fit` raises.
        """
        rule = programme.module(draft.module)
        self._must_not_pause()
        self.learning.must_not_have_completed(rule)
        must_leave_room(sum(log.state is LogState.LOGGED for log in self.learning.logs))
        draft.must_fit(rule, person=self.person, now=now)
        _must_be_certified(draft.kind, mentor_certified)
        self._keep_log(PracticeLog.of(draft, id=id, now=now))

    def confirm_log(self, log: str, *, by: str, mentor_certified: bool, now: datetime) -> None:
        """Whoever was there says that it was so, and has to hold a certificate themself where they were shadowed.

        Raises NotFound `log_unknown`, Forbidden `log_of_another`, Conflict `log_already_decided`,
        `mentor_not_certified`.
        """
        confirmed = self.log(log).confirmed(by=by, now=now)
        _must_be_certified(confirmed.kind, mentor_certified)
        self._keep_log(confirmed)

    def return_log(self, log: str, *, by: str, reason: str, now: datetime) -> None:
        """Whoever was there returns it, and says why.

        Raises NotFound `log_unknown`, Forbidden `log_of_another`, Conflict `log_already_decided`,
        Invalid `reason_missing`.
        """
        self._keep_log(self.log(log).returned(by=by, reason=reason, now=now))

    def log(self, id: str) -> PracticeLog:
        """Raises NotFound `log_unknown`."""
        return find(self.learning.logs, id, code="log_unknown", what="day in the log")

    def submit_education(self, draft: EducationDraft, *, id: str, now: datetime) -> None:
        """The person reports a course, during training or after the certificate.

        Raises as `submitting`, and Conflict `person_erased`.
        """
        self.must_not_be_erased()
        self._keep_education(self.education.submitting(draft, id=id, now=now))

    def approve_education(self, entry: str, *, by: str, programme: Programme, now: datetime) -> None:
        """A trainer approves a course; its hours count. Raises as `Education.approving`."""
        self._keep_education(self.education.approving(entry, by=by, person=self.person, now=now))
        about = self._about_education(entry, by)
        self.record(EducationApproved(**about, hours=self.education.entry(entry).hours))
        self._see_what_is_complete(programme, now)

    def return_education(self, entry: str, *, by: str, reason: str, now: datetime) -> None:
        """A trainer returns a course, and says why. Raises as `Education.returning`."""
        changed = self.education.returning(entry, by=by, person=self.person, reason=reason, now=now)
        self._keep_education(changed)
        self.record(EducationReturned(**self._about_education(entry, by)))

    def _about_education(self, entry: str, by: str) -> dict[str, str]:
        bucket = self.education.entry(entry).bucket
        return {**self._about(), "education": entry, "bucket": bucket, "decided_by": by}

    def _keep_education(self, education: Education) -> None:
        self.education = education
        self._see_who_is_awaited()

    def _keep_log(self, log: PracticeLog) -> None:
        self.learning = self.learning.with_log(log)
        self._see_who_is_awaited()


def _must_be_certified(kind: Delivery, mentor_certified: bool) -> None:
    if kind is Delivery.SHADOWING and not mentor_certified:
        raise Conflict(
            "mentor_not_certified",
            "Shadowing counts beside a mentor who holds a valid certificate at this site. A trainer can tell you "
            "whom to name.",
        )
