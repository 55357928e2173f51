"""A candidate's interview and the panel's scorecards."""

from datetime import datetime

from services.recruitment.domain.candidacy import Candidacy
from services.recruitment.domain.criteria import MET_AT, Criteria
from services.recruitment.domain.interview import Interview, Scorecard, ScorecardText
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.stage import Stage
from shared.contracts.recruitment import CandidateInterviewScheduled
from shared.domain.errors import Conflict, Invalid


class Interviewing(Candidacy):
    """The rules of `Candidate` about interviews."""

    def schedule_interview(
        self,
        *,
        starts: datetime,
        minutes: int,
        panel: tuple[KnownActor, ...],
        criteria: Criteria,
        by: KnownActor,
        now: datetime,
    ) -> None:
        """Begin a round: the interview is set, or set anew, and earlier rounds no longer count.

        Raises:
            Invalid: `panel_has_candidate`, and what `Interview.set` raises.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="set the interview of")
        if any(self.is_about(one) for one in panel):
            raise Invalid("panel_has_candidate", "Nobody interviews themself; name somebody else.")
        people = tuple(one.person for one in panel)
        interview = Interview.set(starts=starts, minutes=minutes, panel=people, criteria=criteria, now=now)
        self.interviews = (*self.interviews, interview)
        self._progress_to(Stage.INTERVIEWING)
        self.record(
            CandidateInterviewScheduled(
                site=self.site,
                person=self.person,
                candidate=self.id,
                programme=self.programme,
                starts=interview.starts,
                minutes=interview.minutes,
                panel=interview.panel,
            )
        )

    def submit_scorecard(
        self, *, by: KnownActor, scores: dict[str, int], notes: str | None, now: datetime
    ) -> None:
        """A panel member hands in their card, once; with the last one the candidate is scored.

        Raises:
            Conflict: `no_interview`.
            Forbidden, Conflict, Invalid: see `Interview.with_card`.
        """
        self._must_be_open()
        self._must_not_be_about(by, doing="score")
        if self.interview is None:
            raise Conflict("no_interview", "There is no interview yet; schedule one first.")
        text = ScorecardText(notes=notes)
        card = Scorecard(interviewer=by.person, scores=scores, text=text, submitted=now)
        scored = self.interview.with_card(card)
        self.interviews = (*self.interviews[:-1], scored)
        if scored.complete:
            self._progress_to(Stage.SCORED)

    def criteria_met(self) -> tuple[str, ...]:
        """Codes of the criteria where the panel's mean reaches the middle anchor."""
        means = self.interview.means() if self.interview else {}
        return tuple(code for code, mean in means.items() if mean >= MET_AT)
