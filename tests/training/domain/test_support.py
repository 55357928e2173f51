"""Support leaves no mark: whatever somebody asks for, what counts and what others see stays the same."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.training.api.views.enrolment import EnrolmentSummary, EnrolmentView
from services.training.domain.choices import Choices
from services.training.domain.enrolment import Enrolment
from services.training.domain.help import HelpRequest, HelpState, HelpTopic
from services.training.domain.support import Need, Support
from shared.contracts.envelope import EventData
from shared.contracts.training import EnrolmentPaused, EnrolmentResumed, HelpAnswered, HelpAsked
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound, Refusal
from tests.training.builders import (
    CORE,
    MENTOR,
    SITE,
    TRAINER,
    after,
    attest,
    complete,
    granted,
    hours,
    opened,
    review,
    right_answers,
    take_practical,
    text_of,
)

ABOUT = {"site": SITE, "person": MENTOR, "enrolment": "e", "programme": "core"}
MODULE = CORE.module("mental_health_recovery")


def support() -> Support:
    return Support.of("e", person=MENTOR, site=SITE)


def choices() -> Choices:
    return Choices.of("e", person=MENTOR, site=SITE)


def asked(question: str = "Could I do it over the summer?") -> HelpRequest:
    return HelpRequest.ask(
        id="h", about=ABOUT, topic=HelpTopic.HOW_I_AM, question=question, now=after(days=1)
    )


def test_help() -> None:
    """Help is asked for and answered; that it was asked is told, and neither what nor why."""
    request = asked()
    (told,) = request.raised
    assert isinstance(told, HelpAsked)
    assert set(told.model_dump()) == {"site", "person", "enrolment", "programme", "help"}

    request.answer(" On Thursday. ", by=TRAINER, now=after(days=2))

    assert (request.state, request.answered_by, text_of(request.answered).answer) == (
        HelpState.ANSWERED, TRAINER, "On Thursday.",
    )  # fmt: skip
    assert isinstance(request.raised[-1], HelpAnswered)
    assert "Thursday" not in request.raised[-1].model_dump_json()


def test_help_without_a_word() -> None:
    """Nobody has to write anything, and what was asked can be taken back, which tells nobody."""
    request = asked(question=" ")

    request.take_back(now=after(days=1))

    assert (request.state, request.text, len(request.raised)) == (HelpState.TAKEN_BACK, None, 1)


def test_who_answers() -> None:
    """Not the person themself, not without a word, and once."""
    request = asked()
    with pytest.raises(Forbidden) as own:
        request.answer("I can.", by=MENTOR, now=after(days=2))
    assert own.value.code == "help_own_answer"
    with pytest.raises(Invalid) as silent:
        request.answer(" ", by=TRAINER, now=after(days=2))
    assert silent.value.code == "help_answer_missing"
    request.answer("On Thursday.", by=TRAINER, now=after(days=2))

    tries: list[Callable[[], object]] = [
        lambda: request.answer("And Friday.", by=TRAINER, now=after(days=3)),
        lambda: request.take_back(now=after(days=3)),
    ]
    for again in tries:
        with pytest.raises(Conflict) as refused:
            again()
        assert refused.value.code == "help_not_open"


def test_more_time() -> None:
    """A trainer decides how much more time there is, once the person has said that it helps."""
    needs = support()
    with pytest.raises(Conflict) as early:
        needs.give_time(1.5, by=TRAINER, now=after(days=1))
    assert early.value.code == "extra_time_not_asked"
    needs.state((Need.EXTRA_TIME, Need.READING_ALOUD, Need.EXTRA_TIME), language="es")
    assert needs.time_factor == 1
    with pytest.raises(Forbidden) as own:
        needs.give_time(1.5, by=MENTOR, now=after(days=1))
    assert own.value.code == "extra_time_own_decision"

    needs.give_time(1.5, by=TRAINER, now=after(days=1))
    assert (needs.needs, needs.time_factor) == ((Need.EXTRA_TIME, Need.READING_ALOUD), 1.5)

    needs.state((Need.READING_ALOUD,), language=None)
    assert needs.time_factor == 1


def test_another_way() -> None:
    """A part with another way is taken in it, and in the usual one after all, without a reason."""
    mine = choices()

    mine.choose(MODULE, "your_story", alternative=True)
    mine.choose(MODULE, "your_story", alternative=True)
    assert mine.takes_alternative(MODULE.code, "your_story")
    mine.choose(MODULE, "your_story", alternative=False)

    assert mine.alternatives == ()
    assert mine.raised == ()


def test_a_part_without_another_way() -> None:
    """Where there is no other way that is said, with what can be done; a part there isn't is not found."""
    with pytest.raises(Conflict) as refused:
        choices().choose(MODULE, "experiences", alternative=True)
    assert refused.value.code == "part_without_alternative"
    with pytest.raises(NotFound) as unknown:
        choices().choose(MODULE, "singing", alternative=True)
    assert unknown.value.code == "part_unknown"


class Life:
    """A training with what supports it, as the service keeps them."""

    def __init__(self) -> None:
        self.enrolment, self.support, self.choices = opened(), support(), choices()
        self.help: list[HelpRequest] = []

    def events(self) -> list[EventData]:
        """Everything that was announced."""
        return [*self.enrolment.raised, *(event for one in self.help for event in one.raised)]


Act = Callable[[Life], object]


def _ask(life: Life) -> None:
    life.help.append(asked())


