"""Of whom training has still to forget what can't be found by their id alone."""

from typing import ClassVar, Self

from shared.contracts.recruitment import PersonErased
from shared.domain.aggregate import Aggregate


class ToForget(Aggregate):
    """Its id is the person's. It is deleted once everything is done: see `services/training/erasing.py`."""

    collection: ClassVar[str] = "to_forget"

    @classmethod
    def of(cls, event: PersonErased) -> Self:
        """Somebody whom recruitment has erased."""
        return cls(id=event.person, site=event.site)
