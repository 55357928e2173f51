"""Decoding lets nothing escape, whatever somebody put on a topic."""

from datetime import UTC, datetime

import pytest
from aiokafka import ConsumerRecord
from hypothesis import given
from hypothesis import strategies as st

from shared.contracts.supervision import HoursReported
from shared.messaging.outbox import event_row
from shared.messaging.records import read

EVENT = HoursReported(
    site="leeds",
    person="p1",
    placement="p1",
    programme="core",
    entry="e1",
    bucket="direct_support",
    hours=1.0,
)
ROW = event_row(
    EVENT, id="1", subject="s", sequence=1, now=datetime(2026, 3, 2, tzinfo=UTC), traceparent=None
)
HEADERS: dict[str, bytes] = dict(ROW["headers"])


def record(
    *, key: bytes | None = b"p1", value: bytes | None = ROW["value"], headers: dict[str, bytes] | None = None
) -> "ConsumerRecord[bytes, bytes]":
    return ConsumerRecord(
        topic="peerpath.supervision.events",
        partition=0,
        offset=0,
        timestamp=0,
        timestamp_type=0,
        checksum=None,
        key=key,
        value=value,
        headers=list((HEADERS if headers is None else headers).items()),
        serialized_key_size=0,
        serialized_value_size=0,
    )


def test_a_good_record_is_read() -> None:
    """The records below differ from one that is read."""
    arrival = read(record())
    assert (arrival.data, arrival.problem) == (EVENT, None)


@pytest.mark.parametrize(
    "headers",
    [
        {**HEADERS, "ce_time": b"0001-01-01T00:00:00+14:00"},
        {**HEADERS, "ce_time": b"9999-12-31T23:59:59-14:00"},
        {**HEADERS, "ce_time": b"1e400"},
        {**HEADERS, "ce_sequence": b"9" * 5_000},
        {**HEADERS, "ce_sequence": b"-1"},
        {**HEADERS, "ce_id": b"\xff"},
        {},
    ],
)
def test_a_wrong_header_is_a_problem(headers: dict[str, bytes]) -> None:
    """Times outside the calendar, absurd numbers, bytes that are no text: each is parked, and none raises."""
    arrival = read(record(headers=headers))
    assert arrival.problem is not None
    assert arrival.problem.startswith("not a CloudEvent: ")


@pytest.mark.parametrize("value", [b"", b"\xff", b"[" * 100_000, b'{"hours": 1e999}', b"null", b'"' * 3])
def test_wrong_data_is_a_problem(value: bytes) -> None:
    """Data that is no JSON, is nested beyond reason or of another shape is parked, and none raises."""
    arrival = read(record(value=value))
    assert arrival.problem is not None
    assert "does not fit its schema" in arrival.problem


@given(
    key=st.none() | st.binary(),
    value=st.none() | st.binary(),
    headers=st.dictionaries(
        st.sampled_from(sorted(HEADERS)), st.binary() | st.sampled_from(list(HEADERS.values()))
    ),
)
def test_nothing_at_all_escapes(key: bytes | None, value: bytes | None, headers: dict[str, bytes]) -> None:
    """Any bytes anywhere lead to an arrival: one with data, with a problem, a tombstone, or of no concern."""
    arrival = read(record(key=key, value=value, headers={**HEADERS, **headers}))
    assert sum(map(bool, (arrival.data, arrival.problem, arrival.passed_over, arrival.tombstone))) == 1
