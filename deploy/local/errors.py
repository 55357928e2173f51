"""What can keep the embedded stack from running. Every message names the thing and what to do about it.

StackError
├── UnsupportedPlatform   no mongod or no Java for this machine
├── PortTaken             somebody else listens on a port the stack needs
├── DiskFull              too little room to start safely, or to keep what is fetched
├── FolderUnusable        the data or the cache can't be kept where it should
├── BrokenDownload        a jar could not be fetched, or is not what was released
├── DataInUse             another living stack runs on the same data
├── DataOfAnotherVersion  the data was written by other versions, or its passwords are gone
├── DataDamaged           a file beside the data can't be read
├── GivenServerUnusable   what KAFKA_URL or MONGO_URL leads to is not there, or not what is needed
├── ChildDied             a child process ended although nobody asked it to
├── NotReady              a child process runs but did not become ready in time
├── NotFromTheMainThread  children would end with the thread that started them
└── UnknownService        no database was made for that name
"""

from pathlib import Path


class StackError(Exception):
    """The root of everything `deploy.local` refuses with; its text is one sentence meant for a person."""


class UnsupportedPlatform(StackError):
    """No mongod or no Java for this machine."""


class PortTaken(StackError):
    """Somebody else listens on a port the stack needs."""


class DiskFull(StackError):
    """Too little room to start safely (MongoDB would stop in the middle of a write), or to keep what is fetched."""


class FolderUnusable(StackError):
    """The data or the cache can't be kept where it should: no folder, or not ours to write."""


class BrokenDownload(StackError):
    """A jar could not be fetched, or is not what was released."""


class DataInUse(StackError):
    """Another living stack runs on the same data."""


class DataOfAnotherVersion(StackError):
    """The data was written by other versions of the stack, or its passwords are gone."""


class DataDamaged(StackError):
    """A file beside the data can't be read, as after a power cut."""


class GivenServerUnusable(StackError):
    """What KAFKA_URL or MONGO_URL leads to does not answer, or lacks what the platform needs."""


class ChildDied(StackError):
    """A child process ended although nobody asked it to. Shows the last lines it wrote."""

    def __init__(self, name: str, code: int | None, log_file: Path, last_lines: str) -> None:
        how = f"was ended by signal {-code}" if code is not None and code < 0 else f"ended with code {code}"
        super().__init__(f"{name} {how}: see {log_file}, which closes with:\n{last_lines or '(nothing)'}")
        self.name = name
        self.code = code


class NotReady(StackError):
    """A child process runs but did not become ready in time."""


class NotFromTheMainThread(StackError):
    """Linux ends a child with the *thread* that started it, so only the main thread may."""


class UnknownService(StackError):
    """No database was made for that name."""
