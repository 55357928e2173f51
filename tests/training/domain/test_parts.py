"""Learning at one's own pace: part by part, never back, each with what to know before it."""

from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.domain.enrolment import Enrolment
from services.training.domain.progress import ModuleProgress
from shared.domain.errors import Conflict, Invalid, NotFound
from tests.training.builders import CORE, MENTOR, after, complete, opened

MODULE = "mental_health_recovery"
RULE = CORE.module(MODULE)
PARTS = [part.code for part in RULE.parts]


def work(enrolment: Enrolment, part: str, *, minutes: int = 10, finished: bool = True) -> None:
    enrolment.work_on_part(MODULE, part, minutes=minutes, finished=finished, programme=CORE)


def progress(enrolment: Enrolment) -> ModuleProgress:
    return enrolment.learning.module(MODULE)


def test_part_by_part() -> None:
    """A finished part counts, minutes are kept per part, and the first unfinished one is where to go on."""
    enrolment = opened()

    work(enrolment, "what_recovery_is", minutes=30)
    work(enrolment, "experiences", minutes=20, finished=False)

    here = progress(enrolment)
    assert (here.percent, here.minutes) == (25, 50)
    assert (here.part("experiences").minutes, here.part("experiences").finished) == (20, False)
    assert here.resume_at(RULE).code == "experiences"


def test_in_any_order() -> None:
    """Parts may be taken in any order; whoever skips one is led back to it."""
    enrolment = opened()

    work(enrolment, "rights_and_stigma")

    assert progress(enrolment).percent == 25
    assert progress(enrolment).resume_at(RULE).code == "what_recovery_is"


def test_all_parts() -> None:
    """Every part finished is 100%, which a trainer then signs."""
    enrolment = opened()
    for part in PARTS:
        work(enrolment, part)

    assert progress(enrolment).percent == 100
    assert progress(enrolment).completed is None
    assert any("a trainer of your site signs it" in s for s in enrolment.plan(CORE, now=after(days=1)).next)


def test_a_percentage_reported_for_the_whole() -> None:
    """A percentage reported for the whole module stands, and covers the parts it comes to."""
    enrolment = opened()
    enrolment.report_progress(MODULE, percent=60, minutes=5, programme=CORE)

    work(enrolment, "rights_and_stigma")

    assert progress(enrolment).finished_parts(RULE) == {
        "what_recovery_is",
        "experiences",
        "rights_and_stigma",
    }
    assert progress(enrolment).percent == 75
    assert progress(enrolment).resume_at(RULE).code == "your_story"


def test_a_percentage_after_a_part() -> None:
    """A percentage reported after a part was finished adds the parts it covers to that one."""
    enrolment = opened()
    work(enrolment, "rights_and_stigma")

    enrolment.report_progress(MODULE, percent=50, minutes=5, programme=CORE)

    assert progress(enrolment).percent == 75


def test_a_percentage_from_before_there_were_parts() -> None:
    """What was stored as a percentage alone covers the parts it comes to."""
    stored = ModuleProgress(code=MODULE, percent=50, minutes=90)

    assert stored.resume_at(RULE).code == "your_story"
    assert stored.working_on("your_story", minutes=5, finished=True, module=RULE).percent == 75


def test_parts_of_another_version() -> None:
    """Parts finished under another version of the module are kept, and are no share of this one's."""
    before = RULE.model_copy(
        update={"parts": tuple(part.model_copy(update={"code": f"old_{part.code}"}) for part in RULE.parts)}
    )
    here = ModuleProgress(code=MODULE)
    for part in before.parts[:3]:
        here = here.working_on(part.code, minutes=10, finished=True, module=before)
    for part in RULE.parts:
        here = here.working_on(part.code, minutes=10, finished=True, module=RULE)

    assert (here.percent, here.minutes) == (100, 70)
    assert here.part("old_experiences").finished
    assert ModuleProgress.model_validate(here.model_dump()) == here


def test_what_is_refused() -> None:
    """No other module's part, no negative time, and nothing during a pause or after completion."""
    enrolment = opened()
    for part, minutes, kind, code in [
        ("listening", 5, NotFound, "part_unknown"),
        ("experiences", -1, Invalid, "progress_out_of_range"),
    ]:
        with pytest.raises(kind) as refused:
            work(enrolment, part, minutes=minutes)
        assert refused.value.code == code
    enrolment.pause(by=MENTOR, now=after(days=1))
    with pytest.raises(Conflict) as paused:
        work(enrolment, "experiences")
    assert paused.value.code == "enrolment_paused"
    enrolment.resume(by=MENTOR)
    complete(enrolment, MODULE)
    with pytest.raises(Conflict) as over:
        work(enrolment, "experiences")
    assert over.value.code == "module_already_completed"


REPORTS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(PARTS), st.integers(0, 30), st.booleans()),
        st.tuples(st.none(), st.integers(0, 100), st.just(value=True)),
    ),
    max_size=20,
)


@settings(max_examples=40, deadline=None)
@given(reports=REPORTS, order=st.randoms(use_true_random=False))
def test_windows_side_by_side(reports: list[tuple[str | None, int, bool]], order: Random) -> None:
    """However reports of several windows mix, nothing goes back, and parts come to the same in the end."""

    def play(mixed: list[tuple[str | None, int, bool]]) -> ModuleProgress:
        enrolment = opened()
        for part, number, finished in mixed:
            before = progress(enrolment)
            if part is None:
                enrolment.report_progress(MODULE, percent=number, minutes=0, programme=CORE)
            else:
                work(enrolment, part, minutes=number, finished=finished)
            now = progress(enrolment)
            assert now.percent >= before.percent
            assert now.minutes >= before.minutes
            assert now.finished_parts(RULE) >= before.finished_parts(RULE)
            assert all(now.part(code).minutes >= before.part(code).minutes for code in PARTS)
        return progress(enrolment)

    first = play(reports)
    order.shuffle(reports)
    second = play(reports)
    assert first.finished_parts(RULE) == second.finished_parts(RULE)
    assert (first.percent, first.minutes) == (second.percent, second.minutes)
