"""Sessions as they are shown."""

from typing import Self

from pydantic import BaseModel, ConfigDict

from services.supervision.api.views.warnings import Warn
from services.supervision.domain.placement import Placement
from services.supervision.domain.session import Session, SessionText
from shared.contracts.envelope import Moment
from shared.contracts.supervision import SessionKind


class SessionLine(BaseModel):
    """One session; `text` is there for the supervisor of the placement only."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "session": "session-1",
                    "supervisor": "person-1",
                    "kind": "individual",
                    "held": "2026-03-09T15:00:00Z",
                    "minutes": 50,
                    "topics": ["wellbeing"],
                    "rewritten": None,
                    "rewritten_by": None,
                    "text": None,
                }
            ]
        }
    )
    session: str
    supervisor: str
    kind: SessionKind
    held: Moment
    minutes: int
    topics: list[str]
    rewritten: Moment | None
    rewritten_by: str | None
    text: SessionText | None
    erased: bool = False
    """Was there text that is gone, with the mentor's key?"""

    @classmethod
    def of(cls, session: Session, *, with_text: bool) -> Self:
        """One session, with or without what was said."""
        shown = {"supervisor", "kind", "held", "minutes", "topics", "rewritten", "rewritten_by"}
        text = session.text.read() if with_text else None
        return cls(
            **session.model_dump(include=shown), session=session.id, text=text, erased=session.text.erased
        )


class SessionAnswer(BaseModel):
    """A session was written down or changed."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "placement": "placement-1",
                    "session": "session-1",
                    "next_due": "2026-03-16T15:00:00Z",
                    "warnings": [],
                    "version": 4,
                }
            ]
        }
    )
    placement: str
    session: str
    next_due: Moment | None
    warnings: list[Warn]
    version: int

    @classmethod
    def about(cls, placement: Placement, session: str, warnings: list[Warn]) -> Self:
        """The session's id, and when the next is due now."""
        return cls(
            placement=placement.id,
            session=session,
            next_due=placement.obligation.next_due,
            warnings=warnings,
            version=placement.version,
        )
