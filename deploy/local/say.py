"""Where progress is told."""

import sys
from collections.abc import Callable

Say = Callable[[str], None]


def say_on_stderr(line: str) -> None:
    """Progress goes to stderr, so that what a program reads on stdout stays clean."""
    print(line, file=sys.stderr, flush=True)
