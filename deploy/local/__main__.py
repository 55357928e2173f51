"""`python -m deploy.local COMMAND`: the embedded stack from the command line.

Adding a command is one entry in COMMANDS.
"""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from deploy.local.errors import StackError
from deploy.local.jars import JarStore, write_lock
from deploy.local.journey import travel
from deploy.local.platform import PlatformPorts
from deploy.local.ports import Ports
from deploy.local.run import keep_running
from deploy.local.say import say_on_stderr
from deploy.local.settings import GivenServers, LocalSettings
from deploy.local.stack import EmbeddedStack, StackUrls


@dataclass(frozen=True)
class Command:
    """One subcommand: what it says of itself, its own arguments, and what it does."""

    help: str
    run: Callable[[argparse.Namespace], Awaitable[None]]
    arguments: Callable[[argparse.ArgumentParser], object] = lambda _parser: None
    until_stopped: bool = False
    """Whether it runs until it is told to stop: then that is its good end, else an interruption."""

    def code_for(self, number: int) -> int:
        """The exit code after a signal; 130 for Ctrl-C, as shells have it."""
        return 0 if self.until_stopped else 128 + number


def up_arguments(parser: argparse.ArgumentParser) -> None:
    """Where the data lives and on which ports it is served."""
    parser.add_argument("--data", type=Path, default=Path(".local"), help="the data folder (default: .local)")
    parser.add_argument("--free-ports", action="store_true", help="any free ports in place of the fixed ones")
    parser.add_argument("--json", action="store_true", help="one line of JSON with the addresses, once ready")


async def up(args: argparse.Namespace) -> None:
    """Runs the stack until a signal or until one of its children dies."""
    ports = Ports.free() if args.free_ports else Ports()
    async with EmbeddedStack(data=args.data, ports=ports, given=GivenServers()) as stack:
        print(json.dumps(asdict(stack.urls)) if args.json else _listed(stack.urls), flush=True)
        await stack.until_a_child_dies()


def _listed(urls: StackUrls) -> str:
    rows = {"kafka": urls.kafka, "mongodb": urls.mongo_admin}
    rows |= {f"  {service}": url for service, url in urls.mongo.items()}
    rows |= {"smtp": f"{urls.smtp_host}:{urls.smtp_port}", "mail page": urls.mail_page}
    lines = [f"{name:<16}{value}" for name, value in rows.items()]
    tests = f"Tests on it: KAFKA_URL={urls.kafka} MONGO_URL='{urls.mongo_admin}' make test"
    return "\n".join([*lines, tests, "Ctrl-C stops it."])


async def fetch(_args: argparse.Namespace) -> None:
    """Fetches and checks what `up` needs, for a machine that will be offline or an image being built."""
    store = JarStore(_jar_folder(), say=say_on_stderr)
    jars = (await store.class_path()).count(".jar")
    say_on_stderr(f"kafka: {jars} jars are in {_jar_folder()}, as released")


async def lock(_args: argparse.Namespace) -> None:
    """Writes kafka-jars.sha256 anew."""
    say_on_stderr(f"kafka: {write_lock(_jar_folder())} jars written to the lock")


def run_arguments(parser: argparse.ArgumentParser) -> None:
    """As for `up`, and whether there are people in it."""
    parser.add_argument("--data", type=Path, default=Path(".local"), help="the data folder (default: .local)")
    parser.add_argument("--free-ports", action="store_true", help="any free ports in place of the fixed ones")
    parser.add_argument("--no-demo", action="store_true", help="start without the demo people")


async def run(args: argparse.Namespace) -> None:
    """Runs the whole platform until a signal or until one of its processes dies."""
    ports = PlatformPorts.free() if args.free_ports else PlatformPorts.fixed()
    given, demo = GivenServers(), not args.no_demo
    await keep_running(data=args.data, ports=ports, given=given, demo=demo, say=say_on_stderr)


async def journey(_args: argparse.Namespace) -> None:
    """Tells the whole story on a platform of its own, and leaves nothing behind."""
    await travel(given=GivenServers(), say=say_on_stderr)


def _jar_folder() -> Path:
    return LocalSettings().cache_folder / "jars"


COMMANDS = {
    "run": Command(
        "run the whole platform with demo people until Ctrl-C", run, run_arguments, until_stopped=True
    ),
    "journey": Command("tell the whole story on a fresh platform, check it, and leave nothing", journey),
    "up": Command(
        "run MongoDB, Kafka and the mail catcher until Ctrl-C", up, up_arguments, until_stopped=True
    ),
    "fetch": Command("fetch and check Kafka's jars, and start nothing", fetch),
    "lock": Command("resolve Kafka's jars anew and write their sums, after a change of version", lock),
}


async def _until_told_to_stop(command: Command, args: argparse.Namespace) -> int:
    """The exit code. A signal cancels the work, which then cleans up."""
    task = asyncio.ensure_future(command.run(args))
    received: list[signal.Signals] = []

    def stop(number: signal.Signals) -> None:
        received.append(number)
        task.cancel()

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stop, number)
    try:
        await task
    except asyncio.CancelledError:
        return command.code_for(received[0])
    except StackError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def main() -> int:
    """The exit code of the chosen command."""
    parser = argparse.ArgumentParser(prog="python -m deploy.local", description=__doc__)
    subparsers = parser.add_subparsers(dest="command", required=True)
    for name, command in COMMANDS.items():
        command.arguments(subparsers.add_parser(name, help=command.help))
    args = parser.parse_args()
    return asyncio.run(_until_told_to_stop(COMMANDS[args.command], args))


if __name__ == "__main__":
    sys.exit(main())
