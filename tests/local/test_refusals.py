"""Each refusal of the embedded stack is one sentence that names the thing and the remedy."""

import asyncio
import errno
import hashlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from deploy.local.data import DataFolder
from deploy.local.errors import (
    BrokenDownload,
    ChildDied,
    DataDamaged,
    DataOfAnotherVersion,
    DiskFull,
    FolderUnusable,
    NotFromTheMainThread,
    NotReady,
    PortTaken,
    StackError,
    UnsupportedPlatform,
)
from deploy.local.files import write_whole
from deploy.local.jars import Jar, JarStore
from deploy.local.mongo import find_mongod
from deploy.local.ports import free_ports, is_free
from deploy.local.processes import start_child
from deploy.local.settings import LocalSettings
from deploy.local.stack import EmbeddedStack

REPOSITORY = Path(__file__).resolve().parents[2]


def quiet(_line: str) -> None:
    """Progress is for people."""


RELEASED = b"what was released"
JAR = Jar("org/example/thing/1.0/thing-1.0.jar", hashlib.sha256(RELEASED).hexdigest())
VERSIONS = {"mongodb": "6.0", "kafka": "4.3.1"}


class Mirror:
    """Answers each download with the next of its contents."""

    def __init__(self, *contents: bytes) -> None:
        self.left = list(contents)

    def download(self, path: str, folder: Path) -> None:
        file = folder / path
        assert not file.exists(), "the damaged jar was not deleted first"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(self.left.pop(0))


async def test_a_damaged_jar_is_deleted_named_and_fetched_anew(tmp_path: Path) -> None:
    """A jar whose sum is wrong never reaches the class path: it is replaced by the released one."""
    (tmp_path / JAR.path).parent.mkdir(parents=True)
    (tmp_path / JAR.path).write_bytes(b"what somebody else made of it")
    said: list[str] = []
    store = JarStore(tmp_path, jars=[JAR], download=Mirror(RELEASED).download, say=said.append)

    assert await store.class_path() == str(tmp_path / JAR.path)

    assert (tmp_path / JAR.path).read_bytes() == RELEASED
    assert any("thing-1.0.jar is damaged" in line for line in said)


async def test_a_bad_download_is_fetched_once_more(tmp_path: Path) -> None:
    """A download that arrives cut off is fetched anew, and the second one counts."""
    mirror = Mirror(b"what was rel", RELEASED)
    await JarStore(tmp_path, jars=[JAR], download=mirror.download, say=quiet).class_path()
    assert mirror.left == []


async def test_a_download_that_stays_bad_is_refused(tmp_path: Path) -> None:
    """Two bad downloads in a row end with a sentence, and with nothing left to run by mistake."""
    store = JarStore(tmp_path, jars=[JAR], download=Mirror(b"bad", b"bad").download, say=quiet)
    with pytest.raises(BrokenDownload, match=r"thing-1\.0\.jar was fetched twice .* or set KAFKA_URL"):
        await store.class_path()
    assert not (tmp_path / JAR.path).exists()


async def test_a_network_that_is_down_is_said(tmp_path: Path) -> None:
    """A jar that can't be fetched is named together with the remedy."""
    store = JarStore(tmp_path, jars=[JAR], download=Mirror().download, say=quiet)
    with pytest.raises(BrokenDownload, match=r"thing-1\.0\.jar could not be fetched .*: check the network"):
        await store.class_path()


@pytest.mark.parametrize(
    ("code", "refusal", "sentence"),
    [
        (errno.ENOSPC, DiskFull, "has no room for Kafka's jars .*: make room, or set PEERPATH_CACHE"),
        (
            errno.EACCES,
            FolderUnusable,
            r"can't be kept in .* \(Permission denied\): .* or set PEERPATH_CACHE",
        ),
    ],
)
async def test_a_cache_that_takes_nothing_is_not_blamed_on_the_network(
    tmp_path: Path, code: int, refusal: type[StackError], sentence: str
) -> None:
    """A full disk and a folder of somebody else's are each named with the setting that leads elsewhere."""

    def refuse(_path: str, _folder: Path) -> None:
        raise OSError(code, os.strerror(code))

    with pytest.raises(refusal, match=sentence):
        await JarStore(tmp_path, jars=[JAR], download=refuse, say=quiet).class_path()


