"""The jars of the Kafka broker: fetched once by `jgo`, checked against committed SHA-256 sums at every start.

`kafka-jars.sha256` is a lock file: one line per jar, its sum and its path in a Maven repository, as
`sha256sum -c` reads it. Versions are resolved when the lock is written, never when the stack starts. Checking
all 46 jars takes 0.12 s, so it is done every time and not remembered.
"""

import asyncio
import contextlib
import errno
import fcntl
import hashlib
import os
import threading
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import TextIO, TypeVar

import jgo
from jgo.maven import Artifact, MavenContext

from deploy.local.errors import BrokenDownload, DiskFull, FolderUnusable
from deploy.local.say import Say
from deploy.local.waiting import all_at_once

KAFKA_VERSION = "4.3.1"
# Kafka's own dependencies name no logger, so without slf4j-simple a broker that fails to start says nothing.
ENDPOINT = f"org.apache.kafka:kafka_2.13:{KAFKA_VERSION}+org.slf4j:slf4j-simple:1.7.36"
LOCK_FILE = Path(__file__).with_name("kafka-jars.sha256")
_AT_ONCE = 8
_FULL = frozenset({errno.ENOSPC, errno.EDQUOT})
_FORBIDDEN = frozenset({errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EEXIST})

T = TypeVar("T")
Download = Callable[[str, Path], None]  # a path in a Maven repository, and the folder that mirrors it


@dataclass(frozen=True)
class Jar:
    """One line of the lock."""

    path: str
    sha256: str

    @property
    def name(self) -> str:
        """The file's own name."""
        return PurePosixPath(self.path).name

    def is_sound(self, folder: Path) -> bool:
        """Whether the file is there and is what was released."""
        try:
            return _sum(folder / self.path) == self.sha256
        except FileNotFoundError:
            return False


def read_lock(lock_file: Path = LOCK_FILE) -> list[Jar]:
    """The jars of the lock, in its order."""
    lines = (line.split() for line in lock_file.read_text().splitlines())
    return [Jar(path, digest) for digest, path in lines]


def download(path: str, folder: Path) -> None:
    """Fetches one jar with jgo."""
    parts = PurePosixPath(path).parts
    project = MavenContext(repo_cache=folder).project(".".join(parts[:-3]), parts[-3])
    project.at_version(parts[-2]).artifact().resolve()


