"""The compose file as Compose sees it without anything set: anchors merged, defaults in place."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*))?\}")

Container = Mapping[str, Any]


class NoDefault(AssertionError):
    """The file asks for a variable that has no default."""


def with_defaults(text: str, given: Mapping[str, str]) -> str:
    """The text with every `${NAME:-default}` replaced. Raises NoDefault for a variable without either."""

    def value(found: re.Match[str]) -> str:
        chosen = given.get(found["name"]) or found["default"]
        if chosen is None:
            raise NoDefault(f"{found['name']} has no default: write ${{{found['name']}:-...}}")
        return chosen

    return _VARIABLE.sub(value, text)


def compose_file(**given: str) -> dict[str, Any]:
    """The whole file, with these variables set in the environment."""
    text = (REPOSITORY / "docker-compose.yml").read_text(encoding="utf-8")
    parsed: dict[str, Any] = yaml.safe_load(with_defaults(text, given))
    return parsed


@cache
def containers() -> Mapping[str, Container]:
    """Every container by name."""
    services: Mapping[str, Container] = compose_file()["services"]
    return services


def services() -> tuple[str, ...]:
    """The services of the repository: folders of `services/` that are packages."""
    return tuple(sorted(found.parent.name for found in (REPOSITORY / "services").glob("*/__init__.py")))


def variables(container: Container) -> Mapping[str, str]:
    """What its environment section sets."""
    return {name: str(value) for name, value in container.get("environment", {}).items()}


def waits_for(container: Container) -> Mapping[str, str]:
    """The condition by the name of the container it waits for."""
    return {name: how["condition"] for name, how in container.get("depends_on", {}).items()}


def is_one_shot(container: Container) -> bool:
    """Whether it ends by itself."""
    return bool(container["restart"] == "no")
