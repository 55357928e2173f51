"""The table of who is told: complete, and true to the contracts."""

from importlib import import_module
from pkgutil import iter_modules

import pytest

import shared.contracts
from services.notifications.domain.audience import Audience, Channel, Urgency
from services.notifications.domain.table import ROWS, Tell, TellNobody
from services.notifications.reactions import REACTIONS
from shared.contracts.envelope import EVENTS
from shared.contracts.topics import NOTIFICATIONS, TOPICS

TELLING = [row for row in ROWS if isinstance(row, Tell)]


def contracted() -> set[str]:
    """Every type of event in every module of the contracts."""
    for module in iter_modules(shared.contracts.__path__):
        import_module(f"shared.contracts.{module.name}")
    return {name for name, event in EVENTS.items() if event.__module__.startswith("shared.contracts.")}


def test_no_event_is_forgotten() -> None:
    """Every type of event in the contracts has a row or a stated reason for none."""
    assert {row.event.facts.type for row in ROWS} == contracted()


def test_no_event_is_listed_twice() -> None:
    """One type of event has one row."""
    assert len({row.event for row in ROWS}) == len(ROWS)


def test_reasons_are_sentences() -> None:
    """Whoever is told nothing can read why."""
    for row in ROWS:
        if isinstance(row, TellNobody):
            assert row.because.endswith(".")
            assert len(row.because.split()) >= 6


def test_every_event_has_a_reaction_or_a_reason() -> None:
    """The table of reactions covers every topic the others produce."""
    heard = [name for name in TOPICS if name != NOTIFICATIONS.name]

    assert REACTIONS.without_row(heard) == []
    assert set(REACTIONS.topics) == set(heard)


@pytest.mark.parametrize("row", TELLING, ids=lambda row: row.event.__name__)
def test_facts_are_fields(row: Tell) -> None:
    """A row names only fields its event has, and none that could hold text or a person's name."""
    fields = row.event.model_fields
    named = {*row.facts, *filter(None, (row.not_for, row.useless_after))}

    assert named <= fields.keys()
    assert not {"outcome", "reason", "name", "email"} & set(row.facts)


@pytest.mark.parametrize("row", TELLING, ids=lambda row: row.event.__name__)
def test_one_line_per_audience(row: Tell) -> None:
    """An audience has one line, and a legal notice is e-mailed and goes to the person alone."""
    assert len({line.audience for line in row.lines}) == len(row.lines)
    for line in row.lines:
        if line.urgency is Urgency.LEGAL:
            assert Channel.EMAIL in line.channels
            assert line.audience is Audience.PERSON
