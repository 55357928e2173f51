"""Supervision sessions as they were written down."""

from datetime import datetime
from typing import Self

from pydantic import Field

from shared.contracts.envelope import Code, Id, Moment
from shared.contracts.supervision import SessionKind
from shared.domain.aggregate import Value
from shared.domain.errors import Forbidden, Invalid, NotFound

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

    def must_have_been_held(self, *, opened: datetime, now: datetime) -> None:
        """Not before the placement opened, not in the future, and of a believable length.

        Raises:
            Invalid: `session_in_future`, `session_before_opening` or `session_minutes_out_of_range`.
        """
        if self.held > now:
            raise Invalid("session_in_future", "Please write a session down once it was held.")
        if self.held < opened:
            raise Invalid(
                "session_before_opening",
                f"This placement opened at {opened:%Y-%m-%d %H:%M} UTC. Please check when "
                "the session was held.",
            )
        if not 1 <= self.minutes <= LONGEST_SESSION:
            raise Invalid(
                "session_minutes_out_of_range",
                f"A session lasts from 1 to {LONGEST_SESSION} minutes. Please check its length.",
            )


class Session(SessionDraft):
    """A session on record, by the supervisor of that time."""

    id: Id
    supervisor: Id
    logged: Moment

    @classmethod
    def of(cls, draft: SessionDraft, *, id: str, supervisor: str, logged: datetime) -> Self:
        """A draft as it goes on record: each topic once, the time in milliseconds, as MongoDB keeps it."""
        # The due date that follows from `held` has to equal the one its timer brings back.
        held = draft.held.replace(microsecond=draft.held.microsecond // 1000 * 1000)
        topics = tuple(dict.fromkeys(draft.topics))
        said = draft.model_dump(include={"kind", "minutes", "text"})
        return cls(**said, held=held, topics=topics, id=id, supervisor=supervisor, logged=logged)


class SessionLog(Value):
    """Every session, in the order they were written down."""

    entries: tuple[Session, ...] = ()

    @property
    def last_held(self) -> datetime | None:
        """When the latest session was held, whenever it was written down."""
        return max((session.held for session in self.entries), default=None)

    def adding(self, session: Session) -> Self:
        """The log with one more session."""
        return self.model_copy(update={"entries": (*self.entries, session)})

    def rewriting(self, session: str, text: SessionText, *, by: str) -> Self:
        """The log with another text for one session.

        Raises:
            NotFound: `session_unknown`.
            Forbidden: `session_not_yours`: only who wrote it down may.
        """
        written = next((found for found in self.entries if found.id == session), None)
        if written is None:
            raise NotFound(
                "session_unknown", "This placement has no such session. Look at its list of sessions."
            )
        if written.supervisor != by:
            raise Forbidden(
                "session_not_yours",
                "Only the supervisor who wrote this session down can change its notes. Ask them to.",
            )
        rewritten = written.model_copy(update={"text": text})
        return self.model_copy(
            update={"entries": tuple(rewritten if old.id == session else old for old in self.entries)}
        )
