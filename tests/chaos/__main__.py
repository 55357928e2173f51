"""`python -m tests.chaos [--kills N] [--seed S] [--minutes M]`: progress on stderr, the verdict on stdout."""

import argparse
import asyncio
import random
import shutil
import sys
import tempfile
from pathlib import Path

from deploy.local.say import say_on_stderr
from tests.chaos.run import Options, run
from tests.chaos.schedule import WAVE_S

KILLS_PER_WAVE = 8
"""Measured: what the schedule kills, and the processes at their own steps."""


def main() -> int:
    """The exit code: 0 where nothing was lost, doubled, reordered or stuck."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos", description=__doc__)
    parser.add_argument(
        "--kills", type=int, default=50, help="how many processes to kill before it is checked"
    )
    parser.add_argument(
        "--seed", type=int, default=None, help="what is broken in which order follows from it"
    )
    parser.add_argument("--minutes", type=float, default=None, help="spread the kills over about so long")
    words = parser.parse_args()
    seed = random.SystemRandom().randrange(1_000_000) if words.seed is None else words.seed
    by_itself_s = words.kills / KILLS_PER_WAVE * WAVE_S
    pace = words.minutes * 60 / by_itself_s if words.minutes else 1.0
    folder = Path(tempfile.mkdtemp(prefix="peerpath-chaos-"))
    say_on_stderr(f"seed {seed}; everything is written down in {folder}")
    options = Options(kills=words.kills, seed=seed, pace=pace, folder=folder)
    code = asyncio.run(run(options, say=say_on_stderr))
    if code == 0:
        shutil.rmtree(folder)
    else:
        say_on_stderr(f"history, faults and every log are kept in {folder}; again with --seed {seed}")
    return code


if __name__ == "__main__":
    sys.exit(main())
