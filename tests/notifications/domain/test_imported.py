"""Who is told of an application that came in with many others."""

from typing import Any

from services.notifications.domain.audience import Audience
from services.notifications.domain.table import ROWS, Tell
from shared.contracts.recruitment import CandidateApplied


def told(**more: Any) -> set[Audience]:
    """The audiences of an application that was entered."""
    [row] = [row for row in ROWS if row.event is CandidateApplied]
    assert isinstance(row, Tell)
    values = {"site": "leeds", "person": "robin", "candidate": "c1", "programme": "core", **more}
    return {line.audience for line in row.lines_for(CandidateApplied(**values))}


def test_one_application_is_told_to_both() -> None:
    """The person that it was received, the coordinators that it is to be looked at."""
    assert told() == told(entered_by="cora") == {Audience.PERSON, Audience.COORDINATORS}


def test_the_person_is_told_only_where_it_is_asked_for() -> None:
    """Whoever enters somebody may see to it themself."""
    assert told(entered_by="cora", announce=False) == {Audience.COORDINATORS}


def test_an_import_sends_no_coordinator_a_message_for_each() -> None:
    """The person is told where the importer says so."""
    assert told(entered_by="cora", imported_in="i1", announce=True) == {Audience.PERSON}
    assert told(entered_by="cora", imported_in="i1", announce=False) == set()
