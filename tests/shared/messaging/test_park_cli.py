"""The command line of an operator, on a real MongoDB."""

import argparse
import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from shared.ids import new_id
from shared.messaging import park_cli
from tests.shared.messaging.test_reactions import reported
from tests.support.ledger_service import LEDGER
from tests.support.parked import Feed, mended
from tests.support.running import started
from tests.support.stack import Stack

ROOT = Path(__file__).parents[3]
Out = pytest.CaptureFixture[str]


@asynccontextmanager
async def parked(stack: Stack, *keys: str) -> AsyncIterator[Feed]:
    async with started(LEDGER, stack, work=False) as app:
        feed = Feed(app=app)
        for key in keys:
            await feed.give(
                feed.record(reported(key, "e1", 13), subject=f"p-{key}", sequence=1),
                feed.record(reported(key, "e2"), subject=f"p-{key}", sequence=2),
            )
        feed.service = mended()
        yield feed


async def said(feed: Feed, out: Out, *argv: str, code: int = 0) -> Any:
    """What `park ... --json` prints."""
    parser = argparse.ArgumentParser()
    park_cli.add_arguments(parser)
    out.readouterr()
    assert await park_cli.run(parser.parse_args([*argv, "--json"]), feed.lot()) == code
    return json.loads(out.readouterr().out.splitlines()[-1])


async def test_the_way_through_a_night(stack: Stack, capsys: Out) -> None:
    """From the classes of error to one key and its events; one key to try, then the rest; then who did it."""
    keys = [new_id() for _ in range(3)]
    async with parked(stack, *keys) as feed:
        [held_up] = await said(feed, capsys, "errors")
        assert (held_up["error"], held_up["keys"]) == ("ValueError", 3)
        listed = await said(feed, capsys, "list", "--error", "ValueError", "--limit", "2")
        assert [(one["key"], one["events"], one["followers"]) for one in listed] == [
            (keys[0], 2, 1),
            (keys[1], 2, 1),
        ]
        shown = await said(feed, capsys, "show", keys[0])
        assert (shown["key"]["since"], shown["key"]["followers"]) == (listed[0]["since"], 1)
        events = [(one["why"], one["value"]["entry"]) for one in shown["events"]]
        assert events == [("failed", "e1"), ("follows", "e2")]
        by = ("--by", "olga", "--reason", "mended in 1.4.2")
        one = await said(feed, capsys, "retry", "--error", "ValueError", "--limit", "1", *by)
        assert (one["keys"], one["handled"], one["left"]) == (1, 2, 2)
        rest = await said(feed, capsys, "retry", "--error", "ValueError", "--rate", "500/s", *by)
        assert (rest["handled"], rest["failed"], rest["left"]) == (4, 0, 0)
        acts = await said(feed, capsys, "acts")
        assert {(act["by"], act["what"], act["reason"]) for act in acts} == {
            ("olga", "retry_error", "mended in 1.4.2")
        }


async def test_what_can_not_be_done_is_said_with_the_remedy(stack: Stack, capsys: Out) -> None:
    """Exit code 1 where something still fails or goes first, 2 where nothing is parked under that name."""
    key = new_id()
    async with parked(stack, key) as feed:
        first, second = [one["event"] for one in (await said(feed, capsys, "show", key))["events"]]
        told = await said(feed, capsys, "discard", second, "--by", "olga", "--reason", "x", code=1)
        assert first in told["problem"]
        feed.service = LEDGER
        still = await said(feed, capsys, "retry", key, "--by", "olga", code=1)
        assert still["failures"][0]["problem"] == "ValueError: thirteen hours"
        assert await said(feed, capsys, "discard", first, "--by", "olga", "--reason", "x")
        assert (await said(feed, capsys, "retry", "--event", second, "--by", "olga"))["left"] == 0
        gone = await said(feed, capsys, "retry", key, "--by", "olga", code=2)
        assert "park list" in gone["problem"]


@pytest.mark.parametrize(
    "argv",
    [
        ["retry", "--by", "olga"],
        ["retry", "k", "--error", "ValueError", "--by", "olga"],
        ["retry", "k"],
        ["retry", "--error", "ValueError", "--rate", "0/s", "--by", "olga"],
        ["retry", "--error", "ValueError", "--rate", "fast", "--by", "olga"],
        ["list", "--limit", "0"],
        ["discard", "a/0/1", "--by", "olga"],
    ],
)
def test_half_a_command_is_refused(argv: list[str]) -> None:
    """Nobody in particular, no reason, or two things at once: nothing is done."""
    parser = argparse.ArgumentParser()
    park_cli.add_arguments(parser)
    with pytest.raises(SystemExit) as ended:
        parser.parse_args(argv)
    assert ended.value.code == 2


async def test_standard_output_is_the_answer_alone(stack: Stack) -> None:
    """As a process of its own the command prints one JSON document, and logs go elsewhere."""
    async with started(LEDGER, stack, work=False) as app:
        env = {
            **os.environ,
            "ENVIRONMENT": "development",
            "MONGO_URL": stack.mongo_url,
            "KAFKA_URL": stack.kafka_url,
            "DATABASE": app.database.name,
            "OIDC_ISSUER": "http://127.0.0.1:1",
        }
        argv = (sys.executable, "-m", "tests.support.ledger_process", "park")
        more = ("retry", "--error", "Nothing", "--by", "olga", "--json")
        pipe = asyncio.subprocess.PIPE
        process = await asyncio.create_subprocess_exec(
            *argv, *more, cwd=ROOT, env=env, stdout=pipe, stderr=pipe
        )
        out, log = await process.communicate()
        assert json.loads(out)["keys"] == 0
        assert b"parking_retry_ended" in log
        assert process.returncode == 0


async def test_lines_are_for_people(stack: Stack, capsys: Out) -> None:
    """Without --json each thing is a line of names and values."""
    key = new_id()
    async with parked(stack, key) as feed:
        parser = argparse.ArgumentParser()
        park_cli.add_arguments(parser)
        await park_cli.run(parser.parse_args(["show", key]), feed.lot())
        first, *events = capsys.readouterr().out.splitlines()[-3:]
        assert first.startswith(f"key={key}")
        assert "followers=1" in first
        assert ["first=True" in line for line in events] == [True, False]
