"""Metrics and traces: Prometheus, OpenTelemetry."""

from opentelemetry import propagate, trace
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF, DEFAULT_ON
from prometheus_client import Counter, Gauge, Histogram

LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)

EVENTS_HANDLED = Counter("peerpath_events_handled_total", "Events that took effect.", ["service", "type"])
EVENTS_SKIPPED = Counter(
    "peerpath_events_skipped_total", "Events with no effect here.", ["service", "type", "why"]
)
EVENTS_PARKED = Counter("peerpath_events_parked_total", "Events parked, followers included.", ["service"])
PARKED_KEYS = Gauge("peerpath_parked_keys", "Keys parked now.", ["service"])
PARKED_FAILED = Gauge(
    "peerpath_parked_events_failed",
    "Parked events by what they failed of, without those that only follow; the rarest classes as 'other'.",
    ["service", "error"],
)
PARKED_OLDEST = Gauge(
    "peerpath_parked_oldest_seconds", "How long the longest parked key has been.", ["service"]
)
PARKED_RETRIED = Counter(
    "peerpath_parked_retried_total", "Parked events retried or discarded, by outcome.", ["service", "outcome"]
)
LOOP_HELD_UP = Gauge(
    "peerpath_loop_held_up",
    "1 where a loop does not get round (state 'stuck') or waits for something outside ('waiting').",
    ["service", "loop", "state"],
)
REACTION_LAG = Histogram(
    "peerpath_event_age_seconds",
    "Age of an event when it took effect.",
    ["service"],
    buckets=(*LATENCY, 60, 600),
)
BATCH_RETRIES = Counter("peerpath_batch_retries_total", "Batches decided again.", ["service", "why"])
RELAYED = Counter("peerpath_outbox_relayed_total", "Outbox rows acknowledged by Kafka.", ["service"])
OUTBOX_AGE = Gauge("peerpath_outbox_oldest_seconds", "Age of the oldest outbox row that is due.", ["service"])
OUTBOX_ROWS = Gauge("peerpath_outbox_rows", "Outbox rows that wait to be sent.", ["service"])
COMMANDS = Counter("peerpath_commands_total", "Commands by outcome.", ["service", "outcome"])
COMMIT_SECONDS = Histogram("peerpath_commit_seconds", "Time a change waited to be saved.", buckets=LATENCY)
REQUEST_SECONDS = Histogram(
    "peerpath_http_request_seconds",
    "Time to answer.",
    ["service", "method", "route", "status"],
    buckets=LATENCY,
)

THROTTLED = Counter(
    "peerpath_throttled_total", "Requests refused to callers who came too often.", ["service", "throttle"]
)
REQUESTS_AT_ONCE = Gauge("peerpath_http_requests_at_once", "Requests being worked on now.", ["service"])

tracer = trace.get_tracer("peerpath")


def configure_traces(service: str, endpoint: str | None) -> None:
    """Export traces over OTLP/HTTP to `endpoint`; without one, trace ids still flow and nothing is recorded."""
    resource = Resource.create({"service.name": f"peerpath-{service}"})
    provider = TracerProvider(resource=resource, sampler=DEFAULT_ON if endpoint else ALWAYS_OFF)
    if endpoint:
        # Imported here: the exporter costs some 10 MB that a process without a collector need not pay.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.trace.export import BatchSpanProcessor

        exporter = OTLPSpanExporter(endpoint=f"{endpoint.rstrip('/')}/v1/traces")
        provider.add_span_processor(BatchSpanProcessor(exporter))
    trace.set_tracer_provider(provider)


def current_traceparent() -> str | None:
    """The W3C `traceparent` of what is going on now, to travel with an event."""
    carrier: dict[str, str] = {}
    propagate.inject(carrier)
    return carrier.get("traceparent")


def link_to(traceparent: str) -> trace.Link | None:
    """A link from a batch to the trace of one event in it; None when the header is not a valid one."""
    context = trace.get_current_span(propagate.extract({"traceparent": traceparent})).get_span_context()
    return trace.Link(context) if context.is_valid else None
