"""The rules of practice as they are shown."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from services.supervision.domain.practice import Practice


class CadenceView(BaseModel):
    """How often supervision is due, and how late it may be before anybody is told; both in days."""

    every_days: int
    grace_days: int


class PracticeView(BaseModel):
    """Every list is code -> name; `cadence` is by phase."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "cadence": {"practice": {"every_days": 7, "grace_days": 3}},
                    "session_topics": {"wellbeing": "The mentor's own wellbeing"},
                    "hour_buckets": {"peer_support": "One-to-one peer support"},
                    "review_criteria": {"boundaries": "Keeps boundaries and confidentiality"},
                    "closing_reasons": {"completed": "The supervised work is done"},
                }
            ]
        }
    )
    cadence: dict[str, CadenceView]
    session_topics: dict[str, str]
    hour_buckets: dict[str, str]
    review_criteria: dict[str, str]
    closing_reasons: dict[str, str]

    @classmethod
    def of(cls, practice: Practice) -> Self:
        """The rules, without the words that are no names."""
        return cls.model_validate(practice.model_dump(mode="json", include=set(cls.model_fields)))
