"""Lines of the plan about what a person handed in: what waits for somebody, and what came back."""

from collections.abc import Iterator

from services.training.domain.education import Education, EducationState
from services.training.domain.learning import Learning
from services.training.domain.practice_log import LogState
from services.training.domain.programme import Programme
from services.training.domain.recognition import Recognition, RecognitionState
from services.training.domain.step import Step
from services.training.domain.wording import counted


def waiting(
    learning: Learning, education: Education, programme: Programme, *, help_asked: int
) -> Iterator[Step]:
    """Recognition, days in the log, courses, and help; what is decided well needs no line here."""
    for recognition in learning.recognitions:
        yield from _recognition(recognition, learning, programme)
    yield from _logs(learning)
    yield from _courses(education)
    if help_asked:
        yield Step(at="blocked", sentence="A trainer of your site will answer what you asked for help with.")


def _recognition(one: Recognition, learning: Learning, programme: Programme) -> Iterator[Step]:
    module = programme.module(one.module)
    title = module.title if one.part is None else f"“{module.part(one.part).title}” of {module.title}"
    if one.state is RecognitionState.ASKED:
        sentence = f"A trainer of your site looks at what you learnt before, for {title}."
        yield Step(at="blocked", sentence=sentence)
    elif one.state is RecognitionState.RECOGNISED and one.part is not None:
        sentence = (
            f"{title} is recognised from what you learnt before, with {counted(one.hours or 0, 'hour')}."
        )
        yield Step(at="done", sentence=sentence)
    elif one.state is RecognitionState.RETURNED and _is_latest(one, learning):
        sentence = (
            f"Read what would help to have {title} recognised, and ask again; or take it as it is offered."
        )
        yield Step(at="next", sentence=sentence)


def _is_latest(one: Recognition, learning: Learning) -> bool:
    if learning.module(one.module).completed:
        return False
    same = [r for r in learning.recognitions if (r.module, r.part) == (one.module, one.part)]
    return same[-1].id == one.id


def _logs(learning: Learning) -> Iterator[Step]:
    logged = sum(log.state is LogState.LOGGED for log in learning.logs)
    if logged:
        days = counted(logged, "day in your log waits", "days in your log wait")
        yield Step(at="blocked", sentence=f"{days} for the word of whoever was with you.")


def _courses(education: Education) -> Iterator[Step]:
    states = [entry.state for entry in education.entries]
    if submitted := states.count(EducationState.SUBMITTED):
        courses = counted(submitted, "course", "courses")
        yield Step(at="blocked", sentence=f"A trainer of your site looks at {courses} you reported.")
    if returned := states.count(EducationState.RETURNED):
        came = counted(returned, "course came", "courses came")
        yield Step(
            at="next", sentence=f"{came} back to you with a note; read it, correct it and send it again."
        )
