"""`python -m services.<name> replay rebuild|range`: building anew, or running again, what events have led to."""

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from getpass import getuser
from typing import Any

from shared.messaging.differences import Difference
from shared.messaging.rebuild import Rebuild, Rebuilt
from shared.messaging.replay import Replay
from shared.messaging.rereading import CannotReplay
from shared.messaging.rerun import Replayed
from shared.messaging.selection import Selection
from shared.messaging.standstill import Interrupted
from shared.storage.errors import StorageError

ABSENT = "nothing"
NOTHING_WRITTEN = "nothing was changed: this was a dry run; --apply changes it"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `replay`."""
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    actions = parser.add_subparsers(dest="action", required=True)
    rebuild = actions.add_parser("rebuild", help="build collections anew from the beginning of their topics")
    rebuild.add_argument("collections", nargs="*", help="all that are built from events alone, unless named")
    range = actions.add_parser("range", help="run events again through the present reactions")
    range.add_argument("topic")
    range.add_argument("--partition", type=int)
    range.add_argument("--first", type=int, metavar="OFFSET", help="with --partition; included")
    range.add_argument("--last", type=int, metavar="OFFSET", help="with --partition; included")
    range.add_argument(
        "--since", type=_moment, metavar="TIME", help="sent then or later: 2026-03-04T12:00:00Z"
    )
    range.add_argument("--until", type=_moment, metavar="TIME", help="sent before then")
    range.add_argument("--key", help="a person's id, as a rule")
    range.add_argument(
        "--type", action="append", default=[], help="a type of event; can be given several times"
    )
    range.add_argument(
        "--name", help="with --apply: under a name a replay counts once, and can be gone on with"
    )
    for action in (rebuild, range):
        how = action.add_mutually_exclusive_group()
        how.add_argument("--dry-run", action="store_true", help="print what would change; so without --apply")
        how.add_argument("--apply", action="store_true", help="change it; the workers have to be stopped")


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise argparse.ArgumentTypeError("a time needs its offset from UTC, such as Z")
    return moment.astimezone(UTC)


async def run(options: argparse.Namespace, rebuild: Rebuild, replay: Replay) -> int:
    """Do what was asked; returns the exit code: 0 done, 1 interrupted, 2 can't be done and nothing was changed."""
    try:
        found = await _act(options, rebuild, replay)
    except (CannotReplay, Interrupted, StorageError) as problem:
        print(json.dumps({"problem": str(problem)}) if options.json else str(problem))
        return 2 if isinstance(problem, CannotReplay) else 1
    if options.json:
        print(json.dumps(asdict(found)))
    else:
        for line in _lines(found):
            print(line)
    return 0


async def _act(options: argparse.Namespace, rebuild: Rebuild, replay: Replay) -> Rebuilt | Replayed:
    if options.action == "rebuild":
        return await rebuild.run(options.collections, apply=options.apply)
    selection = _selection(options)
    if not options.apply:
        return await replay.look(selection, name=options.name)
    if not options.name:
        raise CannotReplay("--apply needs --name: under it the replay counts once, however often it is begun")
    return await replay.apply(selection, name=options.name, by=getuser())


def _selection(options: argparse.Namespace) -> Selection:
    if options.partition is None and (options.first, options.last) != (None, None):
        raise CannotReplay("an offset needs its --partition")
    return Selection(
        topic=options.topic,
        partition=options.partition,
        first=options.first,
        last=options.last,
        since=options.since,
        until=options.until,
        key=options.key,
        types=frozenset(options.type),
    )


def _lines(found: Rebuilt | Replayed) -> Iterator[str]:
    for one in found.differences:
        yield from _shown(one)
    if isinstance(found, Replayed):
        for event in found.announced:
            kind = "timer" if event.timer else "event"
            yield f"{kind}  {event.type}  subject={event.subject}  sequence={event.sequence}"
    counts: dict[str, Any] = {
        name: value for name, value in asdict(found).items() if isinstance(value, int) and name != "applied"
    }
    if isinstance(found, Rebuilt):
        yield from (f"problem  {problem}" for problem in found.problems)
        counts |= {f"{collection}_same": count for collection, count in found.same.items()}
    yield "  ".join(f"{name}={value}" for name, value in counts.items())
    if not found.applied:
        yield NOTHING_WRITTEN


def _shown(one: Difference) -> Iterator[str]:
    yield f"{one.becomes}  {one.collection}/{one.id}"
    for path, (before, after) in one.fields.items():
        yield f"    {path}: {ABSENT if before is None else before} -> {ABSENT if after is None else after}"
