"""Prior learning: a person asks to have a module or a part of it recognised, and shows what speaks for it."""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from services.training.domain.reason import must_be_given
from shared.contracts.envelope import Code, Id, Moment
from shared.domain.aggregate import Value
from shared.domain.errors import Conflict
from shared.domain.sealed import Sealed


class RecognitionState(StrEnum):
    """What became of a request."""

    ASKED = "asked"
    RECOGNISED = "recognised"
    RETURNED = "returned"
    TAKEN_BACK = "taken_back"


class RecognitionText(Value):
    """What the person says of what they learnt. Sensitive: it is in no event."""

    evidence: str = Field(min_length=1)


class NotYetText(Value):
    """Why it is returned, and what would help. Sensitive: it is in no event."""

    reason: str = Field(min_length=1)
    would_help: str = Field(min_length=1)


class Recognition(Value):
    """`part` is None where it is about the whole module; `documents` are references, never the documents."""

    id: Id
    module: Code
    part: Code | None = None
    documents: tuple[Id, ...] = ()
    asked: Moment
    state: RecognitionState = RecognitionState.ASKED
    hours: float | None = None
    decided_by: Id | None = None
    decided: Moment | None = None
    text: Sealed[RecognitionText]
    why: Sealed[NotYetText] | None = None

    def recognised(self, hours: float, *, by: str, now: datetime) -> "Recognition":
        """With the hours it counts for. Raises Conflict `recognition_already_decided`."""
        return self._decided(RecognitionState.RECOGNISED, by=by, now=now, hours=hours)

    def returned(self, *, by: str, reason: str, would_help: str, now: datetime) -> "Recognition":
        """Not yet: why, and what would help.

        Raises Conflict `recognition_already_decided`, Invalid `reason_missing`.
        """
        text = NotYetText(reason=must_be_given(reason), would_help=must_be_given(would_help))
        return self._decided(RecognitionState.RETURNED, by=by, now=now, why=Sealed.of(text))

    def taken_back(self, *, by: str, now: datetime) -> "Recognition":
        """The person would rather take the module. Raises Conflict `recognition_already_decided`."""
        return self._decided(RecognitionState.TAKEN_BACK, by=by, now=now)

    def _decided(self, state: RecognitionState, *, by: str, now: datetime, **more: object) -> "Recognition":
        if self.state is not RecognitionState.ASKED:
            raise Conflict(
                "recognition_already_decided",
                f"This request is {self.state.value.replace('_', ' ')} already. A further one can be made.",
            )
        return self.model_copy(update={"state": state, "decided_by": by, "decided": now, **more})
