"""`run`: the platform on fixed ports with people in it, until Ctrl-C."""

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.table import Table

from deploy.local.demo import CASTS, PEOPLE, populate
from deploy.local.people import StoryBroken
from deploy.local.platform import Platform, PlatformPorts, PlatformUrls
from deploy.local.stack import Say


async def keep_running(*, data: Path, ports: PlatformPorts, demo: bool, say: Say) -> None:
    """Starts the platform, makes the demo people, shows where everything is and waits.

    A demo that fails is told and leaves the platform running, so that it can be looked into.

    Raises:
        StackError: something could not start, or a process ended by itself.
    """
    async with Platform(data=data, ports=ports, say=say) as platform:
        certificate = None
        if demo:
            try:
                certificate = await populate(platform.urls, data=data, say=say)
            except StoryBroken as problem:
                say(f"demo: not complete: {problem}")
        show(platform.urls, people=demo, certificate=certificate)
        await platform.until_a_child_dies()


def show(urls: PlatformUrls, *, people: bool, certificate: str | None) -> None:
    """Where everything is, and as whom to sign in."""
    table = Table(title="Peerpath runs here; Ctrl-C stops it in order", title_justify="left")
    table.add_column("what")
    table.add_column("where", overflow="fold")
    for what, where in _rows(urls):
        table.add_row(what, where)
    if certificate:
        table.add_row("a certificate, as anybody sees it", certificate)
    if people:
        table.add_section()
        for what, where in _people():
            table.add_row(what, where)
    Console().print(table)


def _rows(urls: PlatformUrls) -> Iterator[tuple[str, str]]:
    for name, url in urls.apis.items():
        yield f"{name}: API and its pages", f"{url}/docs"
        yield f"{name}: metrics of the API", f"{url}/metrics"
    for name, url in urls.workers.items():
        yield f"{name}: worker's health", f"{url}/health/ready"
        yield f"{name}: metrics of the worker", f"{url}/metrics"
    yield "every mail that was sent", urls.stack.mail_page
    yield "a token for anybody", f"curl {urls.issuer}/token -d person=ID -d grants='ROLE@SITE'"
    yield "Kafka", urls.stack.kafka
    for name, url in urls.stack.mongo.items():
        yield f"MongoDB: {name}", url


def _people() -> Iterator[tuple[str, str]]:
    """Person ids, with the role or the stage."""
    for site, cast in CASTS.items():
        yield f"staff of {site}", "\n".join(f"{member.id} ({member.duties[0]})" for member in cast)
    mentors = (f"{one.profile.id} at {one.profile.site}: {one.stage}" for one in PEOPLE)
    yield "mentors", "\n".join(mentors)
