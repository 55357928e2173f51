"""Which collections are built from events alone, so that they can be built anew."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.domain.aggregate import Aggregate


@dataclass(frozen=True, kw_only=True)
class Projection:
    """One kind of aggregate that nothing but events on `topics` changes, and that announces nothing.

    `aside` names fields in which a stored document may rightly differ from one built anew, such as times this
    service has set itself; inside a list or a part, `part.field`.
    """

    kind: type[Aggregate]
    topics: Sequence[str]
    aside: Sequence[str] = ()

    @property
    def collection(self) -> str:
        """Where they are stored."""
        return self.kind.collection
