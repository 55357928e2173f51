"""Which cohorts a person has a place in, or waits for, as their enrolment knows it."""

from datetime import datetime

from services.training.domain.enrolled import Enrolled
from shared.contracts.training import SeatEnd, SeatReturned


class Booked(Enrolled):
    """The rules of `Enrolment` about places in cohorts.

    Whoever joins changes the enrolment and the cohort together. So a pause and a joining at the same moment never
    both count: one of them is decided again, in the light of the other.
    """

    def book(self, cohort: str, *, now: datetime) -> None:
        """A place, or a turn to wait for one. Raises Conflict `enrolment_paused`."""
        self._must_not_pause()
        self.bookings = {**self.bookings, cohort: now}

    def has_booked(self, cohort: str) -> bool:
        """Is there a place, or a turn, that was not given back?"""
        return cohort in self.bookings

    def unbook(self, cohort: str) -> None:
        """The place, or the turn, was given up in the cohort itself."""
        self.bookings = {id: booked for id, booked in self.bookings.items() if id != cohort}

    def must_be_under_way(self) -> None:
        """Raises Conflict `enrolment_paused`."""
        self._must_not_pause()

    def give_back_seats(self, because: SeatEnd) -> None:
        """For whatever makes a training rest or end here: each cohort hears of it and frees the place."""
        for cohort, booked in self.bookings.items():
            self.record(SeatReturned(**self._about(), cohort=cohort, booked=booked, because=because))
        self.bookings = {}
