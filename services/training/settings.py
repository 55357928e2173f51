"""What can be set about training, and the programmes that ship."""

from importlib.resources import files
from importlib.resources.abc import Traversable

import limits
from pydantic import Field

from services.training.domain.programme import Programme, Programmes
from services.training.rulebook import Banks, parse_programme, questions_of
from shared.settings import Rate, SealingSettings

CORE = "core.yaml"
"""Read first: others take questions from it."""


class TrainingSettings(SealingSettings):
    """How often somebody may verify certificates."""

    verifications_rate: Rate = Field(
        default=limits.RateLimitItemPerHour(60),
        description="Certificates verified from one address: an employer with a stack of them passes.",
    )


def shipped_programmes() -> Programmes:
    """Every programme beside the code. Raises ProgrammeError: the file, the place in it and what to do."""
    return programmes_in(files("services.training.domain") / "data")


def programmes_in(folder: Traversable) -> Programmes:
    """Every programme in a folder. Raises as `shipped_programmes`."""
    names = sorted(file.name for file in folder.iterdir() if file.name.endswith(".yaml"))
    programmes: list[Programme] = []
    banks: Banks = {}
    for name in sorted(names, key=lambda name: name != CORE):
        programme = parse_programme((folder / name).read_text(encoding="utf-8"), file=name, banks=banks)
        programmes.append(programme)
        banks = {**banks, **questions_of(programme)}
    return Programmes(sorted(programmes, key=lambda programme: programme.code))


def shipped_banks(programmes: Programmes) -> Banks:
    """The banks of questions that a site's own programme can name."""
    return {name: bank for one in programmes.shipped for name, bank in questions_of(one).items()}
