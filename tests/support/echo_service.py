"""The ledger, hearing itself: an event of its own leads to another. `python -m tests.support.echo_service all`."""

from dataclasses import replace
from typing import ClassVar, Self

from shared.contracts.supervision import HoursApproved, HoursReturned
from shared.domain.aggregate import Aggregate
from shared.messaging.reactions import Context, Reactions, on
from shared.service import main
from shared.storage.schema import aggregates
from tests.support.ledger_service import LEDGER


def echo_id(event: HoursApproved) -> str:
    """Another than the tally's: what each of them announces counts from 1."""
    return f"echo-{event.placement}"


class Echo(Aggregate):
    """Answers an approval with a return: what follows from what followed from a request."""

    collection: ClassVar[str] = "echoes"

    @classmethod
    def of(cls, found: Self | None, event: HoursApproved, _: Context) -> Self:
        """Announce the same entry again."""
        echo = found or cls(id=echo_id(event), site=event.site)
        same = event.model_dump(include={"site", "person", "placement", "programme", "entry"})
        echo.record(HoursReturned(**same, returned_by="echo"))
        return echo


ECHOING = replace(
    LEDGER,
    reactions=Reactions(on(HoursApproved, Echo, id=echo_id, do=Echo.of)),
    collections=(*LEDGER.collections, aggregates("echoes")),
)

if __name__ == "__main__":
    main(ECHOING)
