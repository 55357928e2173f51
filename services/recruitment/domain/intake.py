"""The places of one programme at one site, and who waits for one."""

from typing import ClassVar, Self

from services.recruitment.domain.offer import ProgrammeOffer
from shared.contracts.envelope import Code, Id
from shared.contracts.recruitment import PlaceFreed
from shared.domain.aggregate import Aggregate, Value, stable_id
from shared.domain.errors import Conflict, Invalid

LONGEST_WAITING_LIST = 1000


def intake_id(site: str, programme: str) -> str:
    """One intake per site and programme."""
    return stable_id("intake", site, programme)


class Place(Value):
    """A place that somebody was accepted to."""

    candidate: Id
    person: Id


class Intake(Aggregate):
    """Saved with every decision that gives or frees a place, or changes the waiting list.

    Its version is what two coordinators meet at who give the last place at the same moment: the second decides
    anew, and finds it taken. Nothing here accepts anybody.
    """

    collection: ClassVar[str] = "intakes"

    programme: Code
    places: tuple[Place, ...] = ()
    waiting: tuple[Id, ...] = ()
    """Candidates by their place in the list: by the time of the decision, unless a coordinator moved them."""

    @classmethod
    def begin(cls, site: str, programme: str) -> Self:
        """Nobody is accepted and nobody waits."""
        return cls(id=intake_id(site, programme), site=site, programme=programme)

    @property
    def begun(self) -> bool:
        """Is there anything to keep?"""
        return self.version > 0 or bool(self.places or self.waiting)

    def is_full(self, offer: ProgrammeOffer) -> bool:
        """Is every place taken?"""
        return self.free(offer) == 0

    def free(self, offer: ProgrammeOffer) -> int | None:
        """How many places are free; None where there is no limit."""
        return None if offer.capacity is None else max(0, offer.capacity - len(self.places))

    def must_have_room(self, offer: ProgrammeOffer) -> None:
        """Raises Conflict `site_full`."""
        if self.is_full(offer):
            raise Conflict(
                "site_full",
                f"All {offer.capacity} places of {self.programme} at {self.site} are taken. Put this person on the "
                "waiting list (outcome `waiting`), or accept beyond the places on purpose (`beyond_capacity`).",
                capacity=offer.capacity,
            )

    def must_take_one_more(self, candidate: str) -> None:
        """Raises Conflict `waiting_list_full`."""
        if candidate not in self.waiting and len(self.waiting) >= LONGEST_WAITING_LIST:
            raise Conflict(
                "waiting_list_full",
                f"{LONGEST_WAITING_LIST} people wait already; decide about some of them first, or defer.",
            )

    def give(self, place: Place, offer: ProgrammeOffer) -> None:
        """Somebody is accepted, within the places or on purpose beyond them."""
        self.places = (*self.places, place)
        self.leave(place.candidate, offer)

    def wait(self, candidate: str) -> None:
        """Somebody waits, behind those who do; who waits already stays where they are."""
        if candidate not in self.waiting:
            self.waiting = (*self.waiting, candidate)

    def leave(self, candidate: str, offer: ProgrammeOffer) -> None:
        """Somebody waits no longer; where they were first, whoever is first now hears of room that there is."""
        was_first = self.position(candidate) == 1
        self.waiting = tuple(one for one in self.waiting if one != candidate)
        if was_first:
            self.see_room(offer)

    def give_back(self, person: str, offer: ProgrammeOffer) -> bool:
        """A place is not needed any more; was there one?"""
        left = tuple(one for one in self.places if one.person != person)
        if len(left) == len(self.places):
            return False
        self.places = left
        self.see_room(offer)
        return True

    def see_room(self, offer: ProgrammeOffer) -> None:
        """Announce that there is room, where somebody waits for it. That is all that happens by itself."""
        if self.waiting and not self.is_full(offer):
            self.record(
                PlaceFreed(
                    site=self.site, programme=self.programme, first=self.waiting[0], free=self.free(offer)
                )
            )

    def position(self, candidate: str) -> int | None:
        """Where somebody is in the list, from 1; None where they don't wait."""
        return self.waiting.index(candidate) + 1 if candidate in self.waiting else None

    def put(self, candidate: str, position: int) -> None:
        """Somebody is at this position from now on. Raises Invalid `position_out_of_range`."""
        if not 1 <= position <= len(self.waiting):
            raise Invalid(
                "position_out_of_range",
                f"{len(self.waiting)} people wait; a position is a whole number from 1 to that.",
            )
        others = [one for one in self.waiting if one != candidate]
        self.waiting = (*others[: position - 1], candidate, *others[position - 1 :])
