"""One trace from a request to everything that follows from it, through Kafka, and out to a collector."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import httpx
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from opentelemetry.proto.trace.v1.trace_pb2 import Span

from shared.contracts.topics import SUPERVISION
from shared.ids import new_id
from tests.support.echo_service import ECHOING
from tests.support.ledger_process import ServiceProcess, issuer_served, service_process
from tests.support.running import Started, started, until
from tests.support.stack import Stack

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADERS = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


async def traces_of(app: Started, placement: str) -> dict[str, str]:
    """The trace id in the header of each event about a placement, by type."""
    found = {}
    for arrival in await app.events(SUPERVISION.name):
        if arrival.data and arrival.envelope and getattr(arrival.data, "placement", None) == placement:
            found[type(arrival.data).__name__] = (arrival.envelope.traceparent or "-" * 4).split("-")[1]
    return found


async def test_one_trace_from_a_request_through_kafka_to_what_follows(stack: Stack) -> None:
    """A caller's trace id is in the header of the command's event, and of the event that a reaction to it raised."""
    async with started(ECHOING, stack) as app, app.client("mentor-1") as mentor:
        tally = new_id()
        await mentor.post(f"/tallies/{tally}")
        body = {"entry": "a", "hours": 1}
        answer = await mentor.post(f"/tallies/{tally}/hours", json=body, headers=HEADERS)
        assert answer.status_code == 200

        async def both() -> bool:
            return await traces_of(app, tally) == {"HoursApproved": TRACE, "HoursReturned": TRACE}

        await until(both)


@dataclass
class Collector:
    """An OpenTelemetry collector that only remembers."""

    url: str = ""
    spans: list[Span] = field(default_factory=list)

    def named(self, *, kind: int | None = None, name: str | None = None) -> list[Span]:
        return [span for span in self.spans if kind in (None, span.kind) and name in (None, span.name)]


@contextmanager
def collector() -> Iterator[Collector]:
    """A collector on a port of this machine."""
    kept = Collector()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert self.path == "/v1/traces"
            request = ExportTraceServiceRequest.FromString(body)
            for resource in request.resource_spans:
                kept.spans += [span for scope in resource.scope_spans for span in scope.spans]
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """A test's output is for what went wrong."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    kept.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_process_exports_its_requests_and_reactions(stack: Stack, tmp_path: Path) -> None:
    """With a collector set, the request's span is in the caller's trace and the reaction's span is linked to it."""
    async with issuer_served() as issuer:
        with collector() as spans:
            process = ServiceProcess(
                module="tests.support.echo_service",
                role="all",
                mongo_url=stack.mongo_url,
                kafka_url=stack.kafka_url,
                issuer_url=issuer.discovery()["issuer"],
                database=f"traced-{new_id()}",
                logs=tmp_path,
                more={"OTLP_ENDPOINT": spans.url, "OTEL_BSP_SCHEDULE_DELAY": "100"},
            )
            headers = {"Authorization": f"Bearer {issuer.token('mentor-1')}", **HEADERS}
            async with (
                service_process(process),
                httpx.AsyncClient(base_url=process.url, trust_env=False, headers=headers) as client,
            ):
                tally = new_id()
                await client.post(f"/tallies/{tally}")
                await client.post(f"/tallies/{tally}/hours", json={"entry": "a", "hours": 1})

                async def linked() -> bool:
                    links = [link.trace_id.hex() for span in spans.named(name="react") for link in span.links]
                    return TRACE in links

                await until(linked)
    [request] = spans.named(kind=Span.SPAN_KIND_SERVER, name="POST /tallies/{tally}/hours")
    assert (request.trace_id.hex(), request.parent_span_id.hex()) == (TRACE, PARENT)
    assert {one.key: one.value.int_value for one in request.attributes}["http.response.status_code"] == 200
    assert not any(tally in str(span) for span in spans.spans)
