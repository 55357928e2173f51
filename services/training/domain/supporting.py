"""What a person may ask for, without any mark against them."""

from datetime import datetime

from services.training.domain.booked import Booked
from services.training.domain.examining import end_of_attempt
from shared.contracts.training import EnrolmentPaused, EnrolmentResumed, SeatEnd
from shared.domain.errors import Conflict


class Supporting(Booked):
    """The rules of `Enrolment` about support."""

    def pause(self, *, by: str, now: datetime) -> None:
        """Let everything rest. No reason is asked, and an attempt under way counts for nothing; places in cohorts
        are given to others, and may be taken up again.

        Raises Conflict `enrolment_paused` or `enrolment_certified`.
        """
        self._must_not_pause()
        if self.certificate:
            raise Conflict(
                "enrolment_certified", "This training has led to its certificate; there is no need."
            )
        self.paused_by = self._other_than_the_person(by)
        self._rest(now)
        self.give_back_seats(SeatEnd.PAUSED)

    def _rest(self, now: datetime) -> None:
        self.paused_since = now
        for record in self.learning.assessments:
            if attempt := record.under_way(now):
                self.learning = self.learning.with_assessment(record.setting_aside(attempt, now=now))
                self.cancel(end_of_attempt(record.code))
        self.record(EnrolmentPaused(**self._about()))

    def resume(self, *, by: str) -> None:
        """Go on where it stopped. Raises Conflict `person_erased`, `enrolment_not_paused`."""
        self.must_not_be_erased()
        if self.paused_since is None:
            raise Conflict("enrolment_not_paused", "This training does not pause. Nothing needs to be done.")
        self.paused_since, self.resumed_by = None, self._other_than_the_person(by)
        self.record(EnrolmentResumed(**self._about()))
