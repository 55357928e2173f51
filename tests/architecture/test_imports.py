"""Nothing connects, starts or needs a setting at import."""

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("importing.py")

PLANTED = {
    "a connection": "import socket\nsocket.create_connection(('127.0.0.1', 9))",
    "a name look-up": "import socket\nsocket.getaddrinfo('localhost', 9)",
    "a datagram": "import socket\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'', ('127.0.0.1', 9))",
    "a child": "import subprocess\nsubprocess.Popen(['true'])",
    "a thread": "import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()",
    "a setting": "from shared.settings import ServiceSettings\nServiceSettings()",
}


def imported(folder: Path, *packages: str) -> subprocess.CompletedProcess[str]:
    """Every module of the packages in `folder`, imported in a process of its own with an empty environment."""
    command = [sys.executable, "-W", "error", str(SCRIPT), *packages]
    bare = {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
    return subprocess.run(command, cwd=folder, env=bare, capture_output=True, text=True, check=False)  # noqa: S603


def test_nothing_happens_at_import() -> None:
    """Every module imports without network, child process, thread or a single setting."""
    done = imported(ROOT, "shared", "services")
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("what", PLANTED)
def test_what_happens_at_import_is_seen(tmp_path: Path, what: str) -> None:
    """A module that connects, starts something or needs a setting at import is named."""
    (tmp_path / "planted").mkdir()
    (tmp_path / "planted" / "eager.py").write_text(PLANTED[what], "utf-8")
    done = imported(tmp_path, "planted")
    assert done.returncode == 1
    assert done.stdout.startswith("planted.eager: "), done.stdout + done.stderr
