"""The mail catcher as a child process: one SMTP port and one page."""

import sys
from pathlib import Path

from deploy.local.processes import Child, start_child

_REPOSITORY = Path(__file__).resolve().parents[2]


class MailNode:
    """A mail catcher on two ports and one data folder."""

    def __init__(self, *, smtp_port: int, page_port: int, folder: Path) -> None:
        self._smtp_port = smtp_port
        self._page_port = page_port
        self._folder = folder

    @property
    def page(self) -> str:
        """Where a person or a test looks at the mails."""
        return f"http://127.0.0.1:{self._page_port}"

    async def start(self) -> Child:
        """Returns when it takes mail and shows it."""
        child = await start_child(
            "mail",
            [
                *(sys.executable, "-m", "deploy.local.mail_server", "--folder", self._folder / "mail"),
                *("--smtp-port", str(self._smtp_port), "--page-port", str(self._page_port)),
            ],
            log_file=self._folder / "mail.log",
            pid_file=self._folder / "mail.pid",
            cwd=_REPOSITORY,
        )
        await child.bring_up(child.wait_ready(f"{self.page}/messages"))
        return child