class JarStore:
    """The verified jars in one folder, shared by every stack of this user."""

    def __init__(
        self, folder: Path, *, jars: list[Jar] | None = None, download: Download = download, say: Say = print
    ) -> None:
        self._folder = folder
        self._jars = read_lock() if jars is None else jars
        self._download = download
        self._say = say

    async def class_path(self) -> str:
        """Every jar present and verified, as Java's class path. Fetches what is missing or broken."""
        async with self._alone():
            sound = await asyncio.gather(
                *(asyncio.to_thread(jar.is_sound, self._folder) for jar in self._jars)
            )
            wanted = [jar for jar, good in zip(self._jars, sound, strict=True) if not good]
            if wanted:
                await self._fetch_all(wanted)
        return os.pathsep.join(str(self._folder / jar.path) for jar in self._jars)

    async def _fetch_all(self, wanted: list[Jar]) -> None:
        began, sizes, free = time.monotonic(), list[int](), asyncio.Semaphore(_AT_ONCE)

        async def fetch(jar: Jar) -> None:
            async with free:
                sizes.append(await _in_a_daemon_thread(lambda: self._fetch(jar)))
            if len(sizes) % 10 == 0 or len(sizes) == len(wanted):
                got = f"{sum(sizes) / 1e6:.0f} MB, {time.monotonic() - began:.1f} s"
                self._say(f"kafka: {len(sizes)} of {len(wanted)} jars ({got})")

        self._say(f"kafka: fetching {len(wanted)} jars…")
        await all_at_once(fetch(jar) for jar in wanted)

    def _fetch(self, jar: Jar) -> int:
        """Runs in a thread; returns the jar's size in bytes."""
        if (self._folder / jar.path).exists():
            self._refuse(jar)
        self._fetch_once(jar)
        if not jar.is_sound(self._folder):
            self._refuse(jar)
            self._fetch_once(jar)
        if not jar.is_sound(self._folder):
            (self._folder / jar.path).unlink(missing_ok=True)
            raise BrokenDownload(
                f"{jar.name} was fetched twice and is not what was released: find out what on your network "
                f"changes downloads, or set KAFKA_URL to a Kafka you have."
            )
        return (self._folder / jar.path).stat().st_size

    def _refuse(self, jar: Jar) -> None:
        self._say(f"kafka: {jar.name} is damaged (its SHA-256 sum is wrong): deleted, fetching it anew")
        (self._folder / jar.path).unlink(missing_ok=True)

    def _fetch_once(self, jar: Jar) -> None:
        try:
            self._download(jar.path, self._folder)
        except Exception as error:  # jgo raises RuntimeError, requests' errors and AssertionError alike
            self._blame_the_folder(error)
            raise BrokenDownload(
                f"{jar.name} could not be fetched ({type(error).__name__}): check the network and try again, "
                f"or set KAFKA_URL to a Kafka you have."
            ) from error

    @contextlib.asynccontextmanager
    async def _alone(self) -> AsyncIterator[None]:
        """Two stacks that start at once must not write the same jar; the lock goes with the process."""
        with self._lock_file() as handle:
            while not _locked(handle):  # noqa: ASYNC110 - another process holds it
                await asyncio.sleep(0.05)
            yield

    def _lock_file(self) -> TextIO:
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            return (self._folder / "lock").open("w")
        except OSError as problem:
            self._blame_the_folder(problem)
            raise

    def _blame_the_folder(self, error: Exception) -> None:
        """Raises what a person can mend; returns when the folder is not to blame."""
        code = getattr(error, "errno", None)
        if code in _FULL:
            raise DiskFull(
                f"{self._folder} has no room for Kafka's jars (50 MB): make room, or set PEERPATH_CACHE to "
                f"another folder."
            ) from None
        if code in _FORBIDDEN:
            raise FolderUnusable(
                f"Kafka's jars can't be kept in {self._folder} ({os.strerror(code)}): make the folder "
                f"yours to write, or set PEERPATH_CACHE to another one."
            ) from None


async def _in_a_daemon_thread(work: Callable[[], T]) -> T:
    """Like `asyncio.to_thread`, but who is told to stop does not wait for a download that hangs.

    A thread of its own also keeps slow downloads from the few that the MongoDB driver's look-ups share.
    """
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def tell(how: Callable[[], None]) -> None:
        def unless_cancelled() -> None:
            if not done.done():
                how()

        with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits any more
            loop.call_soon_threadsafe(unless_cancelled)

    def run() -> None:
        try:
            result = work()
        except Exception as problem:
            failed = problem  # the name of an except clause is gone when the loop gets round to it
            tell(lambda: done.set_exception(failed))
        else:
            tell(lambda: done.set_result(result))

    threading.Thread(target=run, name="fetch", daemon=True).start()
    return await done


def _locked(handle: TextIO) -> bool:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def write_lock(folder: Path, lock_file: Path = LOCK_FILE) -> int:
    """Resolves ENDPOINT anew and writes the lock, after a change of version; returns the number of jars."""
    paths = sorted({_path(artifact) for artifact in jgo.resolve(ENDPOINT)})
    for path in paths:
        download(path, folder)
    lock_file.write_text("".join(f"{_sum(folder / path)}  {path}\n" for path in paths))
    return len(paths)


def _path(artifact: Artifact) -> str:
    return (PurePosixPath(artifact.component.path_prefix) / artifact.filename).as_posix()


def _sum(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