async def test_a_cache_that_is_a_file_is_named(tmp_path: Path) -> None:
    """A file where the cache should be is refused with the setting that leads elsewhere."""
    (tmp_path / "cache").touch()
    with pytest.raises(FolderUnusable, match=r"can't be kept in .*/cache/jars .* or set PEERPATH_CACHE"):
        await JarStore(tmp_path / "cache" / "jars", jars=[JAR], say=quiet).class_path()


async def test_a_download_that_hangs_holds_nobody_up(tmp_path: Path) -> None:
    """Ctrl-C during the first fetch ends it at once, with 130: the downloads under way are not waited for."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        proxy = f"http://127.0.0.1:{silent.getsockname()[1]}"
        environment = {"PEERPATH_CACHE": str(tmp_path / "cache"), "HTTPS_PROXY": proxy, "HOME": str(tmp_path)}
        fetching = await start_child(
            "fetch",
            [sys.executable, "-m", "deploy.local", "fetch"],
            log_file=tmp_path / "log",
            env=environment,
            cwd=REPOSITORY,
        )
        try:
            asking, _ = await asyncio.to_thread(silent.accept)
            with asking:  # and it is never answered
                os.kill(fetching.pid, signal.SIGINT)
                assert await asyncio.wait_for(fetching.process.wait(), 30) == 128 + signal.SIGINT
        finally:
            await fetching.kill()


async def test_too_little_room_is_refused_before_anything_starts(tmp_path: Path) -> None:
    """A disk that is nearly full is named with what is free and what is needed."""
    with pytest.raises(
        DiskFull, match=r"has 500 MB free and the stack needs 1074 MB: make room, or choose .* --data"
    ):
        async with EmbeddedStack(data=tmp_path, free_bytes=lambda _folder: 500_000_000, say=quiet):
            pass
    assert not (tmp_path / "mongo.log").exists()


def test_an_unsupported_platform_is_told_what_else_works() -> None:
    """Where no mongod is bundled and none installed, the ways out are listed."""
    with pytest.raises(
        UnsupportedPlatform, match=r"this is Darwin arm64: install MongoDB 6 .*KAFKA_URL.*compose"
    ):
        find_mongod(bundled=lambda: None, on_path=lambda _name: None, machine="Darwin arm64")


def test_a_missing_package_is_told_apart_from_an_unsupported_platform() -> None:
    """On a machine the bundled mongod runs on, its absence means an incomplete installation."""
    with pytest.raises(UnsupportedPlatform, match=r"install requirements/dev\.lock, which brings it"):
        find_mongod(bundled=lambda: None, on_path=lambda _name: None, machine="Linux x86_64")


def test_a_mongod_that_cannot_run_is_quoted(tmp_path: Path) -> None:
    """A mongod that lacks a library shows what the machine says about it."""
    broken = tmp_path / "mongod"
    broken.write_text("#!/bin/sh\necho 'libcurl.so.4: no such file' >&2; exit 127\n")
    broken.chmod(0o755)
    with pytest.raises(
        UnsupportedPlatform, match=r"does not run on this machine \(libcurl\.so\.4: no such file\)"
    ):
        find_mongod(bundled=lambda: broken)


def test_data_of_another_version_is_refused(tmp_path: Path) -> None:
    """Data written by another MongoDB or Kafka is left alone, and both versions are named."""
    folder = DataFolder(tmp_path, say=quiet)
    with folder.held(VERSIONS):
        pass
    newer = VERSIONS | {"kafka": "5.0.0"}
    sentence = r"written by kafka 4\.3\.1, .* and this is kafka 5\.0\.0"
    with pytest.raises(DataOfAnotherVersion, match=sentence), folder.held(newer):
        pass


def test_versions_that_a_power_cut_left_half_written_are_told(tmp_path: Path) -> None:
    """Without its versions the data might be anybody's: the file is named with what to do."""
    (tmp_path / "versions.json").write_text('{"mongodb": "6')
    with (
        pytest.raises(DataDamaged, match=r"versions\.json can't be read: delete it if nothing was upgraded"),
        DataFolder(tmp_path, say=quiet).held(VERSIONS),
    ):
        pass


