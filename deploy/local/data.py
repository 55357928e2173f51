"""The folder the stack's data lives in: whose it is, whether it fits, and what a killed run left in it."""

import contextlib
import fcntl
import json
import secrets
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import psutil

from deploy.local.errors import DataInUse, DataOfAnotherVersion, DiskFull

NEEDED_BYTES = 1 << 30  # MongoDB's journal alone is 300 MB before the first document
_ORPHAN_GRACE_S = 10.0

Say = Callable[[str], None]
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
            DataInUse: a living stack holds it.
            DiskFull: less than NEEDED_BYTES are free.
            DataOfAnotherVersion: it was written by other `versions`.
        """
        self.path.mkdir(parents=True, exist_ok=True)
        with (self.path / "lock").open("a+") as handle:
            try:
                fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)  # goes with the process, also when killed
            except BlockingIOError:
                handle.seek(0)
                raise DataInUse(
                    f"{self.path} is in use by the stack of process {handle.read().strip() or '?'}: "
                    f"end that one, or choose another folder with --data."
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
            write_private(file, secrets.token_hex(32))
        return file.read_text()

    def passwords(self, names: Sequence[str]) -> dict[str, str]:
        """One password per name, made once and kept in a file that only this user can read."""
        file = self.path / "passwords.json"
        known: dict[str, str] = json.loads(file.read_text()) if file.exists() else {}
        missing = [name for name in names if name not in known]
        if missing:
            known |= {name: secrets.token_hex(16) for name in missing}
            write_private(file, json.dumps(known, indent=2))
        return known

    def _check_room(self) -> None:
        free = self._free_bytes(self.path)
        if free < NEEDED_BYTES:
            raise DiskFull(
                f"{self.path} has {free / 1e6:.0f} MB free and the stack needs {NEEDED_BYTES / 1e6:.0f} MB: "
                f"make room, or choose another folder with --data."
            )

    def _check_versions(self, versions: Mapping[str, str]) -> None:
        file = self.path / "versions.json"
        found = json.loads(file.read_text()) if file.exists() else dict(versions)
        if found != dict(versions):
            raise DataOfAnotherVersion(
                f"the data in {self.path} was written by {_listed(found)} and this is {_listed(versions)}: "
                f"move the folder away or delete it, or choose another one with --data."
            )
        file.write_text(json.dumps(dict(versions)))

    def _end_leftovers(self) -> None:
        """Ends what a killed run left, but only processes that name this folder on their own command line."""
        pid_files = list(self.path.glob("*.pid"))
        if pid_files:
            self._say(f"data: the last run on {self.path} was killed; its data is taken up again")
        for pid_file in pid_files:
            orphan = self._orphan(int(pid_file.read_text() or 0))
            if orphan is not None:
                self._say(
                    f"data: {pid_file.stem} of the killed run (process {orphan.pid}) still lives: ending it"
                )
                _end(orphan)
            pid_file.unlink()

    def _orphan(self, pid: int) -> psutil.Process | None:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            if any(str(self.path) in word for word in process.cmdline()):
                return process
        return None


def write_private(file: Path, text: str) -> None:
    """Writes a file that nobody else can read, not even for a moment, and that is whole or absent."""
    fresh = file.with_suffix(".new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text)
    fresh.rename(file)


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
