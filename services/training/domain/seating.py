"""Places in a cohort: taken, waited for and given up."""

from datetime import datetime

from services.training.domain.convened import Convened, Seat
from shared.contracts.training import CohortJoined, CohortLeft, CohortWaiting, SeatEnd, SeatReturned
from shared.domain.errors import Conflict, NotFound

LONGEST_LIST = 200


class Seating(Convened):
    """The rules of `Cohort` about places. Nobody has two, nor has one and waits."""

    def seat(self, seat: Seat, *, now: datetime) -> None:
        """A place for this person where one is free, else the last turn; go through `joining.join`.

        Raises Conflict `cohort_cancelled`, `cohort_over`, `already_joined` or `waiting_list_full`.
        """
        self.must_go_on(now)
        if self.has_seat(seat.person) or self.waits(seat.person):
            raise Conflict(
                "already_joined", "There is a place, or a turn on the list, already: nothing to do."
            )
        if len(self.seats) < self.capacity:
            self.seats = (*self.seats, seat)
            self._tell(CohortJoined, seat, starts=self.sessions_ahead(now)[0].starts)
        elif len(self.waiting) < LONGEST_LIST:
            self.waiting = (*self.waiting, seat)
            self._tell(CohortWaiting, seat)
        else:
            raise Conflict(
                "waiting_list_full", "So many wait already that a turn would be no use. Ask for another date."
            )
        self._settle()

    def keep_seat(self, person: str, *, now: datetime) -> bool:
        """Taken up again before it was free for others: the same place, or turn. False where there is none."""
        there = self.has_seat(person) or self.waits(person)
        self.seats, self.waiting = _renewed(self.seats, person, now), _renewed(self.waiting, person, now)
        return there

    def leave(self, person: str, *, now: datetime) -> None:
        """Nobody has to say why. The next in line gets the place.

        Raises:
            Conflict: `cohort_cancelled`, `cohort_over`.
            NotFound: `not_in_cohort`.
        """
        self.must_go_on(now)
        self._free(person, SeatEnd.LEFT, now=now)

    def take_back(self, returned: SeatReturned, *, now: datetime) -> None:
        """The person's training rests, or has ended. What was taken up anew since, or is over, stays as it is."""
        mine = (seat for seat in (*self.seats, *self.waiting) if seat.person == returned.person)
        over = self.cancelled is not None or not self.sessions_ahead(now)
        if not over and any(seat.taken == returned.booked for seat in mine):
            self._free(returned.person, returned.because, now=now)

    def _free(self, person: str, because: SeatEnd, *, now: datetime) -> None:
        seat = next((one for one in (*self.seats, *self.waiting) if one.person == person), None)
        if seat is None:
            raise NotFound("not_in_cohort", "There is no place, and no turn on the list, to give up.")
        if self.has_seat(person) and any(mark.person == person for mark in self.marks):
            self.gone = (*self.gone, seat)
        self.seats, self.waiting = _without(self.seats, person), _without(self.waiting, person)
        self._tell(CohortLeft, seat, because=because)
        self._fill(now)


def _without(seats: tuple[Seat, ...], person: str) -> tuple[Seat, ...]:
    return tuple(seat for seat in seats if seat.person != person)


def _renewed(seats: tuple[Seat, ...], person: str, now: datetime) -> tuple[Seat, ...]:
    return tuple(seat.model_copy(update={"taken": now}) if seat.person == person else seat for seat in seats)
