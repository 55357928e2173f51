"""The rules of supervised practice that are data: cadence, codes and the rubric."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from shared.contracts.envelope import Code
from shared.domain.aggregate import Value
from shared.domain.errors import Invalid

LOWEST_SCORE, HIGHEST_SCORE = 1, 5


class Phase(StrEnum):
    """Where a placement is: how often supervision is due depends on it."""

    PRACTICE = "practice"
    """From the end of training to the certificate."""
    CERTIFIED = "certified"
    """After the certificate: the work goes on, with supervision less often."""


class Cadence(Value):
    """How often supervision is due, in days, and how many days late it may be before anybody is told."""

    every_days: int = Field(ge=1, le=366)
    grace_days: int = Field(ge=0, le=90)

    def due_after(self, last: datetime) -> datetime:
        """When the next session is due, counted from the last one."""
        return last + timedelta(days=self.every_days)

    def overdue_after(self, due: datetime) -> datetime:
        """When a session due at `due` counts as missed."""
        return due + timedelta(days=self.grace_days)


class Practice(Value):
    """One organisation's rules, each list as code -> name. The file that ships is `data/practice.yaml`."""

    cadence: dict[Phase, Cadence]
    session_topics: dict[Code, str] = Field(min_length=1)
    hour_buckets: dict[Code, str] = Field(min_length=1)
    review_criteria: dict[Code, str] = Field(min_length=1)
    closing_reasons: dict[Code, str] = Field(min_length=1)
    not_names: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _every_phase_has_a_cadence(self) -> Self:
        missing = [phase.value for phase in Phase if phase not in self.cadence]
        if missing:
            raise ValueError(f"cadence is missing for: {', '.join(missing)}")
        return self

    def must_know_topics(self, topics: Iterable[str]) -> None:
        """Raises Invalid `session_topic_unknown`, listing the topics there are."""
        unknown = sorted(set(topics) - self.session_topics.keys())
        if unknown:
            raise Invalid(
                "session_topic_unknown",
                f"There is no topic {_listed(unknown)}. Choose from {_listed(self.session_topics)}.",
                unknown=unknown,
            )

    def must_know_bucket(self, bucket: str) -> None:
        """Raises Invalid `hours_bucket_unknown`, listing the kinds of work there are."""
        if bucket not in self.hour_buckets:
            raise Invalid(
                "hours_bucket_unknown",
                f"There is no kind of work {bucket!r}. Choose from {_listed(self.hour_buckets)}.",
            )

    def must_know_closing_reason(self, reason: str) -> None:
        """Raises Invalid `closing_reason_unknown`, listing the reasons there are."""
        if reason not in self.closing_reasons:
            raise Invalid(
                "closing_reason_unknown",
                f"There is no reason {reason!r}. Choose from {_listed(self.closing_reasons)}.",
            )

    def must_be_a_complete_rubric(self, scores: Mapping[str, int]) -> None:
        """Every criterion scored, no other, each from 1 to 5.

        Raises:
            Invalid: `review_criterion_unknown`, `review_scores_incomplete` or `review_score_out_of_range`.
        """
        unknown = sorted(scores.keys() - self.review_criteria.keys())
        if unknown:
            raise Invalid(
                "review_criterion_unknown",
                f"The rubric has no criterion {_listed(unknown)}. It has {_listed(self.review_criteria)}.",
            )
        missing = sorted(self.review_criteria.keys() - scores.keys())
        if missing:
            raise Invalid(
                "review_scores_incomplete", f"Please score {_listed(missing)} too.", missing=missing
            )
        beyond = sorted(code for code, score in scores.items() if not LOWEST_SCORE <= score <= HIGHEST_SCORE)
        if beyond:
            raise Invalid(
                "review_score_out_of_range",
                f"Scores go from {LOWEST_SCORE} to {HIGHEST_SCORE}; please correct {_listed(beyond)}.",
            )


def _listed(codes: Iterable[str]) -> str:
    return ", ".join(codes)
