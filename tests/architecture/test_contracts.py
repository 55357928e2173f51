"""Who may import whom: the tree keeps every contract, and every contract is able to fail."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from configparser import ConfigParser
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CONFIG = ".importlinter"

PLANTED = {
    "domain-project": ("services/training/domain/plan.py", "from shared.clock import utc_now"),
    "domain-libraries": ("services/training/domain/plan.py", "import yaml"),
    "shared-domain": ("shared/domain/errors.py", "from shared.clock import utc_now"),
    "contracts": ("shared/contracts/topics.py", "import yaml"),
    "shared-services": ("shared/web/local_issuer.py", "from services.training import settings"),
    "product-alone": ("services/training/queries.py", "from deploy.local import people"),
    "service-layers": ("services/training/queries.py", "from services.training import reactions"),
    "files-in-the-database": ("services/training/queries.py", "import gridfs"),
    "web-framework": ("services/training/queries.py", "import fastapi"),
    "broker": ("services/training/queries.py", "import aiokafka"),
    "services-apart": ("services/training/queries.py", "from services.supervision import settings"),
    "driver": ("services/training/queries.py", "import pymongo"),
    "layers": ("shared/storage/errors.py", "from shared.messaging import outbox"),
}
"""By contract: a file, and an import that only this contract forbids there."""


@dataclass(frozen=True)
class Tree:
    """A copy of the code, to plant imports in."""

    root: Path

    @contextmanager
    def with_line(self, file: str, line: str) -> Iterator[None]:
        """The line at the end of the file, until the block ends."""
        path = self.root / file
        before = path.read_text("utf-8") if path.exists() else None
        path.write_text(f"{before or ''}\n{line}\n", "utf-8")
        try:
            yield
        finally:
            path.unlink() if before is None else path.write_text(before, "utf-8")

    def broken(self) -> set[str]:
        """The ids of the contracts that lint-imports finds broken."""
        command = [str(Path(sys.executable).with_name("lint-imports")), "--no-cache", "--no-logo"]
        wide = {**os.environ, "COLUMNS": "200", "PYTHONPATH": str(self.root)}
        done = subprocess.run(command, cwd=self.root, env=wide, capture_output=True, text=True, check=False)  # noqa: S603
        verdicts = dict(re.findall(r"^(.+) (KEPT|BROKEN)\b", done.stdout, re.MULTILINE))
        assert verdicts.keys() == names().keys(), done.stdout + done.stderr
        broken = {names()[name] for name, verdict in verdicts.items() if verdict == "BROKEN"}
        assert (done.returncode == 0) == (not broken), done.stdout + done.stderr
        return broken


def names() -> dict[str, str]:
    """The id of each contract by its name."""
    config = ConfigParser()
    config.read(ROOT / CONFIG)
    sections = [section for section in config.sections() if section.startswith("importlinter:contract:")]
    return {config[section]["name"]: section.rpartition(":")[2] for section in sections}


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory) -> Tree:
    """A copy of everything lint-imports reads."""
    root = tmp_path_factory.mktemp("tree")
    for folder in ("shared", "services", "tests/architecture"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in ("tests/__init__.py", CONFIG):
        shutil.copy(ROOT / file, root / file)
    return Tree(root)


def test_every_contract_is_kept(tree: Tree) -> None:
    """The code keeps every import contract."""
    assert tree.broken() == set()


def test_every_contract_has_a_planted_import() -> None:
    """There are as many planted imports as contracts, one for each."""
    assert len(PLANTED) == len(names())
    assert PLANTED.keys() == set(names().values())


@pytest.mark.parametrize("contract", PLANTED)
def test_a_planted_import_breaks_its_contract(tree: Tree, contract: str) -> None:
    """A forbidden import breaks exactly the contract that forbids it."""
    with tree.with_line(*PLANTED[contract]):
        assert tree.broken() == {contract}


@pytest.mark.parametrize("library", ["aiokafka", "fastapi", "faststream", "motor", "pymongo", "jinja2"])
@pytest.mark.parametrize("domain", ["services/supervision/domain/hours.py", "shared/domain/aggregate.py"])
def test_no_library_gets_into_a_domain(tree: Tree, library: str, domain: str) -> None:
    """No domain may import a web, messaging or database library, or one that nobody thought of."""
    with tree.with_line(domain, f"import {library}"):
        assert "domain-libraries" in tree.broken()


@pytest.mark.parametrize(
    "importer", ["shared/service/running.py", "shared/web/app.py", "services/training/service.py"]
)
@pytest.mark.parametrize("driver", ["bson", "motor.motor_asyncio"])
def test_the_driver_stays_behind_its_seam(tree: Tree, importer: str, driver: str) -> None:
    """Neither the web kit nor a service may import the database driver, wherever in it that would be."""
    with tree.with_line(importer, f"def late() -> None:\n    import {driver}"):
        assert tree.broken() == {"driver"}


def test_a_new_module_of_shared_has_to_be_placed_in_a_layer(tree: Tree) -> None:
    """A module of shared that no layer names breaks the contract of layers."""
    with tree.with_line("shared/newcomer.py", '"""Not in any layer."""'):
        assert tree.broken() == {"layers"}
