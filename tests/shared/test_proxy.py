"""The network that tests cut: silence while it is cut, and nothing lost when it is mended."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest

from deploy.local.ports import free_ports
from tests.support.proxy import Proxy

SILENCE_S = 0.2


@asynccontextmanager
async def echoing() -> AsyncIterator[Proxy]:
    """A proxy before a server that sends back whatever it gets."""
    port, target = free_ports(2)

    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while chunk := await reader.read(1024):
            writer.write(chunk)
        writer.close()

    server = await asyncio.start_server(echo, "127.0.0.1", target)
    async with server, Proxy(port=port, target=target).running() as proxy:
        yield proxy


class Client:
    """Somebody who speaks to the server and listens to its echo."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def says(self, text: str) -> None:
        self._writer.write(text.encode())

    async def hears(self, text: str, *, says: bool = True) -> None:
        if says:
            self.says(text)
        async with asyncio.timeout(30):
            assert await self._reader.readexactly(len(text)) == text.encode()

    async def is_told_of_the_end(self) -> bool:
        try:
            async with asyncio.timeout(30):
                return await self._reader.read() == b""
        except ConnectionResetError:
            return True


@asynccontextmanager
async def calling(proxy: Proxy, name: str) -> AsyncIterator[Client]:
    """A client who says its name first, for the length of the block."""
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    try:
        client = Client(reader, writer)
        await client.hears(name)
        yield client
    finally:
        writer.close()
        with suppress(ConnectionResetError):
            await writer.wait_closed()


async def test_a_client_that_is_cut_off_hears_nothing_and_loses_nothing() -> None:
    """What was said during a cut arrives when it is mended; others never notice."""
    async with (
        echoing() as proxy,
        calling(proxy, "training") as training,
        calling(proxy, "supervision") as supervision,
    ):
        proxy.cut("training")
        training.says("still there?")
        await supervision.hears("yes")
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SILENCE_S):
                await training.hears("still there?", says=False)
        await proxy.mend("training")
        await training.hears("still there?", says=False)


async def test_nobody_gets_through_a_cut_that_names_nobody() -> None:
    """A server that is cut off entirely is silent to new clients too."""
    async with echoing() as proxy:
        proxy.cut()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(SILENCE_S), calling(proxy, "early"):
                pass
        await proxy.mend()
        async with calling(proxy, "late") as late:
            await late.hears("at last")


async def test_a_reset_is_told_and_a_new_connection_works() -> None:
    """Both sides learn of a broken connection at once."""
    async with echoing() as proxy, calling(proxy, "training") as client:
        proxy.reset("training")
        assert await client.is_told_of_the_end()
        async with calling(proxy, "training") as again:
            await again.hears("again")


async def test_a_slow_network_is_slow() -> None:
    """Every chunk takes longer, there and back."""
    async with echoing() as proxy, calling(proxy, "training") as client:
        proxy.delay_s = 0.1
        began = asyncio.get_running_loop().time()
        await client.hears("slowly")
        assert asyncio.get_running_loop().time() - began >= 2 * proxy.delay_s
