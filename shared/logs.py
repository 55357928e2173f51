"""Logs: one JSON object a line on standard output, for ours and every library's, and nothing about a person in it."""

import logging
import sys
import traceback
from typing import Any, TextIO

import structlog
from opentelemetry import trace

OURS = ("shared.", "services.")
"""Whose errors word their text without personal data; what others write into theirs nobody knows."""

QUIET = (
    "aiokafka",
    "aiosmtplib",
    "asyncio",
    "httpcore",
    "httpx",
    "motor",
    "pymongo",
    "uvicorn.access",
)
"""Libraries that below WARNING tell what they carry: documents, addresses, recipients."""


def configure_logs(service: str, role: str, level: str, *, to: TextIO | None = None) -> None:
    """Send every log to standard output (or `to`) as JSON, from `level` up."""
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _told,
        _with_trace,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(to or sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
    for name in QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, logging.root.level))
    structlog.contextvars.bind_contextvars(service=service, role=role)


def _with_trace(_: Any, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        entry["trace_id"] = format(context.trace_id, "032x")
    return entry


def _told(_: Any, __: str, entry: structlog.typing.EventDict) -> structlog.typing.EventDict:
    """Replace an exception by what may be told of it."""
    given = entry.pop("exc_info", None)
    if given is True:
        given = sys.exc_info()
    problem = given[1] if isinstance(given, tuple) else given
    if isinstance(problem, BaseException):
        entry["exception"] = told(problem)
    return entry


def told(problem: BaseException) -> str:
    """An exception's kind and where it was raised, with those that led to it; its text only if it is one of ours."""
    lines: list[str] = []
    link: BaseException | None = problem
    while link is not None:
        kind = type(link)
        named = f"{kind.__module__}.{kind.__qualname__}"
        lines.append(f"{named}: {link}" if named.startswith(OURS) else named)
        lines += [
            f"  {one.filename}:{one.lineno} {one.name}" for one in traceback.extract_tb(link.__traceback__)
        ]
        if isinstance(link, BaseExceptionGroup):
            lines += [f"| {line}" for part in link.exceptions for line in told(part).splitlines()]
        link = link.__cause__ or (None if link.__suppress_context__ else link.__context__)
    return "\n".join(lines)
