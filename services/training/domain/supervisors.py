"""Who supervises a person now, over all their programmes: none of them is the person's assessor."""

from typing import ClassVar

from shared.contracts.envelope import Id
from shared.contracts.supervision import PlacementClosed, SupervisorAssigned
from shared.domain.aggregate import Aggregate, Value


class Supervised(Value):
    """One placement and its supervisor."""

    placement: Id
    supervisor: Id


class Supervisors(Aggregate):
    """The id is the person's."""

    collection: ClassVar[str] = "supervisors"

    id: Id
    placements: tuple[Supervised, ...] = ()

    def assign(self, assigned: SupervisorAssigned) -> None:
        """With the latest supervisor of a placement."""
        here = Supervised(placement=assigned.placement, supervisor=assigned.supervisor)
        self.placements = (*self._without(assigned.placement), here)

    def close(self, closed: PlacementClosed) -> None:
        """Without the supervisor of a placement that ended."""
        self.placements = self._without(closed.placement)

    @property
    def people(self) -> frozenset[str]:
        """Everybody who supervises the person somewhere."""
        return frozenset(one.supervisor for one in self.placements)

    def _without(self, placement: str) -> tuple[Supervised, ...]:
        return tuple(one for one in self.placements if one.placement != placement)
