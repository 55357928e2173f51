"""What the image promises, read from the Dockerfile and tried where that needs no engine."""

import json
import re
import shutil
import signal
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.deploy.compose import REPOSITORY

Instruction = tuple[str, str]


def instructions() -> Sequence[Sequence[Instruction]]:
    """Instructions and their arguments by stage; the first stage holds what precedes the first FROM."""
    text = (REPOSITORY / "deploy/docker/Dockerfile").read_text(encoding="utf-8")
    lines = [line for line in text.splitlines() if not line.startswith("#")]
    stages: list[list[Instruction]] = [[]]
    for line in "\n".join(lines).replace("\\\n", " ").splitlines():
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            stages.append([])
        if word:
            stages[-1].append((word, " ".join(rest.split())))
    return stages


def of_the_image(word: str) -> list[str]:
    """The arguments of every such instruction of the stage that becomes the image."""
    return [rest for found, rest in instructions()[-1] if found == word]


def exec_form(argument: str) -> list[str]:
    """The words of an exec-form command. Raises ValueError for the shell form."""
    words: list[str] = json.loads(argument[argument.index("[") :])
    return words


def test_the_process_is_not_root() -> None:
    """The last USER is a number above those of the system, so that a cluster can check it is not root."""
    user, _, group = of_the_image("USER")[-1].partition(":")
    assert min(int(user), int(group)) >= 10_000


def test_no_copied_file_belongs_to_the_process() -> None:
    """The code is root's: nothing is copied with another owner."""
    assert not any("--chown" in copied for copied in of_the_image("COPY"))


def test_packages_are_checked_against_their_sums() -> None:
    """Packages come as wheels from the lock, each with a sum, and only in the stage before."""
    _, build, image = instructions()
    installs = [rest for word, rest in build if word == "RUN" and "install" in rest]
    assert len(installs) == 1
    for option in ("--require-hashes", "--no-deps", "--only-binary=:all:", "/build/runtime.lock"):
        assert option in installs[0]
    assert not any(re.search(r"\b(install|apt|apt-get|gcc)\b", rest) for word, rest in image if word == "RUN")
    assert any("pip uninstall" in rest for word, rest in image if word == "RUN")


def test_the_lock_has_a_sum_for_every_package() -> None:
    """`--require-hashes` would end the build at the first package without one."""
    lock = (REPOSITORY / "requirements/runtime.lock").read_text(encoding="utf-8").replace("\\\n", " ")
    packages = [line for line in lock.splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)]
    assert len(packages) > 20
    assert all("==" in package and "--hash=sha256:" in package for package in packages)


def test_only_the_code_of_services_enters_the_image() -> None:
    """Of the repository the build takes the lock, shared/ and services/; the image takes both and the packages."""
    _, build, _ = instructions()
    assert [rest.split()[0] for word, rest in build if word == "COPY"] == [
        "requirements/runtime.lock",
        "shared",
        "services",
    ]
    assert of_the_image("COPY") == ["--from=build /venv /venv", "--from=build /app /app"]


def test_the_build_is_sent_nothing_else() -> None:
    """.dockerignore shuts everything out first and lets exactly that in."""
    lines = (REPOSITORY / ".dockerignore").read_text(encoding="utf-8").splitlines()
    rules = [line for line in lines if line and not line.startswith("#")]
    assert rules[0] == "*"
    assert {rule for rule in rules if rule.startswith("!")} == {
        "!requirements/runtime.lock",
        "!shared",
        "!services",
    }


def test_commands_are_in_exec_form() -> None:
    """ENTRYPOINT, CMD and the health check start without a shell of the engine's between."""
    assert exec_form(of_the_image("CMD")[-1]) == ["api"]
    assert exec_form(of_the_image("HEALTHCHECK")[-1])[:2] == ["python", "-c"]
    assert exec_form(of_the_image("ENTRYPOINT")[-1])[0] == "/bin/sh"


def test_the_shell_form_is_found() -> None:
    """The check above refuses a command that is no list."""
    with pytest.raises(ValueError, match="substring not found"):
        exec_form("python -m services.training")


def test_the_health_check_asks_for_life_with_python_alone() -> None:
    """It compiles, imports the standard library only and asks /health/live."""
    code = exec_form(of_the_image("HEALTHCHECK")[-1])[2]
    compile(code, "HEALTHCHECK", "exec")
    assert code.startswith("import http.client, os, sys;")
    assert "/health/live" in code


def test_labels_name_the_licence() -> None:
    """The image carries the licence of the repository."""
    assert 'org.opencontainers.image.licenses="Apache-2.0"' in of_the_image("LABEL")[-1]


def test_base_and_service_can_be_chosen() -> None:
    """The base is an argument with a pinned default, the service one without a default."""
    assert ("ARG", "BASE_IMAGE=python:3.11-slim") in instructions()[0]
    assert "SERVICE" in of_the_image("ARG")


def test_signals_reach_the_service(tmp_path: Path) -> None:
    """The entrypoint's shell becomes `python -m services.SERVICE ROLE`: one process, which gets SIGTERM itself."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    python = bin_folder / "python"
    python.write_text(
        '#!/bin/sh\ntrap \'echo stopped; exit 7\' TERM\necho "$$" "$@"\nwhile :; do read -r line || exit; done\n'
    )
    python.chmod(0o755)
    entrypoint = exec_form(of_the_image("ENTRYPOINT")[-1])
    process = subprocess.Popen(  # noqa: S603
        [shutil.which("sh") or "/bin/sh", *entrypoint[1:], "worker"],
        env={"PATH": f"{bin_folder}:/usr/bin:/bin", "SERVICE": "training"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline().split() == [str(process.pid), "-m", "services.training", "worker"]
        process.send_signal(signal.SIGTERM)
        process.communicate("\n", timeout=60)
    assert process.returncode == 7
