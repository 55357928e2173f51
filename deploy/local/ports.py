"""Which ports the stack listens on, always on this machine only."""

import random
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

import psutil

from deploy.local.errors import PortTaken
from deploy.local.settings import LocalSettings

OTHER_PORTS = "--free-ports (make run ARGS=--free-ports)"


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
        return cls(*free_ports(5))


def free_ports(count: int, *, settings: LocalSettings | None = None) -> list[int]:
    """Different ports nobody listens on now, of those in `PEERPATH_FREE_PORTS`.

    Nothing keeps them until they are listened on: two programs that ask at once are safe from each other
    only with different ports in that setting.
    """
    among, chosen = (settings or LocalSettings()).free_range, list[int]()
    for port in random.SystemRandom().sample(among, k=len(among)):
        if is_free(port):
            chosen.append(port)
        if len(chosen) == count:
            return chosen
    raise PortTaken(
        f"{among.start} to {among.stop - 1} have no {count} free ports: end some programs, or set "
        f"PEERPATH_FREE_PORTS to more."
    )


def free_port() -> int:
    """One such port."""
    return free_ports(1)[0]


def check_ports(wanted: Mapping[str, int]) -> None:
    """Raises PortTaken for the first port that is in use, with its user's name where it can be told.

    `wanted` holds the ports by the name of what listens there.
    """
    for name, port in wanted.items():
        if not is_free(port):
            raise PortTaken(
                f"port {port} ({name}) is taken by {_who_listens(port)}: end that program, or use other "
                f"ports with {OTHER_PORTS}."
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
