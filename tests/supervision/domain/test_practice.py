"""The rules that are data."""

import pytest
from pydantic import ValidationError

from services.supervision.domain.practice import Cadence, Phase, Practice
from tests.supervision.builders import PRACTICE


def test_what_ships() -> None:
    """The rules that ship are weekly in practice with three days of grace, and monthly afterwards."""
    assert PRACTICE.cadence[Phase.PRACTICE] == Cadence(every_days=7, grace_days=3)
    assert PRACTICE.cadence[Phase.CERTIFIED].every_days == 30
    assert {"difficult_case", "ethics", "wellbeing", "skill", "feedback"} <= PRACTICE.session_topics.keys()


def test_a_phase_without_cadence() -> None:
    """Rules that leave a phase without a cadence are refused when they are read."""
    rules = PRACTICE.model_dump()
    del rules["cadence"][Phase.CERTIFIED]

    with pytest.raises(ValidationError, match="cadence is missing for: certified"):
        Practice.model_validate(rules)
