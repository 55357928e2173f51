"""A network between a client and a server that can be cut, slowed down and mended while both go on running.

A cut is silence, as when packets are dropped: nobody is told, connections stay open, and what was on its way arrives
when the cut is mended. A client is known by any text in the first bytes it sends: MongoDB's drivers say their
`appname` there, Kafka's clients their `client_id`.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

CHUNK = 64 * 1024


@dataclass(eq=False)
class _Connection:
    """One client's connection through the proxy; `hello` is what it sent first."""

    client: asyncio.StreamWriter
    hello: bytes = b""
    server: asyncio.StreamWriter | None = None

    def close(self) -> None:
        """End it as a reset would: both sides are told at once."""
        for side in (self.client, self.server):
            if side is not None and not side.transport.is_closing():
                side.transport.abort()


@dataclass(kw_only=True)
class Proxy:
    """Listens on `port` of this machine and passes on to `target`, another port of it."""

    port: int
    target: int
    delay_s: float = 0.0
    """How much longer every chunk takes, in each direction."""
    _cut: set[bytes] = field(default_factory=set)
    _mended: asyncio.Condition = field(default_factory=asyncio.Condition)
    _connections: set[_Connection] = field(default_factory=set)
    _serving: set[asyncio.Task[None]] = field(default_factory=set)

    def cut(self, client: str = "") -> None:
        """From now on nothing of this client gets through; of nobody, where no client is named."""
        self._cut.add(client.encode())

    async def mend(self, client: str = "") -> None:
        """Let this client through again."""
        self._cut.discard(client.encode())
        async with self._mended:
            self._mended.notify_all()

    def reset(self, client: str = "") -> None:
        """Break this client's open connections; it may open new ones."""
        for connection in list(self._connections):
            if client.encode() in connection.hello:
                connection.close()

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Proxy"]:
        """Listen for the length of the block; whatever is open at its end is broken."""
        server = await asyncio.start_server(self._accept, "127.0.0.1", self.port)
        try:
            yield self
        finally:
            server.close()
            for task in self._serving:
                task.cancel()
            await asyncio.gather(*self._serving, return_exceptions=True)
            await server.wait_closed()

    def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.create_task(self._serve(reader, writer), name="proxy")
        self._serving.add(task)
        task.add_done_callback(self._serving.discard)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = _Connection(writer)
        self._connections.add(connection)
        try:
            connection.hello = await reader.read(CHUNK)
            await self._may_pass(connection)
            back, connection.server = await asyncio.open_connection("127.0.0.1", self.target)
            connection.server.write(connection.hello)
            async with asyncio.TaskGroup() as both:
                both.create_task(self._pump(connection, reader, connection.server))
                both.create_task(self._pump(connection, back, writer))
        except* (OSError, EOFError):
            pass  # The server is not there, or one side went away: the other is told by the end of its connection.
        finally:
            self._connections.discard(connection)
            connection.close()

    async def _pump(
        self, connection: _Connection, source: asyncio.StreamReader, sink: asyncio.StreamWriter
    ) -> None:
        while chunk := await source.read(CHUNK):
            if self.delay_s:
                await asyncio.sleep(self.delay_s)
            await self._may_pass(connection)
            sink.write(chunk)
            await sink.drain()
        await self._may_pass(connection)
        with contextlib.suppress(OSError):
            sink.write_eof()

    async def _may_pass(self, connection: _Connection) -> None:
        if self._is_cut(connection):
            async with self._mended:
                await self._mended.wait_for(lambda: not self._is_cut(connection))

    def _is_cut(self, connection: _Connection) -> bool:
        return any(client in connection.hello for client in self._cut)
