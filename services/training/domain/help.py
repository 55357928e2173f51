"""A person asks for help, and a trainer of the site answers. It is kept apart from everything that counts."""

from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Self

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.training import HelpAnswered, HelpAsked
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Conflict, Forbidden, Invalid
from shared.domain.sealed import Sealed


class HelpTopic(StrEnum):
    """What it is about."""

    CONTENT = "content"
    PACE = "pace"
    ASSESSMENT = "assessment"
    ACCESS = "access"
    TECHNICAL = "technical"
    HOW_I_AM = "how_i_am"
    SOMETHING_ELSE = "something_else"


class HelpState(StrEnum):
    """What became of it."""

    OPEN = "open"
    ANSWERED = "answered"
    TAKEN_BACK = "taken_back"


class HelpText(Value):
    """What the person asked, in their own words. Sensitive: it is in no event."""

    question: str = Field(min_length=1)


class AnswerText(Value):
    """What a trainer answered. Sensitive: it is in no event."""

    answer: str = Field(min_length=1)


class HelpRequest(Aggregate):
    """Open until a trainer answers or the person takes it back. Possible at any time, in a pause too."""

    collection: ClassVar[str] = "help_requests"

    person: Id
    enrolment: Id
    programme: Code
    topic: HelpTopic
    asked: Moment
    state: HelpState = HelpState.OPEN
    closed: Moment | None = None
    answered_by: Id | None = None
    text: Sealed[HelpText] | None = None
    answered: Sealed[AnswerText] | None = None

    @classmethod
    def ask(cls, *, id: str, about: dict[str, Any], topic: HelpTopic, question: str, now: datetime) -> Self:
        """The trainers of the site are told that there is a request, and not what it is about.

        `about` is the site, person, enrolment and programme.
        """
        text = Sealed.of(HelpText(question=question.strip())) if question.strip() else None
        made = cls(id=id, **about, topic=topic, asked=now, text=text)
        made.record(HelpAsked(**made._about()))
        return made

    def answer(self, answer: str, *, by: str, now: datetime) -> None:
        """A trainer answers, which closes it.

        Raises Forbidden `help_own_answer`, Conflict `help_not_open`, Invalid `help_answer_missing`.
        """
        if by == self.person:
            raise Forbidden("help_own_answer", "Another trainer of the site answers. You can take it back.")
        self._must_be_open()
        if not answer.strip():
            raise Invalid("help_answer_missing", "Please write a line, if only where and when you will talk.")
        self.state, self.closed, self.answered_by = HelpState.ANSWERED, now, by
        self.answered = Sealed.of(AnswerText(answer=answer.strip()))
        self.record(HelpAnswered(**self._about(), answered_by=by))

    def take_back(self, *, now: datetime) -> None:
        """The person no longer needs it. Raises Conflict `help_not_open`."""
        self._must_be_open()
        self.state, self.closed = HelpState.TAKEN_BACK, now

    def erase(self, *, now: datetime) -> None:
        """The person is erased: it waits for nobody, and nothing says what it was about."""
        self.topic = HelpTopic.SOMETHING_ELSE
        if self.state is HelpState.OPEN:
            self.take_back(now=now)

    def _must_be_open(self) -> None:
        if self.state is not HelpState.OPEN:
            raise Conflict(
                "help_not_open",
                f"This request is {self.state.value.replace('_', ' ')} already. Ask again whenever you like.",
            )

    def _about(self) -> dict[str, Any]:
        return {
            "site": self.site,
            "person": self.person,
            "enrolment": self.enrolment,
            "programme": self.programme,
            "help": self.id,
        }
