"""A candidate's place in a programme, or in the line for one."""

from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.intake import Intake, Place
from services.recruitment.domain.line import LineChange, LineChangeText, Release, ReleaseText
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from services.recruitment.domain.terms import Terms
from shared.contracts.recruitment import CandidateNextInLine, PlaceFreed, ScreeningOutcome
from shared.domain.errors import Conflict, Invalid
from shared.domain.sealed import Sealed


class Placing(Candidacy):
    """The rules of `Candidate` about places. Whoever decides has the intake saved with the candidate."""

    def give_up_place(self, *, by: KnownActor, reason: str, terms: Terms, now: datetime) -> None:
        """The person needs the place no longer, as when they never began or left; the acceptance stays.

        Raises:
            Conflict: `no_place`.
            Forbidden: `own_application`.
            Invalid: `reason_missing`.
        """
        self._must_not_be_about(by, doing="give up the place of")
        text = Sealed.of(ReleaseText(reason=_said(reason)))
        if self.stage is not Stage.ACCEPTED or not terms.intake.give_back(self.person, terms.offer):
            raise Conflict("no_place", "This person holds no place in the programme, so none becomes free.")
        self.released = Release(by=by.person, at=now, text=text)

    def put_in_line(
        self, position: int, *, by: KnownActor, reason: str, intake: Intake, now: datetime
    ) -> None:
        """A coordinator moves the person in the waiting list.

        Raises:
            Conflict: `not_waiting`.
            Forbidden: `own_application`.
            Invalid: `reason_missing` or `position_out_of_range`.
        """
        self._must_not_be_about(by, doing="move in the waiting list")
        text = Sealed.of(LineChangeText(reason=_said(reason)))
        if intake.position(self.id) is None:
            raise Conflict(
                "not_waiting", "This person is not on the waiting list; put them there by a decision first."
            )
        intake.put(self.id, position)
        self.line_changes = (
            *self.line_changes,
            LineChange(by=by.person, at=now, position=position, text=text),
        )

    def may_have_place(self, freed: PlaceFreed) -> None:
        """There is room, and this person was first in line: the coordinators are told, and decide."""
        if self.stage is Stage.WAITING and self.site == freed.site:
            self.record(CandidateNextInLine(**self._about(), free=freed.free))

    def _must_find_room(self, outcome: ScreeningOutcome, terms: Terms, *, beyond: bool) -> None:
        if beyond and outcome is not ScreeningOutcome.ACCEPTED:
            raise Invalid(
                "no_acceptance", "`beyond_capacity` goes with an acceptance alone; leave it out or accept."
            )
        if outcome is ScreeningOutcome.ACCEPTED and not beyond:
            terms.intake.must_have_room(terms.offer)
        if outcome is ScreeningOutcome.WAITING:
            terms.intake.must_take_one_more(self.id)

    def _take_up(self, outcome: ScreeningOutcome, terms: Terms) -> None:
        if outcome is ScreeningOutcome.ACCEPTED:
            terms.intake.give(Place(candidate=self.id, person=self.person), terms.offer)
        elif outcome is ScreeningOutcome.WAITING:
            terms.intake.wait(self.id)
        else:
            self._leave_line(terms)

    def _leave_line(self, terms: Terms | None) -> None:
        if terms is not None:
            terms.intake.leave(self.id, terms.offer)


def _said(reason: str) -> str:
    if not reason.strip():
        raise Invalid("reason_missing", "What is done about a person's place has a reason; write it down.")
    return reason
