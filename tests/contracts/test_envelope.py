"""What every envelope and every time in an event keep to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from shared.contracts.envelope import Envelope, Moment, sequence_text

MOMENT: TypeAdapter[Moment] = TypeAdapter(Moment)


@pytest.mark.parametrize(
    "text",
    [
        "0001-01-01T00:00:00+14:00",
        "9999-12-31T23:59:59-14:00",
        "1899-12-31T23:59:59Z",
        "2200-01-01T00:00:00Z",
        "2026-03-02T09:30:00",
    ],
)
def test_a_time_out_of_range_or_without_its_offset_is_a_wrong_value(text: str) -> None:
    """A time no store could hold, or one nobody can place, is refused as invalid and raises nothing else."""
    with pytest.raises(ValidationError):
        MOMENT.validate_python(text)


@pytest.mark.parametrize("text", ["1900-01-01T00:00:00Z", "2199-12-31T23:59:59.999Z"])
def test_the_edges_of_the_range_are_times(text: str) -> None:
    """The first and the last moment of the range are accepted."""
    assert MOMENT.validate_python(text).isoformat(timespec="seconds")[:19] == text[:19]


@given(st.integers(min_value=0, max_value=2**63 - 1), st.integers(min_value=0, max_value=2**63 - 1))
def test_sequences_sort_alike_as_text_and_as_numbers(one: int, other: int) -> None:
    """A subscriber that compares `ce_sequence` as text drops what one that compares numbers drops."""
    assert (sequence_text(one) < sequence_text(other)) == (one < other)


@given(st.integers(min_value=0, max_value=2**63 - 1))
def test_our_own_reader_gets_the_number_back(sequence: int) -> None:
    """The zeros in front change nothing for whoever reads a number."""
    attributes = {
        "id": "1",
        "source": "/peerpath/training",
        "type": "t",
        "subject": "s",
        "time": "2026-03-02T09:30:00Z",
        "dataschema": "urn:peerpath:schema:t",
        "partitionkey": "k",
        "siteid": "leeds",
    }
    read = Envelope.model_validate({**attributes, "sequence": sequence_text(sequence)})
    assert read.sequence == sequence
