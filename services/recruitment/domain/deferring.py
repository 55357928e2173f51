"""A deferral ends: its date has come, or the person is ready earlier."""

from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import CandidateDeferralDeadline, CandidateDeferralEnded
from shared.domain.errors import Conflict
from shared.domain.people import Actor

_TIMER = "deferral"


class Deferring(Candidacy):
    """The rules of `Candidate` about coming back. Nobody has to prove anything to come back."""

    def come_back(self, *, by: Actor, now: datetime) -> None:
        """The person is ready earlier, or a coordinator knows it from them. Raises Conflict `not_deferred`."""
        if self.stage is not Stage.DEFERRED:
            raise Conflict(
                "not_deferred", "This application is not deferred, so there is nothing to come back from."
            )
        self._is_open_again(by=by.person, now=now)

    def meet_deferral_deadline(self, event: CandidateDeferralDeadline, *, now: datetime) -> None:
        """The date has come: the coordinators are to look again, from where the application stood."""
        # The timer is the clock here: this process's own may be a little behind the one that sent it.
        if self.stage is Stage.DEFERRED and self.decisions[-1].deferred_until == event.until:
            self._is_open_again(by=None, now=max(now, event.until))

    def _remember_until(self, until: datetime | None) -> None:
        if until is not None:
            self.schedule(_TIMER, until, CandidateDeferralDeadline(**self._about(), until=until))
        elif self.stage is Stage.DEFERRED:
            self.cancel(_TIMER)

    def _is_open_again(self, *, by: str | None, now: datetime) -> None:
        self._remember_until(None)
        self._now_in(self.progress, now)
        self.record(CandidateDeferralEnded(**self._about(), by=by))