def _take_back(life: Life) -> None:
    life.help[-1].take_back(now=after(days=1))


def _answer(life: Life) -> None:
    life.help[-1].answer("Gladly.", by=TRAINER, now=after(days=1))


def _pause_and_resume(by: str) -> Act:
    def act(life: Life) -> None:
        life.enrolment.pause(by=by, now=after(days=1))
        life.enrolment.resume(by=by)

    return act


def _in_another_way(chosen: bool) -> Act:
    return lambda life: life.choices.choose(MODULE, "your_story", alternative=chosen)


def _needs(needs: list[Need]) -> Act:
    return lambda life: life.support.state(tuple(needs), language="es")


ACTS = st.one_of(
    st.just(_ask),
    st.just(_take_back),
    st.just(_answer),
    st.builds(_pause_and_resume, st.sampled_from([MENTOR, TRAINER])),
    st.builds(_in_another_way, st.booleans()),
    st.builds(_needs, st.lists(st.sampled_from(Need), max_size=3)),
    st.just(lambda life: life.support.give_time(2, by=TRAINER, now=after(days=1))),
)


def _part(code: str) -> Act:
    return lambda life: life.enrolment.work_on_part(
        MODULE.code, code, minutes=20, finished=True, programme=CORE
    )


def _written(right: int, minutes: float, *, paused: bool) -> Act:
    """An attempt; where `paused`, a pause sets it aside first. Whoever has more time takes more of it."""

    def act(life: Life) -> None:
        factor, begins = life.support.time_factor, after(days=21)
        attempt = life.enrolment.start_attempt(
            "written", seed=right, time_factor=factor, programme=CORE, now=begins
        )
        if paused:
            life.enrolment.pause(by=MENTOR, now=begins)
            life.enrolment.resume(by=MENTOR)
            life.enrolment.start_attempt(
                "written", seed="other", time_factor=factor, programme=CORE, now=begins
            )
        ends = begins + timedelta(minutes=minutes * factor)
        answers = right_answers(attempt.questions, right=right)
        life.enrolment.answer("written", attempt.number, answers, programme=CORE, now=ends)

    return act


def _play(life: Life, act: Act) -> None:
    try:
        act(life)
    except (Refusal, IndexError):
        return


def _rest(life: Life) -> None:
    take_practical(life.enrolment)
    for number in range(10):
        signed = hours(6, entry=f"entry-{number}")
        life.enrolment.take_hours(signed, at=after(days=60), programme=CORE, now=after(days=60))
    life.enrolment.take_review(review(review="review"), at=after(days=60), programme=CORE, now=after(days=60))
    attest(life.enrolment)


def _shown(life: Life) -> dict[str, Any]:
    """Everything that others see of an enrolment; the version only counts changes."""
    enrolment = life.enrolment
    row = {**enrolment.document(), "version": 0}
    enrolment.version = 0
    return {
        "row": EnrolmentSummary.of_row(row),
        "staff": EnrolmentView.of(enrolment, CORE, reader="cem"),
        "plan": enrolment.plan(CORE, now=after(days=70)),
        "readiness": enrolment.readiness(CORE, now=after(days=80)),
        "ready": enrolment.ready_since,
    }


@settings(max_examples=25, deadline=None)
@given(
    acts=st.lists(ACTS, max_size=8),
    more=st.lists(ACTS, max_size=8),
    right=st.integers(6, 10),
    minutes=st.sampled_from([10, 44.9]),
)
def test_no_support_leaves_a_mark(acts: list[Act], more: list[Act], right: int, minutes: float) -> None:
    """Pauses, other ways, help and adaptations change nothing that counts or that others see, at any stage."""
    supported, plain = Life(), Life()
    for life, given_acts in ((supported, acts), (plain, [])):
        life.enrolment.take_raised()
        for act in [*given_acts, _part("your_story")]:
            _play(life, act)
        complete(life.enrolment)
    assert _shown(supported) == _shown(plain)

    for life, given_acts in ((supported, more), (plain, [])):
        for act in given_acts:
            _play(life, act)
        _play(life, _written(right, minutes, paused=bool(given_acts)))
    assert _shown(supported) == _shown(plain)

    for life in (supported, plain):
        _rest(life)
    assert _shown(supported) == _shown(plain)
    _same_certificates(supported, plain)
    _tells_no_reason(supported, plain)


def _same_certificates(supported: Life, plain: Life) -> None:
    if plain.enrolment.readiness(CORE, now=after(days=80)).complete:
        made = [granted(life.enrolment).document() for life in (supported, plain)]
        assert made[0] == made[1]


def _tells_no_reason(supported: Life, plain: Life) -> None:
    """What is announced more than without support says that it happened, to whom, and nothing of why."""
    theirs = [event.model_dump_json() for event in plain.events()]
    for event in supported.events():
        if event.model_dump_json() in theirs:
            continue
        assert isinstance(event, EnrolmentPaused | EnrolmentResumed | HelpAsked | HelpAnswered)
        about = {"site", "person", "enrolment", "programme"}
        assert event.model_dump().keys() - about <= {"help", "answered_by"}


def test_help_in_the_plan() -> None:
    """That help was asked for stands in the person's own plan, and in nobody else's view of it."""
    enrolment: Enrolment = opened()

    own = enrolment.plan(CORE, now=after(days=1), help_asked=1)

    line = "A trainer of your site will answer what you asked for help with."
    assert line in own.blocked
    assert line not in enrolment.plan(CORE, now=after(days=1)).blocked
