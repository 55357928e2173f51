"""What is written down during a run: one JSON object a line, in the order in which it happened.

`history.jsonl` has requests with their answers and where stories stand; `faults.jsonl` what was broken and mended.
"""

import json
import time
from pathlib import Path
from typing import Any, Self


class Record:
    """A file of lines; `at` of each is the time it was written, in seconds since 1970."""

    def __init__(self, file: Path) -> None:
        self._file = file.open("a", encoding="utf-8")

    def note(self, what: str, **facts: Any) -> None:
        """One line."""
        self._file.write(json.dumps({"at": round(time.time(), 3), "what": what, **facts}) + "\n")
        self._file.flush()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()
