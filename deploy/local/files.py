"""Small files beside the data: each is whole or absent, and for its owner's eyes only."""

import json
from pathlib import Path
from typing import Any

from deploy.local.errors import DataDamaged


def write_whole(file: Path, text: str) -> None:
    """Writes by rename, so that a crash leaves the old file or the new one; nobody else can read it."""
    fresh = file.with_name(f"{file.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.touch(mode=0o600)
    fresh.write_text(text, encoding="utf-8")
    fresh.rename(file)


def read_json(file: Path, *, remedy: str) -> dict[str, Any] | None:
    """The object in the file, or None without a file. Raises DataDamaged, with the remedy, for anything else."""
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    except (ValueError, OSError):
        found = None
    if not isinstance(found, dict):
        raise DataDamaged(f"{file} can't be read: {remedy}.")
    return found
