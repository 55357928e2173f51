"""Bugs that are planted in a copy of the code, each with the fault that makes it show.

The copy runs the smallest service, which answers each event of its own with another: a command leads to an event, and
that to one more.
"""

import shutil
from dataclasses import dataclass
from pathlib import Path

from shared.steps import Step
from tests.chaos.process import Action, Fault
from tests.chaos.servers import REPOSITORY

COPIED = ("shared", "tests/__init__.py", "tests/chaos", "tests/support")


@dataclass(frozen=True, kw_only=True)
class Bug:
    """In `file` the one place that reads `right` reads `wrong` instead; `api` and `worker` break as said."""

    file: str
    right: str
    wrong: str
    api: Fault | None = None
    worker: Fault | None = None


def _at(step: Step, number: int, action: Action = Action.KILL) -> Fault:
    return Fault(step=step.value, number=number, action=action)


ANSWERED_BEFORE_COMMIT = Bug(
    file="shared/web/commands.py",
    right="        await self._runtime.committer.commit(work.change(*also), within_s=TURN_WITHIN_S)\n",
    wrong="        self._later = __import__('asyncio').ensure_future(\n"
    "            self._runtime.committer.commit(work.change(*also))\n"
    "        )\n",
    api=_at(Step.BEFORE_COMMIT, 3, Action.LINGER),
)
POSITION_BEFORE_COMMIT = Bug(
    file="shared/messaging/worker.py",
    right="                await self._committer.commit(outcome.change.and_(*self._moves(starts, ends)))\n",
    wrong="                await self._committer.commit(Change(writes=tuple(self._moves(starts, ends))))\n"
    "                await self._committer.commit(outcome.change)\n",
    worker=_at(Step.BEFORE_COMMIT, 2),
)
DELETED_BEFORE_ACK = Bug(
    file="shared/messaging/sender.py",
    right="        producer = await self._producers.plain()\n",
    wrong="        producer = await self._producers.plain()\n        await self._delete(rows)\n",
    worker=_at(Step.BEFORE_SEND, 1),
)
DEDUPE_OFF = Bug(
    file="shared/messaging/batch.py",
    right="        elif envelope.sequence <= self._seen.get(arrival.subject, -1):\n",
    wrong="        elif envelope.sequence < 0:\n",
    worker=_at(Step.BEFORE_DELETE, 1),
)
SENT_BACKWARDS = Bug(
    file="shared/messaging/sender.py",
    right='    for row in rows:\n        topic = row["topic"]\n',
    wrong='    for row in reversed(rows):\n        topic = row["topic"]\n',
)
NEVER_SENT = Bug(
    file="shared/messaging/sender.py",
    right="        first = Query(where={}, sort=BY_ID, limit=self._window)\n",
    wrong="        first = Query(where={'_id': ''}, sort=BY_ID, limit=self._window)\n",
)


def copy_of_the_code(folder: Path, bug: Bug | None) -> Path:
    """The packages that the service needs, with the bug. Raises AssertionError where the text is not there once."""
    for name in COPIED:
        source, target = REPOSITORY / name, folder / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            target.parent.mkdir(exist_ok=True)
            shutil.copy(source, target)
    if bug is not None:
        file = folder / bug.file
        text = file.read_text("utf-8")
        assert text.count(bug.right) == 1, f"{bug.file} has not once:\n{bug.right}"
        file.write_text(text.replace(bug.right, bug.wrong), "utf-8")
    return folder
