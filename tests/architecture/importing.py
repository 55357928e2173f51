"""Imports every module of the packages in the folder it runs in, without a network; run as a script.

    python importing.py <package>...

Prints a line per module that does not import, reaches for the network, or leaves a thread running; 1 if any.
"""

import sys
import threading
from importlib import import_module
from pathlib import Path

NETWORK = frozenset(
    {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}
)
STARTING = frozenset({"subprocess.Popen", "os.fork", "os.posix_spawn", "os.system"})


def refuse(event: str, arguments: tuple[object, ...]) -> None:
    """An audit hook, which C code can't go round: no network, no child process."""
    if event in NETWORK | STARTING:
        raise ConnectionRefusedError(f"{event}{arguments[1:]} while importing")


def modules(package: str) -> list[str]:
    """The names of every module in the package's folder."""
    files = sorted(Path(package).rglob("*.py"))
    return [".".join(file.with_suffix("").parts).removesuffix(".__init__") for file in files]


def main(packages: list[str]) -> int:
    """Import them all; the exit code."""
    sys.addaudithook(refuse)
    problems = 0
    for name in (name for package in packages for name in modules(package)):
        try:
            import_module(name)
        except Exception as problem:
            print(f"{name}: {type(problem).__name__}: {problem}")
            problems += 1
        if threading.active_count() > 1:
            print(f"{name}: leaves threads running: {threading.enumerate()[1:]}")
            return 1
    return 1 if problems else 0


if __name__ == "__main__":
    sys.path.insert(0, str(Path.cwd()))
    sys.exit(main(sys.argv[1:]))