def test_passwords_that_are_damaged_are_told(tmp_path: Path) -> None:
    """New ones would open nothing, so none are made."""
    (tmp_path / "passwords.json").write_text("")
    with pytest.raises(DataDamaged, match=r"passwords\.json can't be read: bring it back, or delete"):
        DataFolder(tmp_path, say=quiet).passwords(["training"])


def test_what_ran_on_a_given_server_may_run_on_its_own_again(tmp_path: Path) -> None:
    """Only the versions of what runs now count, and the others are remembered."""
    folder = DataFolder(tmp_path, say=quiet)
    with folder.held(VERSIONS):
        pass
    with folder.held({}):
        pass
    with pytest.raises(DataOfAnotherVersion), folder.held({"kafka": "5.0.0"}):
        pass


def test_a_data_folder_that_is_a_file_is_named(tmp_path: Path) -> None:
    """A file where the folder should be is refused with the way to another one."""
    (tmp_path / "data").touch()
    with (
        pytest.raises(FolderUnusable, match=r"data can't be used as the data folder \(File exists\).*--data"),
        DataFolder(tmp_path / "data", say=quiet).held(VERSIONS),
    ):
        pass


@pytest.mark.parametrize("left", ["", "half", "-7", "99999999999999999999"])
def test_a_pid_file_that_names_nobody_is_passed_over(tmp_path: Path, left: str) -> None:
    """What a crash left half-written can't be followed, and does not keep the next run from starting."""
    (tmp_path / "kafka.pid").write_text(left)
    with DataFolder(tmp_path, say=quiet).held(VERSIONS):
        assert not (tmp_path / "kafka.pid").exists()


def test_a_file_that_is_being_written_is_whole_at_every_moment(tmp_path: Path) -> None:
    """A write that fails half-way leaves what was there."""
    file = tmp_path / "versions.json"
    write_whole(file, "old")
    with pytest.raises(UnicodeEncodeError):
        write_whole(file, "new \ud800")
    assert file.read_text() == "old"
    assert file.stat().st_mode & 0o777 == 0o600


def test_free_ports_are_different_and_none_that_the_kernel_gives_away() -> None:
    """A client's outgoing connection can never be given a port that a server is about to take."""
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert max(ports) < 32_768


def test_free_ports_are_those_that_one_may_choose() -> None:
    """All of the setting's ports are given away if need be, no other is, and the setting is named."""
    wanted = LocalSettings(free_ports="32000-32009")
    free = [port for port in wanted.free_range if is_free(port)]
    assert sorted(free_ports(len(free), settings=wanted)) == free
    with pytest.raises(PortTaken, match=r"32000 to 32009 have no 11 free ports: .* PEERPATH_FREE_PORTS"):
        free_ports(11, settings=wanted)


