"""What recruitment answers about interviews and scorecards."""

from typing import Any, Self

from pydantic import BaseModel, ConfigDict

from services.recruitment.domain.appointment import State, Step, StepKind, Where
from services.recruitment.domain.candidate import Candidate
from services.recruitment.domain.interview import Interview, Scorecard, ScorecardText
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.scoring import Scores, scores_of, to_talk_over
from services.recruitment.domain.wish import TimesText, TimesWish
from shared.contracts.envelope import Moment
from shared.contracts.recruitment import Absent

_WHERE = {"place": "Room 2, Park Street 5", "link": None, "time_zone": "Europe/London"}
_SLOT = "0198f2c0-0000-7000-8000-000000000003"
INTERVIEW = {
    "round": 1,
    "state": "set",
    "starts": "2026-03-09T15:00:00Z",
    "minutes": 45,
    "panel": ["leeds-ines", "leeds-ivo"],
    "submitted": ["leeds-ines"],
    "sequence": 1,
}
ICS = (
    "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:PUBLISH\r\nBEGIN:VEVENT\r\n"
    "UID:interview-0198f2c0-0000-7000-8000-000000000001-1@peerpath\r\nSEQUENCE:1\r\nSUMMARY:Interview\r\n"
    "DTSTART:20260309T150000Z\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
)


def _example(value: dict[str, Any]) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [value]})


class InterviewView(BaseModel):
    """The latest appointment, what became of it, and who has handed in a card."""

    round: int
    state: State
    starts: Moment
    minutes: int
    panel: list[str]
    submitted: list[str]
    sequence: int

    @classmethod
    def of(cls, candidate: Candidate) -> Self | None:
        """From the aggregate."""
        latest = candidate.latest_round
        return cls(**_round(latest, len(candidate.interviews))) if latest else None


class StepView(BaseModel):
    """One change of a round, with what it was before."""

    kind: StepKind
    by: str
    at: Moment
    starts: Moment
    minutes: int
    panel: list[str]


class RoundView(InterviewView):
    """One round with its history and the criteria it is scored on; `where` is for those who come to it."""

    where: Where | None
    slot: str | None
    absent: Absent | None
    criteria: list[str]
    rubric: str
    rubric_version: int
    steps: list[StepView]


class WishView(BaseModel):
    """The times a candidate asked for; without their words where they were erased."""

    at: Moment
    text: TimesText | None

    @classmethod
    def of(cls, wish: TimesWish) -> Self:
        """From the aggregate, opened."""
        return cls(at=wish.at, text=wish.text.read())


class InterviewsView(BaseModel):
    """Every round, oldest first, and the times a candidate asked for; both as far as the reader may see."""

    model_config = _example(
        {
            "rounds": [
                {
                    **INTERVIEW,
                    "where": _WHERE,
                    "slot": _SLOT,
                    "absent": None,
                    "criteria": ["boundaries", "empathy"],
                    "rubric": "default",
                    "rubric_version": 2,
                    "steps": [
                        {
                            "kind": "moved",
                            "by": "leeds-carla",
                            "at": "2026-03-04T10:00:00Z",
                            "starts": "2026-03-06T15:00:00Z",
                            "minutes": 45,
                            "panel": ["leeds-ines", "leeds-ivo"],
                        }
                    ],
                }
            ],
            "times_wish": {"at": "2026-03-03T08:00:00Z", "text": {"times": "Weekday evenings."}},
        }
    )

    rounds: list[RoundView]
    times_wish: WishView | None

    @classmethod
    def for_reader(cls, candidate: Candidate, reader: KnownActor) -> Self:
        """As far as the aggregate shows it to this reader."""
        comes = candidate.shows_text_to(reader)
        rounds = [
            RoundView(
                **_round(one, number),
                where=one.where if comes else None,
                steps=[StepView(**step.model_dump()) for step in _steps(one, candidate, reader)],
                **one.model_dump(include={"slot", "absent", "criteria", "rubric", "rubric_version"}),
            )
            for number, one in enumerate(candidate.interviews, start=1)
        ]
        wish = candidate.times_wish if candidate.shows_private_to(reader) else None
        return cls(rounds=rounds, times_wish=WishView.of(wish) if wish else None)


class CardView(BaseModel):
    """One interviewer's scores and notes; without the notes where they were erased."""

    interviewer: str
    scores: dict[str, int]
    text: ScorecardText | None
    submitted: Moment

    @classmethod
    def of(cls, card: Scorecard) -> Self:
        """From the aggregate, opened."""
        return cls(
            interviewer=card.interviewer,
            scores=card.scores,
            text=card.text.read(),
            submitted=card.submitted,
        )


class ScorecardsView(BaseModel):
    """The cards the reader may see, and whether all are in; `earlier` are those of rounds that no longer count.

    Once all are in: what they say together by criterion, and where the panel might talk it through.
    """

    model_config = _example(
        {
            "complete": False,
            "submitted": ["leeds-ines"],
            "cards": [
                {
                    "interviewer": "leeds-ines",
                    "scores": {"empathy": 4, "boundaries": 3},
                    "text": {"notes": "Warm, clear, and knows where to stop."},
                    "submitted": "2026-03-09T16:10:00Z",
                }
            ],
            "rubric": "default",
            "rubric_version": 2,
            "means": {},
            "scores": [],
            "to_talk_over": [],
            "earlier": [],
        }
    )

    complete: bool
    submitted: list[str]
    cards: list[CardView]
    rubric: str
    rubric_version: int
    means: dict[str, float]
    scores: list[Scores]
    to_talk_over: list[str]
    earlier: list[CardView]

    @classmethod
    def for_reader(cls, candidate: Candidate, reader: KnownActor) -> Self:
        """As far as the aggregate shows them to this reader. Raises what `Candidate.cards_for` raises."""
        cards = candidate.cards_for(reader)
        interview = candidate.interview
        assert interview is not None, "cards_for refuses where there is no interview"
        scores = scores_of(cards, interview.criteria) if interview.complete else ()
        return cls(
            complete=interview.complete,
            submitted=[card.interviewer for card in interview.cards],
            cards=[CardView.of(card) for card in cards],
            rubric=interview.rubric,
            rubric_version=interview.rubric_version,
            means={one.criterion: one.mean for one in scores},
            scores=list(scores),
            to_talk_over=list(to_talk_over(scores)),
            earlier=[CardView.of(card) for card in candidate.earlier_cards_for(reader)],
        )


def _round(interview: Interview, number: int) -> dict[str, Any]:
    return {
        "round": number,
        "state": interview.state,
        "starts": interview.starts,
        "minutes": interview.minutes,
        "panel": list(interview.panel),
        "submitted": [card.interviewer for card in interview.cards],
        "sequence": interview.sequence,
    }


def _steps(interview: Interview, candidate: Candidate, reader: KnownActor) -> tuple[Step, ...]:
    # Who is too close to the candidate has not told them; the panel is seen to be another one, and not why.
    if not candidate.is_about(reader):
        return interview.steps
    return tuple(step for step in interview.steps if step.kind is not StepKind.STEPPED_BACK)
