"""Nothing about a person gets into a log, whatever the level and whatever goes wrong."""

import io
import logging
from collections.abc import Iterator
from contextlib import redirect_stdout
from pathlib import Path

import httpx
import pytest
import structlog

from shared.domain.errors import Conflict
from shared.domain.people import Grant, Role
from shared.ids import new_id
from shared.logs import QUIET, configure_logs, told
from tests.recruitment.running import site
from tests.support.ledger_process import ServiceProcess, issuer_served, service_process
from tests.support.stack import Stack

CANARIES = (
    "Canary",
    "canary@example.org",
    "canary-statement",
    "canary-person",
    "canary-path",
    "canary-field",
)


@pytest.fixture
def output() -> Iterator[io.StringIO]:
    """What a process with debug logs writes; logging is afterwards as it was."""
    root, before = logging.getLogger(), logging.getLogger().handlers[:]
    levels = {name: logging.getLogger(name).level for name in (*QUIET, "")}
    text = io.StringIO()
    try:
        with redirect_stdout(text):
            configure_logs("training", "api", "debug")
            yield text
    finally:
        for name, level in levels.items():
            logging.getLogger(name).setLevel(level)
        root.handlers[:] = before
        structlog.reset_defaults()
        structlog.contextvars.clear_contextvars()


def caught(problem: Exception, cause: Exception | None = None) -> Exception:
    """The problem as it is after it was raised."""
    try:
        raise problem from cause  # noqa: TRY301 - the traceback is what matters
    except Exception as raised:
        return raised


def test_an_error_of_a_library_is_told_without_its_text() -> None:
    """Kind and place of an error and of its cause are told; words that others put into it are not."""
    said = told(caught(ValueError("canary"), KeyError("canary")))
    assert "builtins.ValueError" in said
    assert "builtins.KeyError" in said
    assert f"{__file__}:" in said
    assert "canary" not in said
    group = told(caught(ExceptionGroup("canary", [caught(OSError("canary"))])))
    assert "builtins.OSError" in group
    assert "canary" not in group


def test_an_error_of_ours_keeps_its_text() -> None:
    """What we word ourselves names things and no people, and helps whoever reads the log."""
    assert "This tally is open already" in told(caught(Conflict("tally_open", "This tally is open already.")))


def test_every_logger_s_exceptions_are_told_alike(output: io.StringIO) -> None:
    """An exception that a library logs, or ours, is one line of JSON without its text."""
    problem = caught(ValueError("canary"))
    logging.getLogger("uvicorn.error").error("failed", exc_info=problem)
    structlog.get_logger("ours").error("failed", exc_info=problem)
    lines = output.getvalue().splitlines()
    assert len(lines) == 2
    assert all('"exception": "builtins.ValueError' in line and "canary" not in line for line in lines)


@pytest.mark.parametrize("library", QUIET)
def test_libraries_never_speak_below_a_warning(output: io.StringIO, library: str) -> None:
    """Even with debug logs, what libraries tell of what they carry is not written."""
    logger = logging.getLogger(f"{library}.part")
    logger.debug("canary")
    logger.info("canary")
    logger.warning("something is wrong")
    assert "canary" not in output.getvalue()
    assert "something is wrong" in output.getvalue()


def everything_in(folder: Path) -> str:
    """What is written in the files of a folder."""
    return "".join(file.read_text() for file in sorted(folder.iterdir()))


async def test_a_whole_application_leaves_no_trace_of_the_person(stack: Stack, tmp_path: Path) -> None:
    """With debug logs somebody applies, is looked for, is refused and fails: the log holds no word of theirs."""
    async with issuer_served() as issuer:
        process = ServiceProcess(
            module="services.recruitment",
            role="all",
            mongo_url=stack.mongo_url,
            kafka_url=stack.kafka_url,
            issuer_url=issuer.discovery()["issuer"],
            database=f"recruitment-{new_id()}",
            logs=tmp_path,
            more={"LOG_LEVEL": "debug"},
        )
        token = issuer.token("canary-person")
        async with (
            service_process(process),
            httpx.AsyncClient(base_url=process.url, trust_env=False) as client,
        ):
            admin = {
                "Authorization": f"Bearer {issuer.token('olga', Grant(role=Role.SITE_ADMIN, site='leeds'))}"
            }
            assert (await client.put("/v1/sites/leeds", json=site(), headers=admin)).status_code == 200
            answer = await client.post("/v1/applications", json=APPLICATION)
            assert answer.status_code == 202, answer.text
            headers = {"Authorization": f"Bearer {token}"}
            assert (await client.get("/v1/candidates/canary-path", headers=headers)).status_code == 404
            wrong = {**APPLICATION, "canary-field": "x", "email": "canary@example.org!"}
            assert (await client.post("/v1/applications", json=wrong)).status_code == 422
            forged = {"Authorization": "Bearer canary-person.x.y"}
            assert (await client.get("/v1/candidates/canary-path", headers=forged)).status_code == 401
            assert (await client.get("/canary-path")).status_code == 404
        written = everything_in(tmp_path)
    assert '"serving"' in written
    assert [canary for canary in CANARIES if canary in written] == []


APPLICATION = {
    "name": "Canary Name",
    "email": "canary@example.org",
    "site": "leeds",
    "programme": "core",
    "lived_experience": True,
    "consents": [{"code": "data_processing", "version": "1"}],
    "references": [
        {"name": "Canary Friend", "email": "friend-canary@example.org"},
        {"name": "Canary Colleague", "email": "colleague-canary@example.org"},
    ],
    "statement": "canary-statement",
}
