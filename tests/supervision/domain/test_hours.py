"""Hours: reported by the mentor, decided once by the supervisor."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.supervision.domain.hours import HoursDraft, HoursEntry, HoursState, Workday
from services.supervision.domain.placement import Placement
from shared.contracts.supervision import HoursApproved, HoursReported, HoursReturned
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from tests.supervision.builders import (
    MENTOR,
    OPENED,
    SUPERVISOR,
    after,
    approve,
    give,
    give_back,
    report,
    supervised_placement,
    supervisor,
    waiting_placement,
    words,
    work,
)

NOW = after(days=5)


def test_reporting() -> None:
    """Reported hours are announced as a code and a number, and count for nothing yet."""
    placement = supervised_placement()

    entry = report(placement, work(3.75, note="quiet day"))

    said = placement.raised[-1]
    assert isinstance(said, HoursReported)
    assert (said.entry, said.bucket, said.hours, said.corrects) == (entry.id, "peer_support", 3.75, None)
    assert "quiet" not in said.model_dump_json()
    assert (entry.placement, entry.reported, words(entry.text).note) == (placement.id, NOW, "quiet day")
    assert (placement.hours.approved, placement.hours.waiting, placement.hours.entries_waiting) == (
        0,
        3.75,
        1,
    )


def test_only_the_mentor_reports() -> None:
    """Nobody reports hours for somebody else, not even the supervisor."""
    with pytest.raises(Forbidden) as refused:
        report(supervised_placement(), work(), by=SUPERVISOR)

    assert refused.value.code == "hours_of_somebody_else"


@pytest.mark.parametrize(
    ("draft", "code"),
    [
        (work(bucket="gardening"), "hours_bucket_unknown"),
        (work(0), "hours_out_of_range"),
        (work(-1), "hours_out_of_range"),
        (work(24.25), "hours_out_of_range"),
        (work(math.nan), "hours_out_of_range"),
        (work(math.inf), "hours_out_of_range"),
        (work(1.1), "hours_not_in_quarters"),
        (work(worked_on=NOW + timedelta(days=2)), "hours_in_future"),
        (work(worked_on=OPENED - timedelta(days=2)), "hours_before_supervision"),
    ],
)
def test_what_can_not_be_reported(draft: HoursDraft, code: str) -> None:
    """Unknown work, impossible lengths, odd minutes, days to come and days before supervision are refused."""
    placement = supervised_placement()

    with pytest.raises(Invalid) as refused:
        report(placement, draft)

    assert refused.value.code == code
    assert placement.hours.entries_waiting == 0


@pytest.mark.parametrize("hours", [0.25, 24])
def test_shortest_and_longest(hours: float) -> None:
    """A quarter of an hour and a whole day are both possible."""
    placement = supervised_placement()

    report(placement, work(hours))

    assert placement.hours.waiting == hours


def test_today_far_in_the_east() -> None:
    """A date that has begun somewhere on Earth can be reported, and none that has begun nowhere yet."""
    placement = supervised_placement()
    tomorrow = work(worked_on=OPENED + timedelta(days=1))

    with pytest.raises(Invalid) as refused:
        report(placement, tomorrow, now=datetime(2026, 3, 2, 9, 59, 59, tzinfo=UTC))
    entry = report(placement, tomorrow, now=datetime(2026, 3, 2, 10, tzinfo=UTC))

    assert refused.value.code == "hours_in_future"
    assert entry.worked_on == "2026-03-03"


@pytest.mark.parametrize(
    ("assigned", "first"),
    [
        (datetime(2026, 3, 2, 11, 59, tzinfo=UTC), "2026-03-01"),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "2026-03-02"),
    ],
)
def test_the_day_supervision_began(assigned: datetime, first: str) -> None:
    """The first day that can be reported is the one on which supervision began, wherever that was earliest."""
    placement = waiting_placement()
    give(placement, supervisor(), at=assigned)
    day = datetime.fromisoformat(first).replace(tzinfo=UTC)

    with pytest.raises(Invalid) as refused:
        report(placement, work(worked_on=day - timedelta(days=1)))
    entry = report(placement, work(worked_on=day))

    assert refused.value.code == "hours_before_supervision"
    assert first in refused.value.message
    assert entry.worked_on == first


def test_a_day_has_24_hours() -> None:
    """Hours of one day come to at most 24, over all kinds of work; what fits exactly fits."""
    placement = supervised_placement()
    first = report(placement, work(20))

    with pytest.raises(Conflict) as refused:
        report(placement, work(4.25, bucket="outreach"), among=[first])
    report(placement, work(4, bucket="outreach"), among=[first])

    assert refused.value.code == "hours_day_full"
    assert "20 hours are reported for 2026-03-02" in refused.value.message
    assert "corrected by you once it is approved" in refused.value.message


def test_approved_hours_fill_a_day() -> None:
    """Hours that were approved take their place in the day like those that wait."""
    placement = supervised_placement()
    first = report(placement, work(24))
    approve(placement, first)

    with pytest.raises(Conflict) as refused:
        report(placement, work(0.25), among=[first])

    assert refused.value.code == "hours_day_full"


def test_returned_hours_make_room() -> None:
    """Returned hours no longer count for their day, so the right ones fit."""
    placement = supervised_placement()
    first = report(placement, work(24))
    give_back(placement, first, reason="it was 4")

    report(placement, work(4), among=[first])

    assert (placement.hours.waiting, placement.hours.entries_waiting) == (4, 1)


def test_approving() -> None:
    """Each approval announces the total of approved hours after it, and keeps who decided and when."""
    placement = supervised_placement()
    one, two = report(placement, work(4)), report(placement, work(2.5))

    approve(placement, one)
    approve(placement, two)

    first, second = placement.raised[-2:]
    assert isinstance(first, HoursApproved)
    assert isinstance(second, HoursApproved)
    assert (first.total, second.total) == (4, 6.5)
    assert (second.entry, second.hours, second.bucket) == (two.id, 2.5, "peer_support")
    assert second.approved_by == SUPERVISOR
    assert (two.state, two.decided_by, two.decided) == (HoursState.APPROVED, SUPERVISOR, after(days=6))
    assert (placement.hours.waiting, placement.hours.entries_waiting) == (0, 0)


def test_returning() -> None:
    """Hours are returned with a reason the mentor reads beside their note; the event only says it happened."""
    placement = supervised_placement()
    entry = report(placement, work(4, note="long day"))

    give_back(placement, entry, reason=" wrong day ")

    said = placement.raised[-1]
    assert isinstance(said, HoursReturned)
    assert (said.entry, said.returned_by) == (entry.id, SUPERVISOR)
    assert "wrong day" not in said.model_dump_json()
    assert entry.returned is not None
    assert (words(entry.text).note, words(entry.returned).reason) == ("long day", "wrong day")
    assert (entry.state, entry.decided_by, entry.decided) == (HoursState.RETURNED, SUPERVISOR, after(days=6))
    assert (placement.hours.approved, placement.hours.waiting) == (0, 0)


def test_returning_needs_a_reason() -> None:
    """Hours are never returned without saying why."""
    placement = supervised_placement()
    entry = report(placement, work(4))

    with pytest.raises(Invalid) as refused:
        give_back(placement, entry, reason="  ")

    assert refused.value.code == "hours_reason_missing"
    assert entry.state is HoursState.REPORTED


def test_nobody_signs_their_own() -> None:
    """A mentor neither approves nor returns their own hours."""
    placement = supervised_placement()
    entry = report(placement, work(4))

    for decide in (approve, give_back):
        with pytest.raises(Forbidden) as refused:
            decide(placement, entry, by=MENTOR)
        assert refused.value.code == "hours_not_own"


@pytest.mark.parametrize(
    ("before", "remedy"),
    [(approve, "a correction that names this entry"), (give_back, "reports a new entry")],
)
def test_decided_once(before: Callable[..., None], remedy: str) -> None:
    """An entry is decided once; what comes after is a further entry, and the refusal says which."""
    placement = supervised_placement()
    entry = report(placement, work(4))
    before(placement, entry)

    for decide in (approve, give_back):
        with pytest.raises(Conflict) as refused:
            decide(placement, entry)
        assert refused.value.code == "hours_already_decided"
        assert remedy in refused.value.message


def test_unknown_entry() -> None:
    """Neither an entry that was never reported nor another placement's can be decided."""
    placement, other = supervised_placement(), waiting_placement(enrolment="enrolment-2")
    give(other, supervisor())

    for found in (None, report(other, work())):
        with pytest.raises(NotFound) as refused:
            approve(placement, found)
        assert refused.value.code == "hours_entry_unknown"


