"""The folder the stack's data lives in: whose it is, whether it fits, and what a killed run left in it."""

import contextlib
import fcntl
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO

import psutil

from deploy.local.errors import DataInUse, DataOfAnotherVersion, DiskFull, FolderUnusable
from deploy.local.files import read_json, write_whole
from deploy.local.ports import OTHER_PORTS
from deploy.local.say import Say

NEEDED_BYTES = 1 << 30  # MongoDB's journal alone is 300 MB before the first document
_ORPHAN_GRACE_S = 10.0
_ANOTHER_FOLDER = "another folder with --data FOLDER (TMPDIR for the journey and the tests)"

FreeBytes = Callable[[Path], int]


def free_bytes(folder: Path) -> int:
    """Free bytes on the disk that holds `folder`."""
    return shutil.disk_usage(folder).free


class DataFolder:
    """One stack's data, held by one living stack at a time."""

    def __init__(self, path: Path, *, say: Say, free_bytes: FreeBytes = free_bytes) -> None:
        self.path = path.resolve()
        self._say = say
        self._free_bytes = free_bytes

    @contextlib.contextmanager
    def held(self, versions: Mapping[str, str]) -> Iterator[None]:
        """Checks the folder, ends what a killed run left, and keeps every other stack out meanwhile.

        Raises:
            FolderUnusable: it is no folder, or not ours to write.
            DataInUse: a living stack holds it.
            DiskFull: less than NEEDED_BYTES are free.
            DataOfAnotherVersion: it was written by other `versions`.
            DataDamaged: what a crash left can't be read.
        """
        with self._lock_file() as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with the process, also when killed
            except BlockingIOError:
                handle.seek(0)
                owner = handle.read().strip() or "?"
                raise DataInUse(
                    f"Peerpath already runs on {self.path} (process {owner}): use that one, end it with Ctrl-C "
                    f"or `kill {owner}`, or start another with --data FOLDER and {OTHER_PORTS}."
                ) from None
            handle.truncate(0)
            handle.write(str(psutil.Process().pid))
            handle.flush()
            self._end_leftovers()
            self._check_room()
            self._check_versions(versions)
            yield

    def secret(self, file_name: str) -> str:
        """A secret made once and kept in a file that only this user can read."""
        file = self.path / file_name
        if not file.exists():
            write_whole(file, secrets.token_hex(32))
        return file.read_text()

    def passwords(self, names: Sequence[str]) -> dict[str, str]:
        """One password per name, made once and kept in a file that only this user can read."""
        file = self.path / "passwords.json"
        remedy = "bring it back, or delete the folder to start afresh (make clean)"
        known: dict[str, str] = read_json(file, remedy=remedy) or {}
        missing = [name for name in names if name not in known]
        if missing:
            known |= {name: secrets.token_hex(16) for name in missing}
            write_whole(file, json.dumps(known, indent=2))
        return known

    def _check_room(self) -> None:
        free = self._free_bytes(self.path)
        if free < NEEDED_BYTES:
            raise DiskFull(
                f"{self.path} has {free / 1e6:.0f} MB free and the stack needs {NEEDED_BYTES / 1e6:.0f} MB: "
                f"make room, or choose {_ANOTHER_FOLDER}."
            )

    def _check_versions(self, versions: Mapping[str, str]) -> None:
        """Only what runs now has to agree: a server that was given this time may be ours again the next."""
        file = self.path / "versions.json"
        remedy = "delete it if nothing was upgraded since the last run, else delete the folder (make clean)"
        found: dict[str, str] = read_json(file, remedy=remedy) or {}
        if any(found.get(name, version) != version for name, version in versions.items()):
            raise DataOfAnotherVersion(
                f"the data in {self.path} was written by {_listed(found)} and this is {_listed(versions)}: "
                f"move the folder away, delete it (make clean), or choose {_ANOTHER_FOLDER}."
            )
        write_whole(file, json.dumps({**found, **versions}))

    def _end_leftovers(self) -> None:
        """Ends what a killed run left, but only processes that name this folder on their own command line."""
        pid_files = list(self.path.glob("*.pid"))
        if pid_files:
            self._say(f"data: the last run on {self.path} was killed; its data is taken up again")
        for pid_file in pid_files:
            orphan = self._orphan(_pid_in(pid_file))
            if orphan is not None:
                self._say(
                    f"data: {pid_file.stem} of the killed run (process {orphan.pid}) still lives: ending it"
                )
                _end(orphan)
            pid_file.unlink()

    def _lock_file(self) -> IO[str]:
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            return (self.path / "lock").open("a+")
        except OSError as problem:
            raise FolderUnusable(
                f"{self.path} can't be used as the data folder ({problem.strerror}): choose {_ANOTHER_FOLDER}."
            ) from None

    def _orphan(self, pid: int | None) -> psutil.Process | None:
        if pid is None:
            return None
        with contextlib.suppress(psutil.Error, ValueError, OverflowError):  # no number a process can have
            process = psutil.Process(pid)
            if any(str(self.path) in word for word in process.cmdline()):
                return process
        return None


def _pid_in(file: Path) -> int | None:
    """None for a file that a crash left empty or half-written: whoever it named can't be told."""
    with contextlib.suppress(ValueError, OSError):
        return int(file.read_text())
    return None


def _end(process: psutil.Process) -> None:
    with contextlib.suppress(psutil.NoSuchProcess):
        process.terminate()
        try:
            process.wait(_ORPHAN_GRACE_S)
        except psutil.TimeoutExpired:
            process.kill()
            process.wait(_ORPHAN_GRACE_S)


def _listed(versions: Mapping[str, str]) -> str:
    return ", ".join(f"{name} {version}" for name, version in sorted(versions.items()))
