"""Supervision sessions as they were written down."""

from datetime import datetime, timedelta
from typing import ClassVar, Self

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import SessionKind
from shared.domain.aggregate import Aggregate, Value
from shared.domain.errors import Invalid, NotFound
from shared.domain.sealed import Sealed

LONGEST_SESSION = 480
LONGEST_TEXT = 10_000
MOST_FOLLOW_UPS = 20


class SessionText(Value):
    """What was said in a session. Sensitive: it is in no event, and kept apart to be sealed."""

    notes: str = Field(default="", max_length=LONGEST_TEXT)
    follow_ups: tuple[str, ...] = Field(default=(), max_length=MOST_FOLLOW_UPS)

    def __str__(self) -> str:
        return "\n".join((self.notes, *self.follow_ups))


class SessionDraft(Value):
    """What a supervisor writes down; `minutes` is the length, `topics` are codes of the practice rules."""

    kind: SessionKind
    held: Moment
    minutes: int
    topics: tuple[Code, ...] = ()
    text: SessionText = SessionText()

    def must_have_been_held(self, *, earliest: datetime, now: datetime) -> None:
        """Not before `earliest`, over by now, and of a believable length.

        Raises:
            Invalid: `session_minutes_out_of_range`, `session_in_future` or `session_before_opening`.
        """
        if not 1 <= self.minutes <= LONGEST_SESSION:
            raise Invalid(
                "session_minutes_out_of_range",
                f"A session lasts from 1 to {LONGEST_SESSION} minutes. Please check its length.",
            )
        if self.held > now - timedelta(minutes=self.minutes):
            raise Invalid("session_in_future", "Please write a session down once it is over.")
        if self.held < earliest:
            raise Invalid(
                "session_before_opening",
                f"This placement began at {earliest:%Y-%m-%d %H:%M} UTC. Please check when "
                "the session was held.",
            )


class Session(Aggregate):
    """A session on record, by the supervisor of that time. Written by its placement, and saved with it."""

    collection: ClassVar[str] = "sessions"

    placement: Id
    person: Id
    supervisor: Id
    kind: SessionKind
    held: Moment
    minutes: int
    topics: tuple[Code, ...]
    text: Sealed[SessionText]
    logged: Moment
    rewritten: Moment | None = None
    rewritten_by: Id | None = None

    @classmethod
    def of(
        cls,
        draft: SessionDraft,
        *,
        id: str,
        site: str,
        placement: str,
        person: str,
        supervisor: str,
        logged: datetime,
    ) -> Self:
        """A draft as it goes on record: each topic once. `person` is the mentor, by whose key it is sealed."""
        return cls(
            id=id,
            site=site,
            placement=placement,
            person=person,
            supervisor=supervisor,
            kind=draft.kind,
            held=draft.held,
            minutes=draft.minutes,
            topics=tuple(dict.fromkeys(draft.topics)),
            text=Sealed.of(draft.text),
            logged=logged,
        )

    def rewrite(self, text: SessionText, *, by: str, now: datetime) -> None:
        """Another text in the place of the one before, which is kept nowhere; who did it is."""
        self.text = Sealed.of(text)
        self.rewritten, self.rewritten_by = now, by


def session_here(found: Session | None, *, placement: str) -> Session:
    """The session that was looked up. Raises NotFound `session_unknown` unless it is this placement's."""
    if found is None or found.placement != placement:
        raise NotFound("session_unknown", "This placement has no such session. Look at its list of sessions.")
    return found
