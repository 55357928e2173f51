"""`python -m services.<name> park list|show|retry|discard`: what an operator does about parked events."""

import argparse
import json
from base64 import b64encode
from getpass import getuser
from typing import Any

from shared.messaging.parking import as_record
from shared.messaging.records import read
from shared.messaging.retry import NotParked, ParkingLot, StillFails
from shared.storage.errors import StorageError
from shared.storage.mongo import Document


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `park`."""
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("list", help="every parked key with its problem")
    for name, what in (("show", "the events of a key, decoded"), ("retry", "handle a key's queue in order")):
        actions.add_parser(name, help=what).add_argument("key")
    discard = actions.add_parser("discard", help="drop one event for good")
    discard.add_argument("event", help="topic/partition/offset, as `show` prints it")
    discard.add_argument("--reason", required=True)


async def run(options: argparse.Namespace, lot: ParkingLot) -> int:
    """Do what was asked; returns the exit code: 0 done, 1 still failing, 2 no such thing."""
    try:
        answer = await _act(options, lot)
    except (NotParked, StillFails, StorageError) as problem:
        print(json.dumps({"problem": str(problem)}) if options.json else str(problem))
        return 2 if isinstance(problem, NotParked) else 1
    if options.json:
        print(json.dumps(answer))
    else:
        for line in answer if isinstance(answer, list) else [answer]:
            print("  ".join(f"{name}={value}" for name, value in line.items()))
    return 0


async def _act(options: argparse.Namespace, lot: ParkingLot) -> Any:
    if options.action == "list":
        return [vars(parked) for parked in await lot.keys()]
    if options.action == "show":
        return [_shown(row) for row in await lot.show(options.key)]
    if options.action == "retry":
        return vars(await lot.retry(options.key))
    await lot.discard(options.event, by=getuser(), reason=options.reason)
    return {"discarded": options.event}


def _shown(row: Document) -> dict[str, Any]:
    arrival = read(as_record(row))
    value = arrival.data.model_dump(mode="json") if arrival.data else b64encode(row["value"] or b"").decode()
    return {
        "event": row["_id"],
        "type": row["type"],
        "why": row["why"],
        "problem": row["problem"],
        "parked": row["at"].isoformat(),
        "headers": {name: bytes(text).decode("utf-8", "backslashreplace") for name, text in row["headers"]},
        "value": value,
    }
