"""What becomes of a training whose person is erased: codes and times stay on record, and nothing goes on."""

from datetime import datetime

from services.training.domain.certifying import DECISION_DUE, Certifying
from services.training.domain.supporting import Supporting
from shared.contracts.training import SeatEnd


class Leaving(Supporting, Certifying):
    """The rule of `Enrolment` about erasure."""

    def erase(self, *, now: datetime) -> None:
        """It rests for good: it waits for nobody, and places in cohorts are given to others.

        What was written goes with the person's key, not here. A second time it changes nothing.
        """
        if self.erased is not None:
            return
        self.erased = now
        if self.certificate is None and self.paused_since is None:
            self.paused_by = None
            self._rest(now)
        self.give_back_seats(SeatEnd.ENDED)
        self._is_not_ready()
        self.cancel(DECISION_DUE)
        self._see_who_is_awaited()
