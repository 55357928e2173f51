"""What a service keeps of somebody who was erased: that they were."""

from typing import ClassVar, Self

from shared.contracts.envelope import Moment
from shared.contracts.recruitment import PersonErased
from shared.domain.aggregate import Aggregate


class ErasedPerson(Aggregate):
    """Its id is the person's. The key of all text about them is destroyed with its first save."""

    collection: ClassVar[str] = "erased_people"

    at: Moment

    @classmethod
    def of(cls, event: PersonErased, *, now: Moment) -> Self:
        """Somebody whom recruitment has erased."""
        erased = cls(id=event.person, site=event.site, at=now)
        erased.destroy_key_of(event.person)
        return erased
