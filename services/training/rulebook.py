"""Programmes out of text: YAML or JSON, with banks of questions that several of them share."""

from collections.abc import Hashable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from services.training.domain.programme import Programme
from services.training.domain.reading import Fault, ProgrammeError, programme_of

Banks = Mapping[str, Sequence[Mapping[str, Any]]]
"""Questions of written assessments, by `programme/assessment`."""

PARTS_AT_MOST = 100_000
"""Aliases make a text of a few lines into one without end: what no programme comes to is not built."""


def parse_programme(text: str, *, file: str, banks: Banks | None = None) -> Programme:
    """A programme out of YAML (or JSON, which is YAML too); `file` is what messages call it.

    Raises ProgrammeError.
    """
    return programme_of(with_questions(parse(text, file=file), banks or {}, file=file), file=file)


def parse(text: str, *, file: str) -> Any:
    """The data in a text. Raises ProgrammeError."""
    loader = yaml.SafeLoader(text)
    try:
        node = loader.get_single_node()
        if node is None:
            return None
        _must_be_bounded(node, {})
        faults = [*_repeated_keys(node, (), set())]
        data = loader.construct_document(node)
    except yaml.YAMLError as broken:
        faults = [Fault(where="", what=f"this is no YAML: {broken}", remedy="correct it")]
    except (_Endless, RecursionError):
        what = "its nesting or its aliases make it too large"
        faults = [Fault(where="", what=what, remedy="write it out flat")]
    finally:
        loader.dispose()
    if faults:
        raise ProgrammeError(file, faults)
    return data


def questions_of(programme: Programme) -> Banks:
    """The banks that others can name."""
    data = programme.model_dump(mode="json", exclude_none=True)
    return {
        f"{programme.code}/{assessment['code']}": assessment["questions"]
        for assessment in data["assessments"]
        if "questions" in assessment
    }


def with_questions(data: Any, banks: Banks, *, file: str) -> Any:
    """The data with the questions of every bank that an assessment names. Raises ProgrammeError.

    `bank: {of: core/written, modules: {own: [theirs, ...]}}` takes the questions about those modules, as questions
    about the programme's own.
    """
    faults: list[Fault] = []
    if isinstance(data, dict) and isinstance(data.get("assessments"), list):
        taken = [_taken(one, number, banks, faults) for number, one in enumerate(data["assessments"])]
        data = {**data, "assessments": taken}
    if faults:
        raise ProgrammeError(file, faults)
    return data


def _taken(assessment: Any, number: int, banks: Banks, faults: list[Fault]) -> Any:
    if not isinstance(assessment, dict) or "bank" not in assessment:
        return assessment
    bank, where = assessment["bank"], f"assessments.{number}.bank"
    shaped = isinstance(bank, dict) and bank.keys() == {"of", "modules"} and isinstance(bank["modules"], dict)
    if not shaped or not all(isinstance(theirs, list) for theirs in bank["modules"].values()):
        shape = "give `of` (programme/assessment) and `modules` (your module: [theirs])"
        faults.append(Fault(where=where, what="it doesn't say which questions of which bank", remedy=shape))
        return assessment
    if bank["of"] not in banks:
        there = ", ".join(sorted(banks)) or "none"
        faults.append(
            Fault(where=f"{where}.of", what=f"no bank {bank['of']!r} ships", remedy=f"choose from {there}")
        )
        return assessment
    own = {theirs: ours for ours, several in bank["modules"].items() for theirs in several}
    questions = [{**one, "module": own[one["module"]]} for one in banks[bank["of"]] if one["module"] in own]
    rest = {name: value for name, value in assessment.items() if name != "bank"}
    return {**rest, "questions": [*questions, *rest.get("questions", ())]}


class _Endless(Exception):
    """More parts than any programme has."""


def _must_be_bounded(node: yaml.Node, sizes: dict[int, int]) -> int:
    """How many parts it comes to once every alias is written out."""
    if id(node) in sizes:
        return sizes[id(node)]
    sizes[id(node)] = PARTS_AT_MOST + 1  # Until it is known: a node inside itself has no end.
    size = 1 + sum(_must_be_bounded(child, sizes) for child in _children(node))
    if size > PARTS_AT_MOST:
        raise _Endless
    sizes[id(node)] = size
    return size


def _children(node: yaml.Node) -> Iterator[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        yield from (part for pair in node.value for part in pair)
    elif isinstance(node, yaml.SequenceNode):
        yield from node.value


def _repeated_keys(node: yaml.Node, path: tuple[str, ...], seen: set[int]) -> Iterator[Fault]:
    """YAML keeps the last of two alike in silence; somebody meant the other."""
    if id(node) in seen:
        return
    seen.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for number, child in enumerate(node.value):
            yield from _repeated_keys(child, (*path, str(number)), seen)
    elif isinstance(node, yaml.MappingNode):
        names: set[Hashable] = set()
        for key, child in node.value:
            if key.value in names and isinstance(key, yaml.ScalarNode):
                where = ".".join((*path, key.value))
                yield Fault(where=where, what="it is there twice", remedy="keep one")
            names.add(key.value if isinstance(key, yaml.ScalarNode) else id(key))
            yield from _repeated_keys(child, (*path, str(key.value)), seen)
