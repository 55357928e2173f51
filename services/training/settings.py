"""What can be set about training, and the programmes that ship."""

from importlib.resources import files

import limits
import yaml
from pydantic import Field

from services.training.domain.programme import Programme, ProgrammeError, Programmes, programme_of
from shared.settings import Rate, SealingSettings


class TrainingSettings(SealingSettings):
    """How often somebody may verify certificates."""

    verifications_rate: Rate = Field(
        default=limits.RateLimitItemPerHour(60),
        description="Certificates verified from one address: an employer with a stack of them passes.",
    )


def parse_programme(text: str, *, file: str) -> Programme:
    """A programme out of YAML; `file` is what messages call it. Raises ProgrammeError."""
    try:
        data = yaml.safe_load(text)
    except yaml.YAMLError as broken:
        raise ProgrammeError(f"{file}: this is no YAML; correct it. {broken}") from None
    return programme_of(data, file=file)


def shipped_programmes() -> Programmes:
    """Every programme beside the code. Raises ProgrammeError: the file, the place in it and what to do."""
    folder = files("services.training.domain") / "data"
    found = sorted((file for file in folder.iterdir() if file.name.endswith(".yaml")), key=lambda f: f.name)
    return Programmes([parse_programme(file.read_text(encoding="utf-8"), file=file.name) for file in found])