def corrected(placement: Placement, hours: float, correction: float) -> tuple[HoursEntry, HoursEntry]:
    """An approved entry, and a correction of it that waits."""
    entry = report(placement, work(hours))
    approve(placement, entry)
    return entry, report(placement, work(correction, corrects=entry.id), among=[entry])


def test_correcting() -> None:
    """A correction takes back what was too much once it is signed; the entry itself stays as it was."""
    placement = supervised_placement()

    entry, correction = corrected(placement, 6, -1.5)

    said = placement.raised[-1]
    assert isinstance(said, HoursReported)
    assert (said.hours, said.corrects) == (-1.5, entry.id)
    assert placement.hours.approved == 6
    approve(placement, correction)
    approved = placement.raised[-1]
    assert isinstance(approved, HoursApproved)
    assert (approved.hours, approved.total) == (-1.5, 4.5)
    assert (entry.hours, placement.hours.approved) == (6, 4.5)


def test_a_correction_is_signed_like_any_other() -> None:
    """A correction can be returned, and then nothing has changed."""
    placement = supervised_placement()
    _, correction = corrected(placement, 6, -6)

    give_back(placement, correction)

    assert placement.hours.approved == 6


def test_correcting_upwards() -> None:
    """A correction can add hours as well, as far as the day has room."""
    placement = supervised_placement()
    entry = report(placement, work(20))
    approve(placement, entry)

    with pytest.raises(Conflict) as refused:
        report(placement, work(4.25, corrects=entry.id), among=[entry])
    report(placement, work(4, corrects=entry.id), among=[entry])

    assert refused.value.code == "hours_day_full"


