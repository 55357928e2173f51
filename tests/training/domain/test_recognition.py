"""Prior learning: asked with evidence, recognised with hours or returned with what would help."""

from collections.abc import Callable

import pytest

from services.training.domain.enrolment import Enrolment
from services.training.domain.recognition import RecognitionState
from shared.contracts.training import ModuleCompleted, RecognitionGranted, RecognitionReturned
from shared.domain.errors import Conflict, Forbidden, Invalid, NotFound
from tests.training.builders import CORE, MENTOR, TRAINER, after, complete, opened

MODULE = "communication"


def ask(
    enrolment: Enrolment, part: str | None = None, *, id: str = "r", evidence: str = "Two years of it."
) -> None:
    enrolment.ask_for_recognition(
        MODULE,
        part,
        id=id,
        evidence=evidence,
        documents=("document-17",),
        programme=CORE,
        now=after(days=1),
    )


def recognise(enrolment: Enrolment, hours: float = 8, *, id: str = "r", by: str = TRAINER) -> None:
    enrolment.recognise(id, hours=hours, by=by, programme=CORE, now=after(days=2))


def send_back(enrolment: Enrolment, *, by: str = TRAINER, would_help: str = "A letter.") -> None:
    enrolment.return_recognition(
        "r", reason="It was about groups.", would_help=would_help, by=by, now=after(days=2)
    )


def test_a_recognised_module() -> None:
    """A recognised module is completed with its hours, and shows as recognised in the plan and in the proof."""
    enrolment = opened()
    ask(enrolment)
    assert enrolment.trainer_awaited_since == after(days=1)

    recognise(enrolment)

    assert enrolment.learning.hours == 8
    assert enrolment.trainer_awaited_since is None
    told, completed = enrolment.raised[-2:]
    assert isinstance(told, RecognitionGranted)
    assert (told.module, told.part, told.hours, told.decided_by) == (MODULE, None, 8, TRAINER)
    assert isinstance(completed, ModuleCompleted)
    line = enrolment.readiness(CORE, now=after(days=3)).requirements[0]
    assert [(proof.at, proof.by) for proof in line.evidence] == [
        (f"modules/{MODULE}/recognitions/r", TRAINER)
    ]
    done = enrolment.plan(CORE, now=after(days=3)).done
    assert (
        "Communication and active listening is recognised from what you learnt before, with 8 hours." in done
    )


def test_a_recognised_part() -> None:
    """A recognised part is finished, and its hours count on top of those a trainer signs for the rest."""
    enrolment = opened()
    ask(enrolment, "questions")

    recognise(enrolment, 3)

    progress = enrolment.learning.module(MODULE)
    assert progress.finished_parts(CORE.module(MODULE)) == {"questions"}
    assert progress.completed is None
    enrolment.complete_module(MODULE, hours=5, by=TRAINER, programme=CORE, now=after(days=9))
    assert enrolment.learning.module(MODULE).hours == 8


def test_too_few_hours() -> None:
    """A whole module takes its minimum here too, and nothing is changed by the attempt."""
    enrolment = opened()
    ask(enrolment)
    before = enrolment.document()

    for hours, code in [(7.5, "module_hours_short"), (0, "recognition_hours_out_of_range")]:
        with pytest.raises(Invalid) as refused:
            recognise(enrolment, hours)
        assert refused.value.code == code

    assert enrolment.document() == before


def test_returned() -> None:
    """A trainer says why not yet and what would help; the person may ask again with more, or take the module."""
    enrolment = opened()
    ask(enrolment)

    send_back(enrolment)

    said = enrolment.raised[-1]
    assert isinstance(said, RecognitionReturned)
    assert "groups" not in said.model_dump_json()
    following = enrolment.plan(CORE, now=after(days=3)).next
    title = "Communication and active listening"
    assert (
        f"Read what would help to have {title} recognised, and ask again; or take it as it is offered."
        in (following)
    )
    ask(enrolment, id="second", evidence="And a letter.")
    recognise(enrolment, id="second")
    states = [one.state for one in enrolment.learning.recognitions]
    assert states == [RecognitionState.RETURNED, RecognitionState.RECOGNISED]


def test_returned_with_nothing_that_helps() -> None:
    """It is not returned without a word on what would help."""
    enrolment = opened()
    ask(enrolment)

    with pytest.raises(Invalid) as refused:
        send_back(enrolment, would_help=" ")

    assert refused.value.code == "reason_missing"


def test_nobody_decides_for_themself() -> None:
    """A trainer who is the person recognises nothing, and returns nothing."""
    enrolment = opened()
    ask(enrolment)

    tries: list[Callable[[], object]] = [
        lambda: recognise(enrolment, by=MENTOR),
        lambda: send_back(enrolment, by=MENTOR),
    ]
    for decide in tries:
        with pytest.raises(Forbidden) as refused:
            decide()
        assert refused.value.code == "recognition_own_decision"


def test_what_can_not_be_asked() -> None:
    """Not for a part there isn't, without evidence, twice at a time, or for what is completed."""
    enrolment = opened()
    with pytest.raises(NotFound) as unknown:
        ask(enrolment, "singing")
    assert unknown.value.code == "part_unknown"
    with pytest.raises(Invalid) as empty:
        ask(enrolment, evidence=" ")
    assert empty.value.code == "recognition_evidence_missing"
    ask(enrolment)
    for part in (None, "questions"):
        with pytest.raises(Conflict) as twice:
            ask(enrolment, part, id="again")
        assert twice.value.code == "recognition_asked"
    complete(enrolment, MODULE)
    with pytest.raises(Conflict) as over:
        ask(enrolment, id="again")
    assert over.value.code == "module_already_completed"


def test_decided_once() -> None:
    """What is decided or taken back is not decided again."""
    enrolment = opened()
    ask(enrolment)
    enrolment.take_back_recognition("r", now=after(days=1.5))

    tries: list[Callable[[], object]] = [lambda: recognise(enrolment), lambda: send_back(enrolment)]
    for decide in tries:
        with pytest.raises(Conflict) as refused:
            decide()
        assert refused.value.code == "recognition_already_decided"
    with pytest.raises(NotFound) as unknown:
        recognise(enrolment, id="another")
    assert unknown.value.code == "recognition_unknown"


def test_a_part_finished_meanwhile() -> None:
    """A part that the person finished meanwhile isn't counted a second time by recognising it."""
    enrolment = opened()
    ask(enrolment, "questions")
    enrolment.work_on_part(MODULE, "questions", minutes=60, finished=True, programme=CORE)

    with pytest.raises(Conflict) as refused:
        recognise(enrolment, 3)

    assert refused.value.code == "part_already_finished"


def test_completed_in_another_way() -> None:
    """Once a trainer signs the module nobody waits for a decision on what was asked in it."""
    enrolment = opened()
    ask(enrolment)

    complete(enrolment, MODULE)

    assert enrolment.learning.recognitions[0].state is RecognitionState.TAKEN_BACK
    assert enrolment.trainer_awaited_since is None
    assert not any(isinstance(event, RecognitionReturned) for event in enrolment.raised)


def test_the_plan_while_a_trainer_looks() -> None:
    """The plan says that a trainer looks at it, and that the module can be taken all the same."""
    enrolment = opened()
    ask(enrolment)

    plan = enrolment.plan(CORE, now=after(days=2))

    assert any(s.startswith("A trainer of your site looks at what you learnt before") for s in plan.blocked)
    assert "Begin Communication and active listening, 8 hours or more." in plan.next
