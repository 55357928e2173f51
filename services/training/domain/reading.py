"""From data to a programme, or to everything that is wrong with it."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from services.training.domain.programme import Programme
from shared.domain.aggregate import Value


class Fault(Value):
    """`where` in the data (`modules.0.title`; nothing for the whole of it), what is wrong, and what to do."""

    where: str
    what: str
    remedy: str

    def __str__(self) -> str:
        """On one line."""
        return f"{self.where or 'the file'}: {self.what}; {self.remedy}"


class ProgrammeError(ValueError):
    """A programme's data can't be used; the message names the file, each place in it and what to do."""

    def __init__(self, file: str, faults: Sequence[Fault]) -> None:
        lines = "\n".join(f"  {fault}" for fault in faults)
        super().__init__(f"{file}: this programme can't be used.\n{lines}")
        self.faults = tuple(faults)


def programme_of(data: object, *, file: str) -> Programme:
    """A programme out of what was read from `file`. Raises ProgrammeError with every fault that can be seen.

    Whether the parts fit together is seen once each of them holds by itself.
    """
    try:
        return Programme.model_validate(data)
    except ValidationError as invalid:
        faults = [fault for error in invalid.errors() for fault in _faults(error)]
        raise ProgrammeError(file, faults) from None


_REMEDIES: Mapping[str, str] = {
    "missing": "add it",
    "extra_forbidden": "remove it or correct its spelling",
}
_PLACE = re.compile(r"([a-z0-9_.-]+): (.*)", re.DOTALL)


def _faults(error: Mapping[str, Any]) -> list[Fault]:
    # A check across fields says one fault a line, with its place and remedy; pydantic puts "Value error, " before it.
    where, text = ".".join(str(step) for step in error["loc"]), str(error["msg"])
    if error["type"] != "value_error":
        return [Fault(where=where, what=text, remedy=_REMEDIES.get(error["type"], "correct the value"))]
    return [_own(where, line) for line in text.removeprefix("Value error, ").splitlines()]


def _own(where: str, line: str) -> Fault:
    text, _, remedy = line.rpartition("; ")
    text, remedy = (text, remedy) if text else (remedy, "correct the value")
    if placed := _PLACE.fullmatch(text):
        where, text = ".".join(filter(None, (where, placed[1]))), placed[2]
    return Fault(where=where, what=text, remedy=remedy)
