"""The relay: one process of a service at a time takes committed rows out of the outbox to Kafka.

It holds a lease while it acts. A lease can be outlived by a paused process, so whatever a relay does without it must
be harmless: on topics of events a late copy is dropped by its sequence, on compacted topics Kafka refuses it (see
`producers`).
"""

import asyncio
import random
import time
from contextlib import suppress

import structlog
from aiokafka.errors import KafkaError, KafkaTimeoutError

from shared.messaging.lease import Lease
from shared.messaging.outbox import OUTBOX
from shared.messaging.producers import Producers, producing
from shared.messaging.sender import Sender
from shared.progress import Progress
from shared.steps import Step, reached
from shared.storage.errors import StorageError
from shared.storage.mongo import Database

log = structlog.get_logger(__name__)

POLL_S = 0.5
"""The safety net when no wake-up comes; also how late a timer can be."""

REST, LINGER_S = 4.0, 0.02
"""After a pass the relay rests four times as long as the pass took, at most so long: what is committed meanwhile
travels together, and sending leaves the process to others for most of the time. Who comes after a rest is sent at
once."""

BUSY_S, BUSY_POLL_S = 0.25, 0.01
"""So long after the last row the outbox is looked at so often, instead of watched: a change stream hands over one
insert at a time, which under load costs more than the sending."""

PATIENCE_S = 5.0
"""How long Kafka may take over a batch before health says that we wait for it."""

GIVE_UP_S = 30.0
"""How long, before the lease is given back: another process may reach a Kafka that we don't."""


class Relay:
    """One service's relay. Several processes may run one; the lease lets one of them act."""

    def __init__(
        self,
        database: Database,
        *,
        service: str,
        kafka_url: str,
        lease: Lease,
        progress: Progress,
    ) -> None:
        self._database = database
        self._service = service
        self._kafka_url = kafka_url
        self._lease = lease
        self._progress = progress
        self._wake = asyncio.Event()
        self._quiet = asyncio.Event()
        self._went_well_at = 0.0

    def wake(self) -> None:
        """There is something to send; called after a commit in the same process."""
        self._wake.set()

    async def run(self) -> None:
        """Send whatever is due, until cancelled; survives outages of Kafka and MongoDB."""
        watcher = asyncio.create_task(self._watch(), name="outbox-watch")
        try:
            while True:
                try:
                    await self._term()
                except (StorageError, KafkaError, OSError) as problem:
                    log.warning("relay_interrupted", problem=f"{type(problem).__name__}: {problem}")
                    self._progress.waits("relay", type(problem).__name__)
                except Exception:
                    log.exception("relay_failed")  # Never silently gone: the next round tries again.
                    self._progress.waits("relay", "an error that is in the log")
                await asyncio.sleep(POLL_S * random.uniform(1.0, 2.0))  # noqa: S311 - jitter, not a secret
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)

    async def _term(self) -> None:
        """One term of office: from taking the lease to losing it, or to giving it back."""
        reached(Step.BEFORE_LEASE)
        if not await self._lease.take():
            self._progress.beat("relay")
            return
        reached(Step.AFTER_LEASE)
        log.info("relay_leads", token=self._lease.token)
        try:
            transactional_id = f"peerpath-{self._database.name}-relay"
            async with producing(self._kafka_url, transactional_id=transactional_id) as producers:
                await self._lead(producers)
        finally:
            with suppress(StorageError):
                await self._lease.give_back()

    async def _lead(self, producers: Producers) -> None:
        self._went_well()
        keeper = asyncio.create_task(self._lease.keep(), name="relay-lease")
        sending = asyncio.create_task(self._send_for_ever(producers), name="relay-send")
        try:
            while not await _one_ends(keeper, sending):
                # An idempotent producer waits for a broker that is gone for as long as it takes.
                waiting_s = time.monotonic() - self._went_well_at
                if waiting_s > GIVE_UP_S:
                    raise KafkaTimeoutError("Kafka acknowledges nothing; another process may try")
                if waiting_s > PATIENCE_S:
                    self._progress.waits("relay", "Kafka to acknowledge")
            if sending.done():
                sending.result()
            log.warning("relay_fenced_out", token=self._lease.token)
        finally:
            for task in (keeper, sending):
                task.cancel()
            await asyncio.gather(keeper, sending, return_exceptions=True)

    async def _send_for_ever(self, producers: Producers) -> None:
        sender = Sender(
            self._database,
            producers,
            service=self._service,
            went_well=self._went_well,
        )
        busy_until = 0.0
        while self._lease.held:
            self._wake.clear()
            began = time.monotonic()
            sent = await sender.send_due()
            ended = time.monotonic()
            self._went_well()
            if sent:
                busy_until = ended + BUSY_S
            busy = ended < busy_until
            if not busy:
                self._quiet.set()
            with suppress(TimeoutError):
                await asyncio.wait_for(self._wake.wait(), BUSY_POLL_S if busy else POLL_S)
            rested = ended + min(LINGER_S, REST * (ended - began))
            await asyncio.sleep(max(0.0, rested - time.monotonic()))

    def _went_well(self) -> None:
        self._went_well_at = time.monotonic()
        self._progress.beat("relay")

    async def _watch(self) -> None:
        """Wake up, when it is quiet, on the first row that another process commits.

        Whatever goes wrong here, the poll makes up for it.
        """
        while True:
            await self._quiet.wait()
            try:
                async with self._database.watch_inserts(OUTBOX) as stream:
                    self.wake()  # For what was committed before the stream began.
                    await stream.next()
                    self._quiet.clear()
                    self.wake()
            except Exception as problem:
                log.debug("outbox_watch_ended", problem=type(problem).__name__)
                await asyncio.sleep(POLL_S)


async def _one_ends(*tasks: asyncio.Task[None]) -> bool:
    done, _ = await asyncio.wait(tasks, timeout=PATIENCE_S, return_when=asyncio.FIRST_COMPLETED)
    return bool(done)
