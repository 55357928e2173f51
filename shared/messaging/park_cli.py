"""`python -m services.<name> park errors|list|show|retry|discard|acts`: what an operator does about parked events.

Names and addresses are never printed: values of the contacts topic stay in the database.
"""

import argparse
import json
import re
from collections.abc import Sequence

from pydantic import BaseModel

from shared.messaging.pace import Pace
from shared.messaging.parked import behind
from shared.messaging.parked_views import ParkedEventView, ParkedKeyView
from shared.messaging.parking_lot import ErasureStays, ParkingLot, Who
from shared.messaging.queues import NotFirst, NotParked
from shared.messaging.retried import Retried
from shared.storage.errors import StorageError

AT_ONCE = 200
RATE = 20.0
INTERRUPTED = "interrupted: what was not handled yet is still parked, in order; repeat the command to go on"


class Shown(BaseModel):
    """A key and its events."""

    key: ParkedKeyView
    events: list[ParkedEventView]


class Discarded(BaseModel):
    """What was discarded."""

    discarded: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The subcommands of `park`."""
    form = argparse.ArgumentParser(add_help=False)
    form.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    actions = parser.add_subparsers(dest="action", required=True)
    actions.add_parser("errors", parents=[form], help="how many keys each class of error holds up")
    listed = actions.add_parser("list", parents=[form], help="parked keys, the longest parked first")
    listed.add_argument("--error", help="only those that this class of error holds up")
    shown = actions.add_parser(
        "show", parents=[form], help="the events of a key, decoded, without contact data"
    )
    shown.add_argument("key")
    for action in (listed, shown):
        action.add_argument("--limit", type=_count, default=100, help="at most so many (100)")
    _add_retry(actions.add_parser("retry", parents=[form], help="handle what is parked, in order"))
    discard = actions.add_parser("discard", parents=[form], help="drop one event for good")
    discard.add_argument("event", help="topic/partition/offset, as `show` prints it")
    discard.add_argument("--by", required=True, help="who you are; it is kept")
    discard.add_argument("--reason", required=True, help="why, without names; it is kept")
    acts = actions.add_parser("acts", parents=[form], help="who retried or discarded what, the latest first")
    acts.add_argument("--limit", type=_count, default=20, help="at most so many (20)")


def _add_retry(retry: argparse.ArgumentParser) -> None:
    what = retry.add_mutually_exclusive_group(required=True)
    what.add_argument("key", nargs="?", help="the whole queue of a key")
    what.add_argument("--event", help="one event, the first of its topic under its key")
    what.add_argument("--error", help="every key that this class of error holds up; see `errors`")
    retry.add_argument("--rate", type=_rate, help="events per second, such as 20/s (the rate for --error)")
    retry.add_argument(
        "--limit", type=_count, help="with --error: keys at most; 1 tries whether it is mended"
    )
    retry.add_argument("--by", required=True, help="who you are; it is kept")
    retry.add_argument("--reason", help="why, without names; it is kept")


def _rate(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(?:/s)?", text)
    if found is None or float(found[1]) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no rate; events per second, such as 20/s")
    return float(found[1])


def _count(text: str) -> int:
    if not text.isdecimal() or int(text) == 0:
        raise argparse.ArgumentTypeError(f"{text!r} is no number from 1 up")
    return int(text)


async def run(options: argparse.Namespace, lot: ParkingLot) -> int:
    """Do what was asked; returns the exit code: 0 done, 1 not or not all of it, 2 no such thing."""
    try:
        answer = await _act(options, lot)
    except (NotParked, NotFirst, ErasureStays, StorageError) as problem:
        print(json.dumps({"problem": str(problem)}) if options.json else str(problem))
        return 2 if isinstance(problem, NotParked) else 1
    if options.json:
        said = [one.model_dump(mode="json") for one in _lines(answer)]
        print(answer.model_dump_json() if isinstance(answer, BaseModel) else json.dumps(said))
    else:
        for one in _lines(answer):
            print("  ".join(f"{name}={value}" for name, value in one.model_dump(mode="json").items()))
    return 1 if isinstance(answer, Retried) and answer.failed else 0


def _lines(answer: BaseModel | Sequence[BaseModel]) -> Sequence[BaseModel]:
    """What is a line each for people."""
    if isinstance(answer, Shown):
        return [answer.key, *answer.events]
    return [answer] if isinstance(answer, BaseModel) else answer


async def _act(options: argparse.Namespace, lot: ParkingLot) -> BaseModel | Sequence[BaseModel]:
    match options.action:
        case "errors":
            return await lot.parked.errors()
        case "list":
            return await _keys(lot, options.error, options.limit)
        case "show":
            key = await lot.parked.key(options.key)
            return Shown(key=key, events=await lot.parked.events(options.key, limit=options.limit))
        case "acts":
            return await lot.parked.acts(limit=options.limit)
        case "discard":
            await lot.discard(options.event, by=options.by, reason=options.reason)
            return Discarded(discarded=options.event)
        case _:
            return await _retry(options, lot)


async def _keys(lot: ParkingLot, error: str | None, limit: int) -> list[ParkedKeyView]:
    found: list[ParkedKeyView] = []
    while len(found) < limit:
        after = behind(found[-1]) if found else None
        more = await lot.parked.keys(error=error, after=after, limit=min(AT_ONCE, limit - len(found)))
        if not more:
            break
        found.extend(more)
    return found


async def _retry(options: argparse.Namespace, lot: ParkingLot) -> Retried:
    who = Who(by=options.by, reason=options.reason)
    if options.limit and not options.error:
        raise SystemExit("--limit counts keys: it goes with --error")
    if options.event:
        return await lot.retry_event(options.event, who)
    if options.key:
        return await lot.retry_key(options.key, who, pace=Pace(per_second=options.rate))
    pace = Pace(per_second=options.rate or RATE)
    return await lot.retry_error(options.error, who, pace=pace, limit=options.limit)
