"""`die_with_parent.py PARENT_PID COMMAND...`: becomes COMMAND, and ends with the parent, even by SIGKILL.

A script that replaces itself, and no `preexec_fn`: code between fork and exec may deadlock in a process that
has threads, and ours has the database driver's. Run with `-I -S` it costs 16 ms.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def become(parent: int, command: list[str]) -> None:
    """Never returns. The own process group keeps a Ctrl-C in the terminal from ending everything at once."""
    os.setpgid(0, 0)
    signal.signal(
        signal.SIGPIPE, signal.SIG_DFL
    )  # Python ignores it, and what is ignored stays so after exec
    if sys.platform == "linux" and ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) != 0:
        sys.exit("die_with_parent: the kernel refused PR_SET_PDEATHSIG")
    if os.getppid() != parent:  # it died before the line above, so its signal will never come
        sys.exit("die_with_parent: the parent is already gone")
    os.execvp(command[0], command)  # noqa: S606 - the whole point; the command is our own


if __name__ == "__main__":
    become(int(sys.argv[1]), sys.argv[2:])
