"""Records put straight to a service's reactions, as its worker does, and the rules of the ledger once mended."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from aiokafka import ConsumerRecord

from shared.contracts.people import PersonContact
from shared.contracts.supervision import HoursReported
from shared.contracts.topics import CONTACTS
from shared.messaging.batch import Batch
from shared.messaging.parking_lot import ParkingLot, Who
from shared.messaging.reactions import Reactions, on, on_tombstone
from shared.service import Service, parking_lot
from tests.support.ledger_service import LEDGER, Name, Tally, erase
from tests.support.running import Started

OLGA = Who(by="olga", reason="mended in 1.4.2")


def mended() -> Service:
    """The ledger with its rules mended: thirteen hours are hours like any other, and so is any name."""

    def add(found: Tally | None, event: HoursReported, _: Any) -> Tally:
        made = found or Tally(id=event.placement, site=event.site, person=event.person)
        made.add(event.entry, event.hours, by="reaction")
        return made

    reactions = Reactions(
        on(HoursReported, Tally, id=lambda event: event.placement, do=add),
        on(PersonContact, Name, id=lambda event: event.person, do=Name.told),
        on_tombstone(CONTACTS.name, loads=lambda person: [(Name, person)], do=erase),
    )
    return replace(LEDGER, reactions=reactions)


@dataclass
class Feed:
    """The topics of one test, each with one partition, and the worker that reads them."""

    app: Started
    service: Service = LEDGER
    offset: int = 0

    def record(self, event: Any, *, subject: str, sequence: int = 1) -> ConsumerRecord[bytes, bytes]:
        """An event as it comes from Kafka."""
        sent = self.app.record(event, subject=subject, sequence=sequence)
        return self.raw(sent["topic"], sent["key"], sent["value"], sent["headers"])

    def raw(
        self,
        topic: str,
        key: bytes,
        value: bytes | None,
        headers: Sequence[tuple[str, Any]] = (),
        *,
        timestamp: int = 1_760_000_000_000,
    ) -> ConsumerRecord[bytes, bytes]:
        """Any record at all."""
        self.offset += 1
        return ConsumerRecord(
            topic=topic,
            partition=0,
            offset=self.offset,
            timestamp=timestamp,
            timestamp_type=0,
            key=key,
            value=value,
            checksum=None,
            serialized_key_size=len(key),
            serialized_value_size=len(value or b""),
            headers=tuple(headers),
        )

    async def give(self, *records: ConsumerRecord[bytes, bytes]) -> None:
        """Take records to their effect, or park them, as one poll of a worker."""
        runtime = self.app.runtime
        batch = Batch(runtime.database, self.service.reactions, new_id=runtime.new_id)
        left = [batch.read(record) for record in records]
        while left:
            outcome = await batch.decide(left, now=runtime.clock())
            await runtime.committer.commit(outcome.change)
            left = left[outcome.taken :]

    def lot(self, service: Service | None = None) -> ParkingLot:
        """The parking lot, with the rules of the service or of another."""
        return parking_lot(service or self.service, self.app.runtime)
