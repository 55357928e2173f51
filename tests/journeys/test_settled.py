"""That "once" is looked at when nothing is under way any more."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import psutil
import pytest

from deploy.local.cast import cast_of, register
from deploy.local.people import StoryBroken, visiting
from deploy.local.platform import Platform, PlatformPorts
from deploy.local.settled import nothing_is_under_way
from deploy.local.witness import listening
from tests.support.embedded import needs_embedded

pytestmark = needs_embedded
CAST = cast_of("riverside")


@contextmanager
def paused(*words: str) -> Iterator[None]:
    """A child process with these words on its command line does nothing for the length of the block."""
    children = psutil.Process().children(recursive=True)
    [pid] = [child.pid for child in children if child.cmdline()[-len(words) :] == list(words)]
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


async def test_nobody_is_believed_to_have_heard_everything_too_early(tmp_path: Path) -> None:
    """While a worker has events to read, or events are not published, it is not over, and who is late is named."""
    async with Platform(data=tmp_path, ports=PlatformPorts.free(), say=lambda _line: None) as platform:
        urls = platform.urls
        async with visiting(urls, now=datetime.now(UTC)) as town, listening(urls.stack.kafka) as witness:
            with paused("services.notifications", "worker"):
                await register(town, CAST)
                with pytest.raises(StoryBroken, match="notifications has events to read in"):
                    await nothing_is_under_way(town, witness, admins=[CAST.admin], within_s=5)
            await nothing_is_under_way(town, witness, admins=[CAST.admin])
            with paused("services.recruitment", "worker"):
                await register(town, cast_of("hillside"))
                with pytest.raises(StoryBroken, match=r"recruitment has \d+ events to publish"):
                    await nothing_is_under_way(town, witness, admins=[CAST.admin], within_s=5)
        with pytest.raises(StoryBroken, match="has events on its topics: the story needs a Kafka"):
            async with listening(urls.stack.kafka):
                pass
