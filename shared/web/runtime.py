"""What the web part needs of the process it runs in; `shared.service` makes it."""

from typing import Protocol

from shared.clock import Clock
from shared.ids import NewId
from shared.messaging.parking_lot import ParkingLot
from shared.progress import Progress
from shared.settings import ServiceSettings
from shared.storage.mongo import Database
from shared.storage.unit_of_work import Committer
from shared.storage.vault import Vault
from shared.web.auth import Issuer


class WebRuntime(Protocol):
    """What a running process works with, as far as routes are concerned."""

    name: str
    settings: ServiceSettings
    database: Database
    committer: Committer
    issuer: Issuer
    progress: Progress
    needs_kafka: bool
    parking: ParkingLot
    vault: Vault | None

    @property
    def clock(self) -> Clock:
        """What time it is."""
        ...

    @property
    def new_id(self) -> NewId:
        """New identifiers."""
        ...

    def saved(self) -> None:
        """A change was committed."""
        ...
