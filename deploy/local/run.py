"""`run`: the platform on fixed ports with people in it, until Ctrl-C."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path

from deploy.local.demo import CASTS, PEOPLE, populate
from deploy.local.files import write_whole
from deploy.local.people import StoryBroken
from deploy.local.platform import Platform, PlatformPorts, PlatformUrls
from deploy.local.say import Say
from deploy.local.settings import GivenServers

ADDRESSES = "addresses.json"
_ON_A_LINE = 2


async def keep_running(
    *, data: Path, ports: PlatformPorts, given: GivenServers, demo: bool, say: Say
) -> None:
    """Starts the platform, makes the demo people, shows where everything is and waits.

    A demo that fails is told and leaves the platform running, so that it can be looked into.

    Raises:
        StackError: something could not start, or a process ended by itself.
    """
    async with Platform(data=data, ports=ports, given=given, say=say) as platform:
        write_whole(data / ADDRESSES, json.dumps(asdict(platform.urls), indent=2))
        certificate = None
        if demo:
            try:
                certificate = await populate(platform.urls, data=data, say=say)
            except StoryBroken as problem:
                say(
                    f"demo: not complete: {problem}\nThe platform runs all the same. Start it again to go on with "
                    f"the demo, or begin anew with make clean; the logs are in {data}."
                )
        print("\n".join(table(platform.urls, data=data, people=demo, certificate=certificate)), flush=True)
        await platform.until_a_child_dies()


def table(urls: PlatformUrls, *, data: Path, people: bool, certificate: str | None) -> Iterator[str]:
    """Where everything is and as whom to sign in: plain lines, an address never broken, no password."""
    yield f"\nPeerpath runs. Ctrl-C stops it in order; its data stays in {data}.\n"
    yield _row("", f"{'API (with /metrics)':<27} worker")
    for name, url in urls.apis.items():
        yield _row(name, f"{url}/docs  {urls.workers[name]}/metrics")
    if certificate:
        yield _row("certificate", "as anybody sees it, at")  # too long to stand beside anything
        yield f"  {certificate}"
    yield _row("mail", urls.stack.mail_page)
    yield _row("token", f"curl {urls.issuer}/token \\")
    yield _row("", "  -d person=riverside-carla -d grants=coordinator@riverside")
    yield _row("Kafka", urls.stack.kafka)
    yield _row("MongoDB", f"with the passwords in {data / ADDRESSES}")
    if people:
        yield from _people()


def _people() -> Iterator[str]:
    """Person ids, with the duty or the stage. The staff of every site are called alike."""
    yield _row("")
    staff = [
        f"SITE-{str(one.id).removeprefix(f'{one.site}-')} {one.duties[0]}"
        for one in next(iter(CASTS.values()))
    ]
    for start in range(0, len(staff), _ON_A_LINE):
        yield _row("" if start else "staff", ", ".join(staff[start : start + _ON_A_LINE]))
    yield _row("", f"where SITE is {' or '.join(CASTS)}")
    for one in PEOPLE:
        yield _row(f"{one.profile.id}", f"{one.stage} ({one.profile.site})")


def _row(name: str, where: str = "") -> str:
    return f"  {name:<15}{where}".rstrip()
