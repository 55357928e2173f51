"""What an application holds, and what every rule about it asks first."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar, Self

from pydantic import Field

from services.recruitment.domain.appeal import Appeal
from services.recruitment.domain.application import Application
from services.recruitment.domain.checks import Check
from services.recruitment.domain.decision import Decision, Withdrawal
from services.recruitment.domain.entered import Entered
from services.recruitment.domain.interview import Interview
from services.recruitment.domain.lacking import found_under, lacks
from services.recruitment.domain.likeness import mailbox_of
from services.recruitment.domain.line import LineChange, Release
from services.recruitment.domain.move import Move
from services.recruitment.domain.person import KnownActor
from services.recruitment.domain.since import since
from services.recruitment.domain.stage import CLOSED, Stage
from services.recruitment.domain.wish import TimesWish
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Aggregate
from shared.domain.errors import Conflict, Forbidden

FOUND_UNDER = "found_under"
"""The stored field that carries the indexes of the pipeline."""


class Candidacy(Aggregate):
    """The state of a `Candidate`; its rules are in the files named for what they are about.

    `holds_place`, `anonymous` and `email_key` carry the unique indexes against duplicates, whatever arrives at
    the same moment: a person has one place in a programme, since training knows one enrolment of theirs, and
    an address that was given without signing in has one per site and programme.
    """

    collection: ClassVar[str] = "candidates"

    person: Id
    programme: Code
    application: Application
    applied: Moment
    anonymous: bool
    email_key: str
    likeness: tuple[str, ...] = Field(
        default=(), description="See `likeness.py`; to suggest, never to refuse."
    )
    holds_place: bool = True
    stage: Stage = Stage.APPLIED
    stage_since: Moment
    entered: Entered | None = None
    checks: tuple[Check, ...] = ()
    referees_heard: tuple[int, ...] = ()
    interviews: tuple[Interview, ...] = ()
    stepped_back: tuple[Id, ...] = ()
    times_wish: TimesWish | None = None
    decisions: tuple[Decision, ...] = ()
    withdrawal: Withdrawal | None = None
    erased: Moment | None = None
    appeals: tuple[Appeal, ...] = ()
    line_changes: tuple[LineChange, ...] = ()
    released: Release | None = None
    moves: tuple[Move, ...] = ()

    @classmethod
    def rebuild(cls, document: Mapping[str, Any]) -> Self:
        """From storage; what is derived there for lists is left out."""
        state = {name: value for name, value in document.items() if name != FOUND_UNDER}
        return super().rebuild({"stage_since": since(document), **state})

    def document(self) -> dict[str, Any]:
        """To store, with the lists that the candidate is found under: they follow from the rest."""
        return {**super().document(), FOUND_UNDER: self._found_under}

    @property
    def interview(self) -> Interview | None:
        """The interview that counts: the last round that was neither called off nor missed."""
        return self.interviews[self.round - 1] if self.round else None

    @property
    def latest_round(self) -> Interview | None:
        """The last round, whatever became of it."""
        return self.interviews[-1] if self.interviews else None

    @property
    def round(self) -> int:
        """Which of the rounds that is, counted from 1; 0 where none counts."""
        counting = (number for number, one in enumerate(self.interviews, start=1) if one.counts)
        return max(counting, default=0)

    @property
    def progress(self) -> Stage:
        """How far the application has come, whatever was decided about it."""
        if self.interview is None:
            return Stage.APPLIED
        return Stage.SCORED if self.interview.complete else Stage.INTERVIEWING

    def is_about(self, who: KnownActor) -> bool:
        """Is this their own application, under their id or under the address they are known by?"""
        if who.person == self.person:
            return True
        return who.email_key is not None and mailbox_of(who.email_key) == mailbox_of(self.email_key)

    def _about(self) -> dict[str, Any]:
        # What every event of a candidate says.
        return {
            "site": self.site,
            "person": self.person,
            "candidate": self.id,
            "programme": self.programme,
        }

    @property
    def _found_under(self) -> list[str]:
        return found_under(self.programme, lacks(self.checks, self.interview))

    def _progress_to(self, stage: Stage, now: datetime) -> None:
        if self.stage.undecided:
            self._now_in(stage, now)

    def _now_in(self, stage: Stage, now: datetime) -> None:
        # Who is kept in a stage goes on waiting there: another interview, or waiting list after waiting list.
        self.stage_since = self.stage_since if stage is self.stage else now
        self.stage = stage
        self.holds_place = stage.holds_place

    def _must_be_open(self) -> None:
        self._must_not_be_erased()
        if not self.stage.open:
            raise Conflict("application_closed", CLOSED[self.stage])

    def _must_not_be_erased(self) -> None:
        if self.erased is not None:
            raise Conflict(
                "person_erased", "What was kept about this applicant was erased; the application rests."
            )

    def _must_not_be_about(self, who: KnownActor, *, doing: str) -> None:
        # Nobody handles their own application. `doing` completes the sentence "nobody may ... themself".
        if self.is_about(who):
            raise Forbidden("own_application", f"Nobody may {doing} themself; ask somebody else of the site.")
