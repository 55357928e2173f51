"""What an application still lacks, as codes to look for; the sentences are in `Deciding.missing_for_acceptance`.

A coordinator's lists are by programme and by what is lacking, each of which may be left out. So that one index
serves them all, a candidate is stored with every pair under which they are found, `*` standing for any.
"""

from collections.abc import Iterable
from enum import StrEnum

from services.recruitment.domain.checks import Check, CheckKind, CheckResult
from services.recruitment.domain.interview import Interview

ANY = "*"


class Lack(StrEnum):
    """What has not come in: a check that is not cleared, whether or not the programme requires it, and so on.

    A check that was cleared is in here as cleared, also when that has run out since.
    """

    REFERENCES = "references"
    BACKGROUND_CHECK = "background_check"
    INTERVIEW = "interview"
    SCORECARDS = "scorecards"
    """There was an interview, and not every card is in."""


def lacks(checks: Iterable[Check], interview: Interview | None) -> tuple[Lack, ...]:
    """What these checks and this interview lack."""
    cleared = {one.check for one in checks if one.result is CheckResult.CLEARED}
    lacking = [Lack(kind.value) for kind in CheckKind if kind not in cleared]
    if interview is None:
        lacking.append(Lack.INTERVIEW)
    elif not interview.complete:
        lacking.append(Lack.SCORECARDS)
    return tuple(lacking)


def found_under(programme: str, lacking: Iterable[Lack]) -> list[str]:
    """Every list somebody of this programme who lacks this is in."""
    codes = (None, *lacking)
    return [list_of(code, lack) for code in (None, programme) for lack in codes]


def list_of(programme: str | None, lack: Lack | None) -> str:
    """The list of a programme (or of all) and of what is lacking (or whatever it is)."""
    return f"{programme or ANY}/{lack.value if lack else ANY}"
