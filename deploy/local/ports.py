"""Which ports the stack listens on, always on this machine only."""

import random
import socket
from dataclasses import asdict, dataclass
from typing import Self

import psutil

from deploy.local.errors import PortTaken

# Below the range the kernel gives to outgoing connections. In that range a client that reconnects to a
# stopped broker can, by chance, be given the broker's own port, connect to itself and keep it taken.
_FREE_RANGE = range(20_000, 32_000)


@dataclass(frozen=True)
class Ports:
    """One port per listener. The plain constructor gives the fixed ports of `make run`."""

    mongo: int = 27117
    kafka: int = 9192
    kafka_controller: int = 9193
    smtp: int = 1025
    mail_page: int = 8025

    @classmethod
    def free(cls) -> Self:
        """Five ports nobody listens on now; for tests."""
        chosen: list[int] = []
        candidates = random.SystemRandom().sample(_FREE_RANGE, k=200)
        while len(chosen) < 5:
            port = candidates.pop()
            if is_free(port):
                chosen.append(port)
        return cls(*chosen)

    def check(self, *, mail: bool) -> None:
        """Raises PortTaken for the first port that is in use, with its user's name where it can be told."""
        for name, port in asdict(self).items():
            if name in {"smtp", "mail_page"} and not mail:
                continue
            if not is_free(port):
                raise PortTaken(
                    f"port {port} ({name.replace('_', ' ')}) is taken by {_who_listens(port)}: "
                    f"end that program, or choose other ports."
                )


def is_free(port: int) -> bool:
    """Whether this machine's `port` can be listened on."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


def _who_listens(port: int) -> str:
    try:
        for connection in psutil.net_connections("tcp"):
            here = connection.laddr and connection.laddr.port == port
            if here and connection.status == psutil.CONN_LISTEN and connection.pid:
                return f"{psutil.Process(connection.pid).name()} (process {connection.pid})"
    except psutil.Error:
        pass  # only root sees other people's sockets
    return "another program"
