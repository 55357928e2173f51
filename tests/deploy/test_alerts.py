"""The alert rules name metrics that are there, and say what to do."""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client import Counter, Gauge, Histogram

from services.notifications import attempt
from shared import telemetry

ROOT = Path(__file__).parents[2]
FILE = ROOT / "deploy/observability/alerts.yaml"
Json = dict[str, Any]

TARGET = frozenset({"job", "instance"})
"""Labels that Prometheus gives every series by itself."""
FOREIGN: Mapping[str, frozenset[str]] = {
    "up": TARGET,
    "kafka_consumergroup_lag": frozenset({"consumergroup", "topic", "partition"}),
    "kafka_consumergroup_current_offset": frozenset({"consumergroup", "topic", "partition"}),
}
"""Prometheus' own, and kafka_exporter's."""
WORDS = frozenset({"by", "and", "or", "on", "unless", "without"})


def rules() -> list[Json]:
    return [rule for group in yaml.safe_load(FILE.read_text("utf-8"))["groups"] for rule in group["rules"]]


RULES = pytest.mark.parametrize("rule", rules(), ids=[rule["alert"] for rule in rules()])


def ours() -> Mapping[str, frozenset[str]]:
    """The series of every metric that is declared, each with its labels."""
    found: dict[str, frozenset[str]] = {}
    declared = [*vars(telemetry).values(), *vars(attempt).values()]
    for metric in declared:
        if isinstance(metric, Counter | Gauge | Histogram):
            [described] = metric.describe()
            labels = frozenset(metric._labelnames) | TARGET
            endings = {Counter: ("_total",), Gauge: ("",), Histogram: ("_bucket", "_count", "_sum")}[
                type(metric)
            ]
            for ending in endings:
                found[described.name + ending] = labels | ({"le"} if ending == "_bucket" else set())
    return found


SERIES = {**FOREIGN, **ours()}


def wanted(expression: str) -> Iterator[tuple[str, frozenset[str]]]:
    """The metrics of an expression, each with the labels that are matched on it."""
    without_lists = re.sub(r"\b(?:by|on)\s*\([^)]*\)", "", expression)
    without_ranges = re.sub(r"\[\w+\]", "", without_lists)
    for name, matchers in re.findall(
        r"\b([a-z_]\w*)\b(?!\s*\()(?:\{([^}]*)\})?", _quoted_away(without_ranges)
    ):
        if name not in WORDS:
            yield name, frozenset(re.findall(r"(\w+)\s*(?:=~|!~|!=|=)", matchers))


def _quoted_away(expression: str) -> str:
    return re.sub(r'"[^"]*"', '""', expression)


def grouped(expression: str) -> frozenset[str]:
    """The labels that are kept where an expression sums over others; empty where it keeps all."""
    lists = re.findall(r"\b(?:max|sum|count)\s+by\s*\(([^)]*)\)", expression)
    return frozenset(name.strip() for one in lists for name in one.split(","))


@RULES
def test_every_metric_of_a_rule_exists_with_its_labels(rule: Json) -> None:
    """A rule over a metric or label that nobody sets would never say anything."""
    metrics = list(wanted(rule["expr"]))
    assert metrics
    for name, labels in metrics:
        assert name in SERIES, f"nobody measures {name}"
        assert labels <= SERIES[name], f"{name} has no label {sorted(labels - SERIES[name])}"
    known = frozenset[str]().union(*(SERIES[name] for name, _ in metrics))
    assert grouped(rule["expr"]) <= known


@RULES
def test_every_rule_says_what_it_is_and_what_to_do(rule: Json) -> None:
    """Its form is Prometheus', its text names labels that are left, and its runbook is there."""
    assert rule.keys() <= {"alert", "expr", "for", "labels", "annotations"}
    assert re.fullmatch(r"Peerpath[A-Z]\w+", rule["alert"])
    assert re.fullmatch(r"\d+[smh]", rule.get("for", "1m"))
    assert rule["labels"]["severity"] in ("page", "ticket")
    assert rule["annotations"].keys() == {"summary", "description", "runbook"}
    left = grouped(rule["expr"]) or frozenset[str]().union(
        *(SERIES[name] for name, _ in wanted(rule["expr"]))
    )
    text = rule["annotations"]["summary"] + rule["annotations"]["description"]
    assert set(re.findall(r"\$labels\.(\w+)", text)) <= left
    file, _, heading = rule["annotations"]["runbook"].partition("#")
    headings = re.findall(r"^#+ (.+)$", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    assert heading in {re.sub(r"[^\w -]", "", one).lower().replace(" ", "-") for one in headings}


def test_names_are_given_once() -> None:
    """Two rules of one name would be told apart by nobody."""
    names = [rule["alert"] for rule in rules()]
    assert len(names) == len(set(names))


def test_a_metric_or_label_that_is_not_there_would_be_found() -> None:
    """The check above sees names, matchers and groupings, and takes neither functions nor texts for metrics."""
    expression = 'sum by (service) (rate(peerpath_made_up_total{colour=~"red|of up"}[5m])) / on (x) up > 0'
    assert list(wanted(expression)) == [("peerpath_made_up_total", {"colour"}), ("up", frozenset())]
    assert grouped(expression) == {"service"}
