"""Hours: reported by the mentor, decided once by the supervisor."""

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.supervision.domain.hours import HoursDraft, HoursState
from services.supervision.domain.placement import Placement
from shared.contracts.supervision import HoursApproved, HoursReported, HoursReturned
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from tests.supervision.builders import (
    MENTOR,
    OPENED,
    PRACTICE,
    SUPERVISOR,
    after,
    supervised_placement,
    work,
)

NOW = after(days=5)


def report(placement: Placement, entry: str, draft: HoursDraft) -> None:
    placement.report_hours(entry, draft, by=MENTOR, practice=PRACTICE, now=NOW)


def test_reporting() -> None:
    """Reported hours are announced as a code and a number, and count for nothing yet."""
    placement = supervised_placement()

    report(placement, "entry-1", work(3.75, note="quiet day"))

    said = placement.raised[-1]
    assert isinstance(said, HoursReported)
    assert (said.entry, said.bucket, said.hours) == ("entry-1", "peer_support", 3.75)
    assert "quiet" not in said.model_dump_json()
    assert (placement.hours.approved, placement.hours.waiting) == (0, 3.75)


def test_only_the_mentor_reports() -> None:
    """Nobody reports hours for somebody else, not even the supervisor."""
    placement = supervised_placement()

    with pytest.raises(Forbidden) as refused:
        placement.report_hours("entry-1", work(), by=SUPERVISOR, practice=PRACTICE, now=NOW)

    assert refused.value.code == "hours_of_somebody_else"


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (work(bucket="gardening"), "hours_bucket_unknown"),
        (work(0), "hours_out_of_range"),
        (work(-1), "hours_out_of_range"),
        (work(24.25), "hours_out_of_range"),
        (work(math.nan), "hours_out_of_range"),
        (work(1.1), "hours_not_in_quarters"),
        (work(worked_on=NOW + timedelta(days=2)), "hours_in_future"),
    ],
)
def test_what_can_not_be_reported(draft: HoursDraft, code: str) -> None:
    """Unknown work, impossible lengths, odd minutes and days to come are refused."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        report(placement, "entry-1", draft)

    assert refused.value.code == code
    assert placement.hours.entries == ()


@pytest.mark.parametrize("hours", [0.25, 24])
def test_shortest_and_longest(hours: float) -> None:
    """A quarter of an hour and a whole day are both possible."""
    placement = supervised_placement()

    report(placement, "entry-1", work(hours))

    assert placement.hours.waiting == hours


def test_today_far_in_the_east() -> None:
    """A date that has begun somewhere on Earth can be reported, though it is still yesterday in UTC."""
    placement = supervised_placement()
    late = OPENED.replace(hour=11)

    placement.report_hours(
        "entry-1", work(worked_on=late + timedelta(days=1)), by=MENTOR, practice=PRACTICE, now=late
    )

    assert placement.hours.entries[0].worked_on == "2026-03-03"


def test_a_day_has_24_hours() -> None:
    """Hours of one day come to at most 24, over all kinds of work."""
    placement = supervised_placement()
    report(placement, "entry-1", work(20))

    with pytest.raises(Conflict) as refused:
        report(placement, "entry-2", work(4.25, bucket="outreach"))

    assert refused.value.code == "hours_day_full"
    assert "20 hours are reported for 2026-03-02" in refused.value.message


def test_other_days_are_free() -> None:
    """A full day leaves the next one free."""
    placement = supervised_placement()
    report(placement, "entry-1", work(24))

    report(placement, "entry-2", work(8, worked_on=after(days=1)))

    assert placement.hours.waiting == 32


def test_returned_hours_make_room() -> None:
    """Returned hours no longer count for their day, so the correction fits."""
    placement = supervised_placement()
    report(placement, "entry-1", work(24))
    placement.return_hours("entry-1", by=SUPERVISOR, reason="it was 4", now=NOW)

    report(placement, "entry-2", work(4))

    assert placement.hours.waiting == 4


def test_approving() -> None:
    """Each approval announces the total of approved hours after it."""
    placement = supervised_placement()
    report(placement, "entry-1", work(4))
    report(placement, "entry-2", work(2.5))

    placement.approve_hours("entry-1", by=SUPERVISOR, now=NOW)
    placement.approve_hours("entry-2", by=SUPERVISOR, now=NOW)

    first, second = placement.raised[-2:]
    assert isinstance(first, HoursApproved)
    assert isinstance(second, HoursApproved)
    assert (first.total, second.total) == (4, 6.5)
    assert (second.hours, second.bucket, second.approved_by) == (2.5, "peer_support", SUPERVISOR)
    assert placement.hours.find("entry-2").decided_by == SUPERVISOR


def test_returning() -> None:
    """Hours are returned with a reason the mentor reads; the event tells only that it happened."""
    placement = supervised_placement()
    report(placement, "entry-1", work(4))

    placement.return_hours("entry-1", by=SUPERVISOR, reason=" wrong day ", now=NOW)

    said = placement.raised[-1]
    assert isinstance(said, HoursReturned)
    assert "wrong day" not in said.model_dump_json()
    assert placement.hours.find("entry-1").text.return_reason == "wrong day"


def test_returning_needs_a_reason() -> None:
    """Hours are never returned without saying why."""
    placement = supervised_placement()
    report(placement, "entry-1", work(4))

    with pytest.raises(Invalid) as refused:
        placement.return_hours("entry-1", by=SUPERVISOR, reason="  ", now=NOW)

    assert refused.value.code == "hours_reason_missing"


def test_nobody_signs_their_own() -> None:
    """A mentor neither approves nor returns their own hours."""
    placement = supervised_placement()
    report(placement, "entry-1", work(4))

    decisions: list[Callable[[], None]] = [
        lambda: placement.approve_hours("entry-1", by=MENTOR, now=NOW),
        lambda: placement.return_hours("entry-1", by=MENTOR, reason="why", now=NOW),
    ]
    for decide in decisions:
        with pytest.raises(Forbidden) as refused:
            decide()
        assert refused.value.code == "hours_not_own"


@pytest.mark.parametrize("before", [HoursState.APPROVED, HoursState.RETURNED])
def test_decided_once(before: HoursState) -> None:
    """An entry is decided once; what comes after is a new entry."""
    placement = supervised_placement()
    report(placement, "entry-1", work(4))
    if before is HoursState.APPROVED:
        placement.approve_hours("entry-1", by=SUPERVISOR, now=NOW)
    else:
        placement.return_hours("entry-1", by=SUPERVISOR, reason="why", now=NOW)

    decisions: list[Callable[[], None]] = [
        lambda: placement.approve_hours("entry-1", by=SUPERVISOR, now=NOW),
        lambda: placement.return_hours("entry-1", by=SUPERVISOR, reason="why", now=NOW),
    ]
    for decide in decisions:
        with pytest.raises(Conflict) as refused:
            decide()
        assert refused.value.code == "hours_already_decided"
        assert "reports a new entry" in refused.value.message


def test_unknown_entry() -> None:
    """An entry that is not in the ledger can't be decided."""
    with pytest.raises(NotFound) as refused:
        supervised_placement().approve_hours("entry-9", by=SUPERVISOR, now=NOW)

    assert refused.value.code == "hours_entry_unknown"