def test_correcting_more_than_there_is() -> None:
    """Corrections take back all of an entry at most, those that wait for a signature included."""
    placement = supervised_placement()
    entry, correction = corrected(placement, 6, -4)

    with pytest.raises(Conflict) as refused:
        report(placement, work(-2.25, corrects=entry.id), among=[entry, correction])
    report(placement, work(-2, corrects=entry.id), among=[entry, correction])

    assert refused.value.code == "hours_correction_too_large"
    assert "2 hours are left" in refused.value.message


def test_what_waits_can_not_be_taken_back() -> None:
    """Hours added by a correction that nobody signed yet give no room to take back more."""
    placement = supervised_placement()
    entry, more = corrected(placement, 6, 2)

    with pytest.raises(Conflict) as refused:
        report(placement, work(-8, corrects=entry.id), among=[entry, more])

    assert refused.value.code == "hours_correction_too_large"


def test_a_correction_makes_room_once_signed() -> None:
    """Hours that are to be taken back fill their day until the correction is signed."""
    placement = supervised_placement()
    entry, correction = corrected(placement, 24, -4)

    with pytest.raises(Conflict) as refused:
        report(placement, work(4), among=[entry, correction])
    approve(placement, correction)
    report(placement, work(4), among=[entry, correction])

    assert refused.value.code == "hours_day_full"


@pytest.mark.parametrize(
    "draft",
    [
        work(-1, corrects="nothing"),
        work(-1, corrects="waits"),
        work(-1, corrects="returned"),
        work(-1, corrects="correction"),
        work(-1, corrects="approved", bucket="outreach"),
        work(-1, corrects="approved", worked_on=after(days=1)),
    ],
)
def test_what_can_not_be_corrected(draft: HoursDraft) -> None:
    """A correction names an approved entry of the same day and kind of work, and no other correction."""
    placement = supervised_placement()
    there = {name: report(placement, work(2)) for name in ("approved", "waits", "returned")}
    approve(placement, there["approved"])
    give_back(placement, there["returned"])
    there["correction"] = report(placement, work(1, corrects=there["approved"].id), among=there.values())
    approve(placement, there["correction"])
    named = there[draft.corrects].id if draft.corrects in there else "nothing"

    with pytest.raises(NotFound) as refused:
        report(placement, draft.model_copy(update={"corrects": named}), among=there.values())

    assert refused.value.code == "hours_correction_unknown"


_entries = st.integers(0, 7)
_steps = st.one_of(
    st.tuples(st.just("report"), _entries, st.integers(1, 96)),
    st.tuples(st.just("correct"), _entries, st.integers(-96, 96)),
    st.tuples(st.just("approve"), _entries, st.just(0)),
    st.tuples(st.just("return"), _entries, st.just(0)),
)


@given(steps=st.lists(_steps, max_size=40))
def test_total_is_the_sum_of_approved_entries(steps: list[tuple[str, int, int]]) -> None:
    """Whatever the sequence, the total is the sum of approved entries and never below 0, in no kind of work
    and on no day, and no day exceeds 24 hours.
    """
    placement = supervised_placement()
    entries: list[HoursEntry] = []

    for what, which, quarters in steps:
        one = entries[which % len(entries)] if entries else None
        try:
            if what == "report":
                bucket = ("peer_support", "outreach")[which % 2]
                draft = work(quarters / 4, worked_on=after(days=quarters % 2), bucket=bucket)
                entries.append(report(placement, draft, among=entries))
            elif what == "correct" and one is not None:
                draft = HoursDraft(
                    bucket=one.bucket, hours=quarters / 4, worked_on=one.worked_on, corrects=one.id
                )
                entries.append(report(placement, draft, among=entries))
            elif what == "approve":
                approve(placement, one)
            elif what == "return":
                give_back(placement, one)
        except Refusal:
            continue

        approved = [entry for entry in entries if entry.state is HoursState.APPROVED]
        waiting = [entry for entry in entries if entry.state is HoursState.REPORTED]
        assert placement.hours.approved == sum(entry.hours for entry in approved)
        assert placement.hours.waiting == sum(entry.hours for entry in waiting)
        assert placement.hours.entries_waiting == len(waiting)
        for key in ("bucket", "worked_on"):
            for value in {getattr(entry, key) for entry in approved}:
                some = sum(entry.hours for entry in approved if getattr(entry, key) == value)
                assert some >= 0
                assert key == "bucket" or some <= 24

    totals = [said.total for said in placement.raised if isinstance(said, HoursApproved)]
    assert not totals or totals[-1] == placement.hours.approved


def test_an_empty_day() -> None:
    """A day without entries has room for all of its hours."""
    Workday([]).must_have_room_for(work(24))
