"""`python3 -m deploy.local.clean`: deletes the data folder, unless a stack runs on it.

Imports the standard library only: `make clean` works before anything is installed.
"""

import contextlib
import fcntl
import shutil
import sys
from pathlib import Path


def clean(data: Path) -> int:
    """The exit code; 1 with a sentence when the data is in use or can't be deleted."""
    try:
        if (data / "lock").exists():
            with (data / "lock").open() as lock:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(data)
        else:
            with contextlib.suppress(FileNotFoundError):
                shutil.rmtree(data)
    except BlockingIOError:
        owner = (data / "lock").read_text().strip() or "?"
        print(
            f"Peerpath runs on {data} (process {owner}): stop it first, with Ctrl-C or `kill {owner}`.",
            file=sys.stderr,
        )
        return 1
    except OSError as problem:
        print(f"{data} can't be deleted: {problem}.", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(clean(Path(sys.argv[1] if len(sys.argv) > 1 else ".local")))
