"""Writes what follows from the contracts: JSON Schemas, first samples, the AsyncAPI document, a page for people.

    python -m shared.contracts.generate            writes the files
    python -m shared.contracts.generate --check    writes nothing; exits 1 and names each stale file

Samples are history: one is written when an event has none, and never again. A schema that would break the
promise of the one in its place is refused, so a breaking change cannot be generated away.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from shared.contracts.compatibility import breaking_changes
from shared.contracts.envelope import EventData
from shared.contracts.schemas.asyncapi import asyncapi
from shared.contracts.schemas.derive import Json, declared, sample_of, schema_of
from shared.contracts.schemas.page import page

COMMAND = "python -m shared.contracts.generate"
ROOT = Path(__file__).parents[2]
SCHEMAS = Path("shared/contracts/schemas")
SAMPLES = SCHEMAS / "samples"
ASYNCAPI = Path("docs/asyncapi.json")
PAGE = Path("docs/events.md")


def outputs(root: Path) -> dict[Path, str]:
    """Every generated file, relative to `root`, with the text it should have."""
    events = declared()
    samples = {name: _sample(root / SAMPLES / f"{name}.json", data) for name, data in events.items()}
    files = {SCHEMAS / f"{name}.json": _text(schema_of(data)) for name, data in events.items()}
    first = {SAMPLES / f"{name}.json": _text(sample) for name, sample in samples.items()}
    files |= {path: text for path, text in first.items() if not (root / path).exists()}
    return files | {ASYNCAPI: _text(asyncapi(events, samples)), PAGE: page(events, samples)}


def _sample(stored: Path, data: type[EventData]) -> Json:
    sample: Json = json.loads(stored.read_text("utf-8")) if stored.exists() else sample_of(data)
    return sample


def _text(document: Json) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def stale(root: Path) -> list[Path]:
    """The generated files, relative to `root`, that are missing or say something else."""
    wanted = outputs(root).items()
    return [
        path
        for path, text in wanted
        if not (root / path).exists() or (root / path).read_text("utf-8") != text
    ]


def refusals(root: Path) -> list[str]:
    """A sentence for each promise that the contracts no longer keep: broken, or withdrawn altogether."""
    events, sentences = declared(), []
    for stored in sorted((root / SCHEMAS).glob("*.json")):
        if stored.stem in events:
            sentences += breaking_changes(
                json.loads(stored.read_text("utf-8")), schema_of(events[stored.stem])
            )
        else:
            sentences.append(
                f"{stored.stem}: no longer declared. Declare it again; only when nobody reads it any more and "
                f"its topic has forgotten it, delete {stored.name} here and in samples/."
            )
    return sentences


def write(root: Path) -> list[Path]:
    """Write what is stale and say which files those were."""
    files, changed = outputs(root), stale(root)
    for path in changed:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(files[path], "utf-8")
    return changed


def main(arguments: Sequence[str] | None = None) -> int:
    """The command line; 1 when a promise is broken or, with `--check`, a file is stale."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Write what follows from the contracts.")
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if a file is stale")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository's folder")
    options = parser.parse_args(arguments)
    refused = refusals(options.root)
    if refused:
        print(*refused, sep="\n", file=sys.stderr)
        return 1
    if not options.check:
        for path in write(options.root):
            print(f"wrote {path}")
        return 0
    old = stale(options.root)
    for path in old:
        print(f"{path} is stale: run `{COMMAND}`", file=sys.stderr)
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
