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

KILLS_PER_STRIKE = 0.5
"""Measured: what is killed by the schedule and by the processes' own faults, for each strike."""
GAP_S = 1.5


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
    strikes = words.kills / KILLS_PER_STRIKE
    gap_s = words.minutes * 60 / strikes if words.minutes else GAP_S
    folder = Path(tempfile.mkdtemp(prefix="peerpath-chaos-"))
    say_on_stderr(f"seed {seed}; everything is written down in {folder}")
    options = Options(kills=words.kills, seed=seed, gap_s=gap_s, folder=folder)
    code = asyncio.run(run(options, say=say_on_stderr))
    if code == 0:
        shutil.rmtree(folder)
    else:
        say_on_stderr(f"history, faults and every log are kept in {folder}; again with --seed {seed}")
    return code


if __name__ == "__main__":
    sys.exit(main())
