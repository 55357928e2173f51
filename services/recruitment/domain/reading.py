"""Who sees what of an application."""

from services.recruitment.domain.appealing import Appealing
from services.recruitment.domain.interview import Scorecard
from services.recruitment.domain.person import KnownActor
from shared.domain.errors import NotFound
from shared.domain.people import Actor, Role

READERS = (Role.COORDINATOR, Role.SITE_ADMIN, Role.AUDITOR)
"""Who sees the candidates of a site, in codes and times."""

JUDGES = (Role.COORDINATOR, Role.SITE_ADMIN)
"""Who decides about appeals, unless they had a part in it before."""


class Reading(Appealing):
    """The rules of `Candidate` about readers."""

    def is_coordinated_by(self, who: KnownActor) -> bool:
        """Do they coordinate the site, and is the applicant somebody else?"""
        return who.holds(self.site, Role.COORDINATOR) and not self.is_about(who)

    def is_interviewed_by(self, who: Actor) -> bool:
        """Do they sit on the panel, as an interviewer of the site?"""
        seated = self.interview is not None and who.person in self.interview.panel
        return seated and who.holds(self.site, Role.INTERVIEWER)

    def is_expected_at_interview(self, who: Actor) -> bool:
        """Is the last appointment in their calendar: the person's, or that of its panel, whatever became of it?"""
        latest = self.latest_round
        seated = latest is not None and who.person in latest.panel and who.holds(self.site, Role.INTERVIEWER)
        return seated or who.person == self.person

    def may_be_read_by(self, who: Actor) -> bool:
        """Its codes and times: those who see the site's candidates, the panel, and the person."""
        return who.holds(self.site, *READERS) or who.person == self.person or self.is_interviewed_by(who)

    def shows_private_to(self, who: KnownActor) -> bool:
        """How to reach the person, and why it was decided so: the coordinators and the person."""
        return self.is_coordinated_by(who) or who.person == self.person

    def judges_appeal(self, who: KnownActor) -> bool:
        """May they decide the appeal that is open?"""
        return who.holds(self.site, *JUDGES) and self.may_have_appeal_decided_by(who)

    def shows_decision_to(self, who: KnownActor) -> bool:
        """Why it was decided so, and how the person sees it: also for those who may decide the appeal."""
        return self.shows_private_to(who) or self.judges_appeal(who)

    def shows_text_to(self, who: KnownActor) -> bool:
        """The applicant's own words: the coordinators, the panel and the person."""
        return self.shows_private_to(who) or self.is_interviewed_by(who)

    def shows_cards_to(self, who: Actor) -> bool:
        """Whose business scorecards are at all: the coordinators and the panel."""
        return who.holds(self.site, Role.COORDINATOR) or self.is_interviewed_by(who)

    def cards_for(self, who: KnownActor) -> tuple[Scorecard, ...]:
        """The last round's cards they may see: at first their own.

        Raises:
            Forbidden: `own_application`.
            NotFound: `no_interview`.
        """
        self._must_not_be_about(who, doing="read the scorecards about")
        if self.interview is None:
            raise NotFound("no_interview", "There is no interview yet; schedule one first.")
        if self._has_revealed_cards_to(who):
            return self.interview.cards
        return tuple(card for card in self.interview.cards if card.interviewer == who.person)

    def earlier_cards_for(self, who: KnownActor) -> tuple[Scorecard, ...]:
        """Cards of rounds that no longer count: for the coordinators, once they see the last round's."""
        if not (self.is_coordinated_by(who) and self._has_revealed_cards_to(who)):
            return ()
        return tuple(card for interview in self.interviews[: self.round - 1] for card in interview.cards)

    def _has_revealed_cards_to(self, who: KnownActor) -> bool:
        # Nobody is to be swayed: all cards are in, or (for a coordinator) none can follow any more. A decision can be
        # appealed, so a coordinator who owes a card of their own goes on waiting.
        complete = self.interview is not None and self.interview.complete
        if self.is_coordinated_by(who):
            return complete or not (self.stage.open or self._owes_card(who))
        return complete and self.is_interviewed_by(who)

    def _owes_card(self, who: KnownActor) -> bool:
        found = self.interview
        return found is not None and who.person in found.panel and not found.has_card_of(who.person)
