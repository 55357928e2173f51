"""The generated files are fresh, and generating neither rewrites history nor breaks a promise."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from shared.contracts.generate import ASYNCAPI, PAGE, ROOT, SAMPLES, SCHEMAS, main

TYPE = "peerpath.training.module.completed.v1"


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A folder with a copy of every generated file."""
    shutil.copytree(ROOT / SCHEMAS, tmp_path / SCHEMAS, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    (tmp_path / "docs").mkdir()
    for file in (ASYNCAPI, PAGE):
        shutil.copy(ROOT / file, tmp_path / file)
    return tmp_path


def test_the_generated_files_are_fresh() -> None:
    """What is committed is what the contracts say today."""
    command = [sys.executable, "-m", "shared.contracts.generate", "--check"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)  # noqa: S603
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("file", [SCHEMAS / f"{TYPE}.json", ASYNCAPI, PAGE, SAMPLES / f"{TYPE}.json"])
def test_a_missing_file_is_named_with_the_command(
    copy: Path, file: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--check` fails on a missing file, names it and the command, writes nothing; the command mends it."""
    (copy / file).unlink()
    assert main(["--check", "--root", str(copy)]) == 1
    assert capsys.readouterr().err == f"{file} is stale: run `python -m shared.contracts.generate`\n"
    assert not (copy / file).exists()
    assert main(["--root", str(copy)]) == 0
    assert (copy / file).read_bytes() == (ROOT / file).read_bytes()


@pytest.mark.parametrize("file", [SCHEMAS / f"{TYPE}.json", ASYNCAPI, PAGE])
def test_an_edited_file_is_stale(copy: Path, file: Path) -> None:
    """`--check` fails on a generated file that somebody edited."""
    with (copy / file).open("a") as text:
        text.write("\n")
    assert main(["--check", "--root", str(copy)]) == 1
    assert main(["--root", str(copy)]) == 0
    assert main(["--check", "--root", str(copy)]) == 0


def test_a_sample_is_never_overwritten(copy: Path) -> None:
    """A stored sample stays as it is, and is what the documents show."""
    sample = copy / SAMPLES / f"{TYPE}.json"
    older = json.dumps({**json.loads(sample.read_text()), "hours": 3.25})
    sample.write_text(older)
    assert main(["--root", str(copy)]) == 0
    assert sample.read_text() == older
    assert '"hours": 3.25' in (copy / PAGE).read_text()
    assert '"hours": 3.25' in (copy / ASYNCAPI).read_text()


@pytest.mark.parametrize("arguments", [[], ["--check"]])
def test_a_breaking_change_can_not_be_generated_away(
    copy: Path, arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where the stored schema promises a field that the contract lacks, nothing is written and it is told."""
    stored = copy / SCHEMAS / f"{TYPE}.json"
    promised = json.loads(stored.read_text())
    promised["properties"]["trainer"] = {"type": "string"}
    stored.write_text(json.dumps(promised))
    assert main([*arguments, "--root", str(copy)]) == 1
    assert f"{TYPE}: field `trainer` is gone. Leave this version as it was" in capsys.readouterr().err
    assert json.loads(stored.read_text()) == promised


def test_a_withdrawn_event_is_told(copy: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A stored schema of an event that is no longer declared is refused until somebody deletes it on purpose."""
    (copy / SCHEMAS / "peerpath.training.module.dropped.v1.json").write_text("{}")
    assert main(["--check", "--root", str(copy)]) == 1
    assert "peerpath.training.module.dropped.v1: no longer declared" in capsys.readouterr().err
