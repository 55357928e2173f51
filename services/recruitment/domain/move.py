"""That an application went from one site to another."""

from pydantic import Field

from shared.contracts.envelope import Id, Moment
from shared.domain.aggregate import Value
from shared.domain.sealed import Sealed


class MoveText(Value):
    """How a coordinator knows that the person agrees; for the coordinators and the person."""

    consent: str | None = Field(default=None, max_length=2000)


class Move(Value):
    """Who moved it, from where to where."""

    by: Id
    at: Moment
    from_site: Id
    to_site: Id
    text: Sealed[MoveText] | None = None
