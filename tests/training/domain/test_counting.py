"""Whatever hours there are: what counts is bounded, what is excluded never counts, and more never makes less."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.domain.certification import Bucket, Excluded
from services.training.domain.counting import Entry, tally
from services.training.domain.figures import Hours
from services.training.domain.requirements import Requirement
from shared.contracts.supervision import HoursApproved, PerformanceReviewed
from tests.training.builders import CORE, after, checks_cleared, hours, opened, review, session

KINDS = st.sampled_from(["peer_support", "groups", "self_study", "outreach"])
QUARTERS = st.integers(1, 96).map(lambda quarters: quarters / 4)
ENTRIES = st.lists(st.builds(Entry, bucket=KINDS, hours=QUARTERS), max_size=30)
GROUPS = Bucket(bucket="groups", title="groups", maximum_hours=Hours(value=20, source="x", confirmed=False))
SELF_STUDY = Excluded(bucket="self_study", title="self-study", source="x", confirmed=False)


def counted(entries: list[Entry]) -> Any:
    return tally(entries, buckets=(GROUPS,), excluded=(SELF_STUDY,))


@given(ENTRIES)
def test_what_counts_is_bounded(entries: list[Entry]) -> None:
    """No kind counts for more than its maximum, the excluded one never, and all others as they are."""
    found, plain = counted(entries), [e for e in entries if e.bucket in {"peer_support", "outreach"}]
    groups = sum(e.hours for e in entries if e.bucket == "groups")

    assert found.of("groups") == min(20, groups)
    assert found.of("self_study") == 0
    assert found.counted == sum(e.hours for e in plain) + min(20, groups)
    assert found.counted == counted([e for e in entries if e.bucket != "self_study"]).counted


@given(ENTRIES, ENTRIES)
def test_more_hours_never_count_for_less(entries: list[Entry], more: list[Entry]) -> None:
    """Hours that come later only ever add to what counts."""
    assert counted([*entries, *more]).counted >= counted(entries).counted


STEPS = st.one_of(
    st.builds(hours, QUARTERS, bucket=KINDS),
    st.builds(review),
    st.builds(session, st.integers(1, 480)),
)


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=15), st.integers(0, 40))
def test_what_is_met_stays_met(steps: list[Any], expires_on: int) -> None:
    """No evidence ever makes a met requirement unmet; only the end of a check's time does."""
    enrolment, met = opened(checks=()), set[str]()
    enrolment.evidence = checks_cleared(enrolment.evidence, until=after(days=expires_on))
    for day, event in enumerate(steps):
        now = after(days=day)
        if isinstance(event, HoursApproved):
            enrolment.take_hours(event, at=now, programme=CORE, now=now)
        elif isinstance(event, PerformanceReviewed):
            enrolment.take_review(event, at=now, programme=CORE, now=now)
        else:
            enrolment.take_session(event, programme=CORE, now=now)
        lines: list[Requirement] = list(enrolment.readiness(CORE, now=now).requirements)
        lost = met - {line.code for line in lines if line.met}
        assert lost == ({"check.references", "check.background_check"} & met if day >= expires_on else set())
        met |= {line.code for line in lines if line.met}
