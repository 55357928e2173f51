"""`python -m services.training programmes check FILE...`: is a programme of a site's own fit to be used?"""

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from services.training.domain.reading import ProgrammeError
from services.training.rulebook import Banks, parse_programme


def run(argv: Sequence[str], *, banks: Banks) -> int:
    """Say of each file that it can be used, or everything that is wrong with it; 1 where one can't be."""
    parser = argparse.ArgumentParser(prog="python -m services.training programmes")
    check = parser.add_subparsers(required=True).add_parser(
        "check", help="read programmes and say what is wrong"
    )
    check.add_argument("files", nargs="+", type=Path, metavar="FILE", help="YAML or JSON")
    wrong = 0
    for path in parser.parse_args(argv).files:
        try:
            found = parse_programme(path.read_text(encoding="utf-8"), file=str(path), banks=banks)
        except (ProgrammeError, OSError, UnicodeDecodeError) as problem:
            wrong = 1
            print(problem, file=sys.stderr)
        else:
            print(f"{path}: {found.title} ({found.code}, version {found.version}) can be used.")
    return wrong
