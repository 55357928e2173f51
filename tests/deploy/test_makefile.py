"""The front door: what `make` does before anything of ours runs."""

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.local.data import DataFolder
from tests.deploy.compose import REPOSITORY

MAKE = shutil.which("make")
pytestmark = pytest.mark.skipif(MAKE is None, reason="make is not installed")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A checkout with nothing installed."""
    shutil.copy(REPOSITORY / "Makefile", tmp_path)
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements/dev.lock").touch()
    return tmp_path


def make(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """What make says and how it ends."""
    return subprocess.run([str(MAKE), *words], cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603


def python(file: Path, *, version: str = "3.9.2", enough: bool = False) -> Path:
    """An interpreter that only tells its version, and whether that is enough."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && echo "Python {version}" && exit\nexit {int(not enough)}\n'
    )
    file.chmod(0o755)
    return file


def test_help_names_every_target(copy: Path) -> None:
    """Whatever can be made is shown with what it does."""
    targets = re.search(r"^\.PHONY: (help .*)$", (copy / "Makefile").read_text(), re.MULTILINE)
    assert targets is not None
    assert re.findall(r"^  make (\S+) +\S", make(copy, "help").stdout, re.MULTILINE) == targets[1].split()


def test_a_python_that_is_too_old_is_named(copy: Path) -> None:
    """The first thing looked at is the version, with the way to name another interpreter."""
    done = make(copy, "check", f"PYTHON={python(copy / 'old')}")
    assert done.returncode != 0
    assert (
        f"Peerpath needs Python 3.11 or later, and '{copy / 'old'}' is Python 3.9.2: name one" in done.stderr
    )
    assert "make check PYTHON=" in done.stderr
    assert not (copy / ".venv").exists()


def test_a_python_that_is_missing_is_named(copy: Path) -> None:
    """So is an interpreter that is not there."""
    assert "'nopython' is not there: name one you have" in make(copy, "check", "PYTHON=nopython").stderr


@pytest.mark.parametrize("what", ["nothing", "old interpreter", "no mark", "changed lock"])
def test_what_is_not_ready_is_made_anew(copy: Path, what: str) -> None:
    """An environment that is ready stays; one that is not is emptied first, so nothing old is left in it."""
    python(copy / ".venv/bin/python", enough=what != "old interpreter")
    if what != "no mark":
        (copy / ".venv/.ready").touch()
    if what == "changed lock":
        later = (copy / ".venv/.ready").stat().st_mtime + 1
        os.utime(copy / "requirements/dev.lock", (later, later))
    assert ("-m venv --clear .venv" in make(copy, "--dry-run", "check").stdout) == (what != "nothing")


def test_clean_leaves_data_that_is_in_use(copy: Path) -> None:
    """`make clean` refuses while a stack runs on the data, and deletes it afterwards; twice is no mistake."""
    shutil.copytree(REPOSITORY / "deploy/local", copy / "deploy/local")
    with DataFolder(copy / ".local", say=lambda _line: None).held({}):
        refused = make(copy, "clean")
        assert refused.returncode != 0
        assert re.search(r"Peerpath runs on \.local \(process \d+\): stop it first", refused.stderr)
        assert (copy / ".local/versions.json").exists()
    assert make(copy, "clean").returncode == 0
    assert not (copy / ".local").exists()
    assert make(copy, "clean").returncode == 0
