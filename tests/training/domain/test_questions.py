"""Questions: what fits them, how they are drawn, and how they are marked."""

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from services.training.domain.attempt import Attempt, AttemptState
from services.training.domain.question import Choice, Question, QuestionKind
from services.training.domain.reason import sealed
from shared.domain.errors import Invalid
from tests.training.builders import CORE, after
from tests.training.rich import OPEN_QUESTION, RICH, SEVERAL

BANK = RICH.written("written")


def question(**changes: Any) -> Question:
    return Question.model_validate({**SEVERAL, **changes})


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"right": "a"}, "exactly one of"),
        ({"all_right": []}, "exactly one of"),
        ({"all_right": ["a", "z"]}, "`all_right` is 'z'"),
        ({"options": {"a": "Alone"}, "all_right": ["a"]}, "at least 2"),
        ({"all_right": [], "rubric": OPEN_QUESTION["rubric"]}, "no `options`"),
    ],
)
def test_a_question_that_could_not_be_marked(data: dict[str, Any], says: str) -> None:
    """A question has exactly one way to be marked, and says what is wrong where it hasn't."""
    with pytest.raises(ValidationError, match=says):
        question(**data)


@pytest.mark.parametrize(
    ("code", "choice", "refusal"),
    [
        ("bou_several", ("a", "z"), "answer_option_unknown"),
        ("com_1", ("a", "b"), "answer_option_unknown"),
        ("com_open", "a", "answer_is_open"),
    ],
)
def test_a_choice_that_does_not_fit(code: str, choice: Choice, refusal: str) -> None:
    """One option where one is right, known ones where several are, and none for an open question."""
    with pytest.raises(Invalid) as refused:
        BANK.must_fit([code], {code: choice}, {})

    assert refused.value.code == refusal


def test_words_that_do_not_fit() -> None:
    """Words are for open questions only, and not without end."""
    for code, text, refusal in [
        ("com_1", "c", "answer_not_open"),
        ("com_open", "x" * 4_001, "answer_too_long"),
    ]:
        with pytest.raises(Invalid) as refused:
            BANK.must_fit([code], {}, {code: text})
        assert refused.value.code == refusal


def test_half_of_several() -> None:
    """Where several options are right, all of them and no other count; the order doesn't matter."""
    several = question()

    assert [several.is_right(c) for c in [("c", "a"), ("a",), ("a", "b", "c"), "a", None]] == [
        True, False, False, False, False,
    ]  # fmt: skip


@settings(max_examples=40, deadline=None)
@given(seed=st.one_of(st.integers(), st.text(max_size=40)), size=st.integers(6, 24))
def test_every_draw_covers_every_module(seed: int | str, size: int) -> None:
    """Whatever the seed and size: every module comes up, no question twice, and the same seed draws the same."""
    core = CORE.written("written")
    bank = core.model_copy(update={"draw_size": core.draw_size.model_copy(update={"value": size})})

    drawn = bank.draw(seed)

    assert len(drawn) == len(set(drawn)) == size
    assert {bank.question(code).module for code in drawn} == {q.module for q in bank.questions}
    assert bank.draw(seed) == drawn


CHOICES = st.dictionaries(
    st.sampled_from([q.code for q in BANK.questions if q.kind is not QuestionKind.OPEN]),
    st.one_of(st.sampled_from(["a", "b", "c"]), st.sets(st.sampled_from(["a", "b", "c"])).map(tuple)),
)


def counted_by_hand(drawn: tuple[str, ...], choices: Mapping[str, Choice], points: dict[str, int]) -> float:
    """The share of points, from the programme's data alone."""
    got = sum(points.values()) if "com_open" in drawn else 0
    best = 0
    for code in drawn:
        if code == "com_open":
            best += 3
            continue
        best += 1
        rule = next(q for q in BANK.questions if q.code == code)
        wanted = ["a", "c"] if code == "bou_several" else [rule.right]
        choice = choices.get(code)
        chosen = [choice] if isinstance(choice, str) else sorted(choice or ())
        got += chosen == wanted
    return got / best


@settings(max_examples=80, deadline=None)
@given(
    choices=CHOICES,
    listens=st.integers(0, 2),
    reason=st.integers(0, 1),
    cut=st.sampled_from([0.3, 0.5, 0.8, 1.0]),
)
def test_marking_agrees_with_counting_by_hand(
    choices: dict[str, Choice], listens: int, reason: int, cut: float
) -> None:
    """Over any answers the attempt passes exactly if the points, counted by hand, reach the cut score."""
    rule = BANK.model_copy(update={"cut_score": BANK.cut_score.model_copy(update={"value": cut})})
    fitting = {
        code: c
        for code, c in choices.items()
        if rule.question(code).kind is QuestionKind.MULTIPLE or isinstance(c, str)
    }
    drawn = rule.draw(1)
    attempt = Attempt(number=1, state=AttemptState.OPEN, started=after(), questions=drawn)

    handed_in = attempt.marked(fitting, {"com_open": "I'd listen."}, rule=rule, now=after())
    assert handed_in.state is AttemptState.AWAITING_REVIEW
    points = {"listens": listens, "reason": reason}
    decided = handed_in.reviewed_by("ada", {"com_open": points}, why=sealed("So."), rule=rule, now=after())

    share = counted_by_hand(drawn, fitting, points)
    assert (decided.state is AttemptState.PASSED) == (share >= cut)
    assert decided.points == round(share * rule.points_of(drawn))
    short = {rule.question(c).module for c in drawn if decided.points_for(c, rule) < rule.question(c).points}
    assert set(decided.to_look_at_again(rule)) == short


def test_a_programme_may_mix_them() -> None:
    """All three kinds stand beside each other in one bank, and one without open questions asks nobody to read."""
    kinds = {q.kind for q in BANK.questions}

    assert kinds == set(QuestionKind)
    core = CORE.written("written")
    assert core.open_questions(core.draw(1)) == ()
