"""HTTP/1.1 over a connection of one's own: hundreds of callers at once, which a pooled client is not made for."""

import asyncio
import contextlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came back; header names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        """The code of a refusal; empty for an answer that is none."""
        return str(json.loads(self.body)["code"]) if self.status >= 400 else ""


class Line:
    """One caller's connection to a port of this machine, opened when needed and kept."""

    def __init__(self, port: int, *, token: str) -> None:
        self._port = port
        self._token = token
        self._open: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def post(self, path: str, body: Mapping[str, Any] | None = None, *, key: str) -> Answer | None:
        """The answer to one command; None where the connection ended before there was one."""
        content = json.dumps(body).encode() if body else b""
        head = (
            f"POST {path} HTTP/1.1\r\nHost: service\r\nAuthorization: Bearer {self._token}\r\n"
            f"Idempotency-Key: {key}\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
        )
        try:
            if self._open is None:
                self._open = await asyncio.open_connection("127.0.0.1", self._port)
            reader, writer = self._open
            writer.write(head.encode() + content)
            await writer.drain()
            return await _answer(reader)
        except (OSError, asyncio.IncompleteReadError):
            await self.hang_up()
            return None

    async def hang_up(self) -> None:
        """End the connection; the next command opens another."""
        if self._open is not None:
            _, writer = self._open
            self._open = None
            writer.transport.abort()
            with contextlib.suppress(OSError):
                await writer.wait_closed()


async def _answer(reader: asyncio.StreamReader) -> Answer:
    first, *lines = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").strip().split("\r\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    body = await reader.readexactly(int(headers["content-length"]))
    return Answer(status=int(first.split()[1]), headers=headers, body=body)
