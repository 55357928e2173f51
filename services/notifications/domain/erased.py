"""A person who is to be forgotten, until that is done everywhere."""

from typing import ClassVar, Self

from shared.domain.aggregate import Aggregate


class Erased(Aggregate):
    """Its id is the person's. It is gone once nothing of theirs is left to be sent, or to be sent to them."""

    collection: ClassVar[str] = "erased"

    site: str = "*"

    @classmethod
    def of(cls, person: str) -> Self:
        """Somebody who was taken off the contacts topic."""
        return cls(id=person)
