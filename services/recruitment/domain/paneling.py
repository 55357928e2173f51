"""Who sits on a candidate's panel: named, replaced before they have scored, stepping back by themselves."""

from datetime import datetime

from services.recruitment.domain.appointment import StepKind, seated
from services.recruitment.domain.interview import Interview
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.rounds import Rounds
from shared.contracts.recruitment import CandidateInterviewerSteppedBack, ScreeningOutcome
from shared.domain.errors import Conflict, Forbidden, Invalid


class Paneling(Rounds):
    """The rules of `Candidate` about the panel."""

    def change_panel(self, panel: tuple[KnownActor, ...], *, by: KnownActor, now: datetime) -> None:
        """The round has this panel from now on. Whoever has submitted stays; once all have, it is as it is.

        Raises:
            Conflict: `no_interview`, `panel_complete`, `cards_were_shown`.
            Invalid: `panel_member_has_scored`, `panel_too_small`, `panel_has_candidate`,
                `interviewer_stepped_back`.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="choose the panel of")
        found = self._must_be_set()
        _must_still_be_open(found)
        people = seated(self._who_may_sit(panel))
        scored = sorted({card.interviewer for card in found.cards} - {*people})
        if scored:
            raise Invalid(
                "panel_member_has_scored",
                f"{', '.join(scored)} has handed in a card; keep them on the panel, or set another interview.",
            )
        if {*people} - {*found.panel}:
            self._must_not_have_shown(found)
        if people != found.panel:
            after = found.changed(StepKind.PANEL_CHANGED, by=by.person, now=now, panel=people)
            self._change(after, now=now, only_panel=True)
            self._follow_interview(now)

    def step_back(self, *, by: KnownActor, now: datetime) -> None:
        """An interviewer is too close to the candidate, says so without a reason, and is off every panel for them.

        Raises:
            Conflict: `no_interview`, `scorecard_submitted`.
            Forbidden: `not_on_panel`.
        """
        self._must_be_open()
        found = self._must_be_set()
        if by.person not in found.panel:
            raise Forbidden(
                "not_on_panel", "You are not on this panel, so there is nothing to step back from."
            )
        if found.has_card_of(by.person):
            raise Conflict(
                "scorecard_submitted",
                "Your scorecard is in already; tell the coordinator, who can set another interview without you.",
            )
        left = tuple(one for one in found.panel if one != by.person)
        self.stepped_back = (*self.stepped_back, by.person)
        after = found.changed(StepKind.STEPPED_BACK, by=by.person, now=now, panel=left)
        facts = self._replace(after)
        self._set_reminder(after, facts, now=now)
        self._follow_interview(now)
        self.record(CandidateInterviewerSteppedBack(**facts, interviewer=by.person, seats=len(after.panel)))

    def _must_not_have_shown(self, found: Interview) -> None:
        # A decline shows the coordinators the cards there are; after an appeal any of them could be named here.
        declined = [one.at for one in self.decisions if one.outcome is ScreeningOutcome.DECLINED]
        if declined and any(card.submitted <= declined[-1] for card in found.cards):
            raise Conflict(
                "cards_were_shown",
                "The cards of this interview could be read once the application was declined, so nobody joins its "
                "panel; to have somebody else score, set another.",
            )


def _must_still_be_open(found: Interview) -> None:
    # Whoever joined now could have read the cards: they show once all are in.
    if found.complete:
        raise Conflict(
            "panel_complete", "All cards of this interview are in; to have somebody else score, set another."
        )
