"""A person appeals against a decline, and somebody else decides."""

from datetime import datetime

from services.recruitment.domain.appeal import CLOSE, Appeal, Ruling
from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import (
    AppealOutcome,
    CandidateAppealDeadline,
    CandidateAppealDecided,
    CandidateAppealDue,
    CandidateAppealed,
    ScreeningOutcome,
)
from shared.domain.errors import Conflict, Forbidden

_CLOSE_TIMER, _OVERDUE_TIMER = "appeal-close", "appeal-overdue"


class Appealing(Candidacy):
    """The rules of `Candidate` about appeals."""

    def appeal(self, *, words: str, offer: ProgrammeOffer, now: datetime) -> None:
        """The person asks that somebody else looks at the decline, once.

        Raises:
            Conflict: `person_erased`, `nothing_to_appeal`, `appealed_already` or `appeal_too_late`.
            Invalid: `appeal_without_words`.
        """
        self._must_have_the_right_of_appeal(now)
        decision = len(self.decisions)
        made = Appeal.make(decision=decision, days=offer.appeal_decision_days, words=words, now=now)
        self.appeals = (*self.appeals, made)
        self._now_in(Stage.APPEALED, now)
        self._watch_the_clock(made)
        self.record(CandidateAppealed(**self._about(), decide_by=made.decide_by))

    def decide_appeal(self, outcome: AppealOutcome, *, by: KnownActor, reason: str, now: datetime) -> None:
        """Somebody else decides: upheld, the application is open again where it was; dismissed, it stays declined.

        Raises:
            Conflict: `no_open_appeal`.
            Forbidden: `own_application`, `appeal_not_by_decider` or `appeal_not_by_panel`.
            Invalid: `reason_missing`.
        """
        appeal = self._open_appeal()
        self._must_not_be_about(by, doing="decide the appeal of")
        self._must_be_impartial(by)
        ruling = Ruling.make(outcome, by=by.person, now=now, reason=reason)
        self._keep(appeal.model_copy(update={"ruling": ruling}))
        self._stop_the_clock()
        self._now_in(self.progress if outcome is AppealOutcome.UPHELD else Stage.DECLINED, now)
        self.record(CandidateAppealDecided(**self._about(), outcome=outcome, decided_by=by.person))

    def meet_appeal_deadline(self, event: CandidateAppealDeadline, *, now: datetime) -> None:
        """The time of an appeal is close to its end, or over: people are told, once each; nothing is decided."""
        appeal = self.appeals[-1] if self.appeals else None
        if self.stage is not Stage.APPEALED or appeal is None or appeal.decide_by != event.decide_by:
            return
        # The timer is the clock for the end; one of its being close that comes late is left to the other.
        if event.overdue:
            told, as_told = appeal.overdue_told, {"overdue_told": True}
        else:
            told, as_told = appeal.close_told or now >= appeal.decide_by, {"close_told": True}
        if not told:
            self._keep(appeal.model_copy(update=as_told))
            self.record(
                CandidateAppealDue(**self._about(), decide_by=appeal.decide_by, overdue=event.overdue)
            )

    def may_have_appeal_decided_by(self, who: KnownActor) -> bool:
        """Is there an open appeal that this person, by what they did before, is free to decide?"""
        return self.stage is Stage.APPEALED and not self.is_about(who) and self._bias(who) is None

    def _must_have_the_right_of_appeal(self, now: datetime) -> None:
        self._must_not_be_erased()
        if self.appeals and self.appeals[-1].decision == len(self.decisions):
            raise Conflict(
                "appealed_already", "You have appealed against this decision; an appeal is made once."
            )
        if self.stage is not Stage.DECLINED:
            raise Conflict(
                "nothing_to_appeal", "An appeal is against a decline, and this application is not declined."
            )
        until = self.decisions[-1].appeal_until
        if until is not None and now >= until:
            raise Conflict(
                "appeal_too_late",
                f"An appeal could be made until {until:%Y-%m-%d %H:%M} UTC. You are welcome to apply again, and the "
                "site is glad to talk with you.",
            )

    def _must_be_impartial(self, who: KnownActor) -> None:
        if (bias := self._bias(who)) is not None:
            raise Forbidden(*bias)

    def _bias(self, who: KnownActor) -> tuple[str, str] | None:
        if any(one.by == who.person for one in self.decisions if one.outcome is ScreeningOutcome.DECLINED):
            return (
                "appeal_not_by_decider",
                "You declined this person; somebody else decides about the appeal.",
            )
        if any(who.person in interview.panel for interview in self.interviews):
            return (
                "appeal_not_by_panel",
                "You interviewed this person; somebody else decides about the appeal.",
            )
        return None

    def _open_appeal(self) -> Appeal:
        if self.stage is not Stage.APPEALED:
            raise Conflict("no_open_appeal", "There is no appeal to decide about here.")
        return self.appeals[-1]

    def _keep(self, appeal: Appeal) -> None:
        self.appeals = (*self.appeals[:-1], appeal)

    def _watch_the_clock(self, appeal: Appeal) -> None:
        by, close = appeal.decide_by, appeal.decide_by - CLOSE
        if close > appeal.at:
            deadline = CandidateAppealDeadline(**self._about(), decide_by=by, overdue=False)
            self.schedule(_CLOSE_TIMER, close, deadline)
        self.schedule(
            _OVERDUE_TIMER, by, CandidateAppealDeadline(**self._about(), decide_by=by, overdue=True)
        )

    def _stop_the_clock(self) -> None:
        if self.stage is Stage.APPEALED:
            self.cancel(_CLOSE_TIMER)
            self.cancel(_OVERDUE_TIMER)
