"""Whatever happens to an interview, in whatever order: nobody scores who has seen another's card of it."""

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from services.recruitment.api.interview_views import ScorecardsView
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.offer import ProgrammeOffer
from services.recruitment.domain.person import KnownActor
from shared.contracts.recruitment import Absent, AppealOutcome, ScreeningOutcome
from shared.domain.errors import Refusal
from shared.domain.people import Grant, Role
from tests.recruitment.builders import CORA, IAN, IVY, NOW, applied, decide, known, schedule, score

BOTH = KnownActor(
    person="bo",
    grants=frozenset(
        {Grant(role=Role.COORDINATOR, site="leeds"), Grant(role=Role.INTERVIEWER, site="leeds")}
    ),
)
"""Whoever coordinates and interviews at once has the most ways to see a card early."""
EVERYBODY = (IVY, IAN, BOTH, CORA)
Step = tuple[str, Callable[[Candidate], object], KnownActor | None]

INTERVIEWERS = (IVY, IAN, BOTH)
PEOPLE = st.sampled_from(INTERVIEWERS)
PANELS = st.sampled_from(((IVY, IAN), (IVY, BOTH), (IAN, BOTH), INTERVIEWERS))
STARTS = st.sampled_from((NOW, NOW, NOW + timedelta(days=2)))


def scoring(who: KnownActor) -> Step:
    return "score", lambda candidate: score(candidate, who), who


def setting(panel: tuple[KnownActor, ...], starts: datetime) -> Step:
    return "set", lambda candidate: schedule(candidate, panel=panel, starts=starts), None


def seating(panel: tuple[KnownActor, ...]) -> Step:
    return "panel", lambda candidate: candidate.change_panel(panel, by=CORA, now=NOW), None


def stepping_back(who: KnownActor) -> Step:
    return "back", lambda candidate: candidate.step_back(by=who, now=NOW), None


def deciding(outcome: ScreeningOutcome) -> Step:
    return outcome.value, lambda candidate: decide(candidate, outcome), None


def appealed(candidate: Candidate) -> None:
    """The person appeals, and somebody who had no part in it opens the application again."""
    candidate.appeal(words="I see it so.", offer=ProgrammeOffer(), now=NOW)
    candidate.decide_appeal(
        AppealOutcome.UPHELD, by=known("sam", Role.SITE_ADMIN), reason="I read it again", now=NOW
    )


APPEALED: Step = ("appeal", appealed, None)
NOT_HELD: tuple[Step, ...] = (
    ("cancel", lambda candidate: candidate.cancel_interview(by=CORA, now=NOW), None),
    ("missed", lambda candidate: candidate.miss_interview(Absent.INTERVIEWER, by=CORA, now=NOW), None),
)
OUTCOMES = st.sampled_from((ScreeningOutcome.WAITING, ScreeningOutcome.DECLINED))
STEPS: st.SearchStrategy[Step] = st.one_of(
    PEOPLE.map(scoring),
    PEOPLE.map(scoring),
    PEOPLE.map(scoring),
    PANELS.map(seating),
    st.builds(setting, PANELS, STARTS),
    PEOPLE.map(stepping_back),
    st.sampled_from(NOT_HELD),
    OUTCOMES.map(deciding),
    st.just(APPEALED),
)


def sees_of_others(candidate: Candidate, who: KnownActor) -> bool:
    """Does anything of the round that counts show this reader what somebody else scored?"""
    if candidate.interview is None:
        return False
    view = ScorecardsView.for_reader(candidate, who)
    others = any(card.interviewer != who.person for card in view.cards)
    return others or bool(view.means or view.scores or view.to_talk_over)


def owing(candidate: Candidate) -> set[str]:
    """Who is on the panel of the round that counts and has no card in."""
    found = candidate.interview
    return {who for who in found.panel if not found.has_card_of(who)} if found else set()


@settings(max_examples=200, deadline=None, derandomize=True)
@example(panel=(IVY, IAN), steps=[scoring(IVY), scoring(IAN), seating(INTERVIEWERS), scoring(BOTH)])
@example(
    panel=(IVY, IAN),
    steps=[scoring(IVY), deciding(ScreeningOutcome.DECLINED), APPEALED, seating((IVY, BOTH)), scoring(BOTH)],
)
@given(panel=PANELS, steps=st.lists(STEPS, min_size=3, max_size=12))
def test_nobody_scores_who_has_seen_anothers_card(panel: tuple[KnownActor, ...], steps: list[Step]) -> None:
    """Over any sequence of setting, scoring, replacing, stepping back, calling off, missing, deciding, appealing."""
    candidate = applied()
    seen: set[tuple[str, int]] = set()
    for name, do, scorer in (setting(panel, NOW), *steps):
        try:
            do(candidate)
        except Refusal:
            continue
        if scorer is not None:
            assert (scorer.person, candidate.round) not in seen, f"{scorer.person} had seen a card: {name}"
        seeing = {who.person for who in EVERYBODY if sees_of_others(candidate, who)}
        assert not seeing & owing(candidate)
        seen |= {(who, candidate.round) for who in seeing}