_entries = st.integers(0, 7).map("entry-{}".format)
_steps = st.one_of(
    st.tuples(st.just("report"), _entries, st.integers(1, 96)),
    st.tuples(st.just("approve"), _entries, st.just(0)),
    st.tuples(st.just("return"), _entries, st.just(0)),
)


@given(steps=st.lists(_steps, max_size=40))
def test_total_is_the_sum_of_approved_entries(steps: list[tuple[str, str, int]]) -> None:
    """Whatever the sequence, the total is the sum of approved entries, and no day exceeds 24 hours."""
    placement = supervised_placement()
    reported: dict[str, float] = {}
    approved: dict[str, float] = {}

    for what, entry, quarters in steps:
        try:
            if what == "report" and entry not in reported:
                day = after(days=quarters % 4)
                report(placement, entry, work(quarters / 4, worked_on=day))
                reported[entry] = quarters / 4
            elif what == "approve":
                placement.approve_hours(entry, by=SUPERVISOR, now=NOW)
                approved[entry] = reported[entry]
            elif what == "return":
                placement.return_hours(entry, by=SUPERVISOR, reason="why", now=NOW)
        except Refusal:
            continue

    totals = [said.total for said in placement.raised if isinstance(said, HoursApproved)]
    assert placement.hours.approved == sum(approved.values())
    assert totals == sorted(totals)
    assert len(totals) == len(approved)
    assert not totals or totals[-1] == sum(approved.values())
    assert all(placement.hours.worked_on(entry.worked_on) <= 24 for entry in placement.hours.entries)