@contextmanager
def sleeper(*words: str | Path) -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for ever, with these words on its command line."""
    process = subprocess.Popen([sys.executable, "-c", "import signal; signal.pause()", *words])  # noqa: S603
    try:
        yield process
    finally:
        process.kill()
        process.wait()


def test_what_a_killed_run_left_is_ended(tmp_path: Path) -> None:
    """A process of ours that outlived its run is named and ended before the data is used again."""
    said: list[str] = []
    with sleeper("--dbpath", tmp_path / "mongo") as orphan:
        (tmp_path / "mongo.pid").write_text(str(orphan.pid))
        with DataFolder(tmp_path, say=said.append).held(VERSIONS):
            assert orphan.poll() is not None
    assert any(
        f"mongo of the killed run (process {orphan.pid}) still lives: ending it" in line for line in said
    )


def test_a_process_that_only_has_the_same_number_is_left_alone(tmp_path: Path) -> None:
    """A stale pid file may name a stranger: without our folder on its command line it lives on."""
    with sleeper() as stranger:
        (tmp_path / "mongo.pid").write_text(str(stranger.pid))
        with DataFolder(tmp_path, say=quiet).held(VERSIONS):
            assert stranger.poll() is None
            assert not (tmp_path / "mongo.pid").exists()


async def test_a_child_that_dies_at_start_shows_its_last_words(tmp_path: Path) -> None:
    """Waiting for a child that ended raises at once, with the last lines of its log."""
    child = await start_child("sulker", ["/bin/sh", "-c", "echo no; exit 3"], log_file=tmp_path / "log")
    with pytest.raises(ChildDied, match=r"sulker ended with code 3: see .*/log, which closes with:\n  no$"):
        await child.wait_ready("http://127.0.0.1:1/")


async def fail_to_connect() -> None:
    raise ConnectionRefusedError("nobody answers")


async def test_the_death_of_a_child_is_named_and_not_what_followed_from_it(tmp_path: Path) -> None:
    """When a client fails because its server has just died, the person reads about the server."""
    child = await start_child("sulker", ["/bin/false"], log_file=tmp_path / "log")
    with pytest.raises(ChildDied, match="sulker ended with code 1"):
        await child.bring_up(fail_to_connect())


async def test_a_child_that_could_not_be_brought_up_is_not_left_behind(tmp_path: Path) -> None:
    """When preparing a living child fails, it is ended and the failure is passed on."""
    child = await start_child("cat", ["/bin/sleep", "600"], log_file=tmp_path / "log")
    with pytest.raises(ConnectionRefusedError):
        await child.bring_up(fail_to_connect())
    assert not child.alive


async def test_a_child_that_never_gets_ready_is_named(tmp_path: Path) -> None:
    """A child that lives but does not answer in time is named with its log."""
    child = await start_child("dreamer", ["/bin/cat", "/dev/zero"], log_file=Path("/dev/null"))
    try:
        with pytest.raises(NotReady, match=r"dreamer runs but was not ready within 0 s"):
            await child.wait_ready("http://127.0.0.1:1/", within=0.1)
    finally:
        await child.kill()


async def test_a_child_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    """Stopping asks first and kills then, so that nothing is ever left."""
    stubborn = "import signal; signal.signal(15, signal.SIG_IGN); print('up', flush=True); signal.pause()"
    child = await start_child("mule", [sys.executable, "-c", stubborn], log_file=tmp_path / "log")

    async def up() -> bool:
        return "up" in (tmp_path / "log").read_text()

    await child.until(up)
    await child.stop(grace=0.1)
    assert child.process.returncode == -signal.SIGKILL


async def test_a_child_must_be_started_from_the_main_thread(tmp_path: Path) -> None:
    """Linux would end a child with the thread that started it, so another thread is refused."""

    def elsewhere() -> None:
        asyncio.run(_start_anything(tmp_path))

    with pytest.raises(NotFromTheMainThread, match="must be started from the main thread"):
        await asyncio.to_thread(elsewhere)


async def _start_anything(folder: Path) -> None:
    await start_child("anything", ["/bin/true"], log_file=folder / "log")


def test_a_child_whose_parent_is_already_gone_never_starts(tmp_path: Path) -> None:
    """The race of a parent that dies before the kernel was asked to tell: the child notices and ends."""
    command = [
        sys.executable,
        "-I",
        "-S",
        "deploy/local/die_with_parent.py",
        "1",
        "/bin/sh",
        "-c",
        "echo started",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (done.returncode, done.stdout) == (1, "")
    assert "the parent is already gone" in done.stderr
