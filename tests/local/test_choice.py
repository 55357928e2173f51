"""Which real servers a test run uses."""

import pytest

from tests.deploy.compose import containers as compose
from tests.support import containers
from tests.support.stack import Kind, Unusable, choose

BOTH = {"KAFKA_URL": "kafka:9092", "MONGO_URL": "mongodb://mongo"}


def nobody_asks() -> bool:
    raise AssertionError("Docker was asked although both URLs are given")


def test_given_servers_come_first() -> None:
    """Both URLs are used without a look at Docker."""
    assert choose(BOTH, engine_answers=nobody_asks) is Kind.GIVEN


@pytest.mark.parametrize(("answers", "kind"), [(True, Kind.CONTAINERS), (False, Kind.EMBEDDED)])
def test_without_them_a_docker_engine_comes_before_the_embedded_stack(*, answers: bool, kind: Kind) -> None:
    """An engine that answers runs them in containers; without one they run embedded. An empty URL is none."""
    assert choose({"KAFKA_URL": "", "MONGO_URL": ""}, engine_answers=lambda: answers) is kind


@pytest.mark.parametrize("name", BOTH)
def test_one_url_alone_is_refused(name: str) -> None:
    """Half of the servers from elsewhere is a mistake, and is told as one."""
    with pytest.raises(Unusable, match=f"{name} is set alone: set both KAFKA_URL and MONGO_URL, or neither"):
        choose({name: BOTH[name]}, engine_answers=nobody_asks)


def test_containers_are_those_of_the_compose_file() -> None:
    """Tests run on the images that a person runs, each of an exact version, unless the environment names others."""
    assert containers.kafka_image({}) == compose()["kafka"]["image"]
    assert containers.mongo_image({}) == compose()["mongo"]["image"]
    assert containers.kafka_image({"PEERPATH_TEST_KAFKA_IMAGE": "mine:1"}) == "mine:1"
    assert containers.mongo_image({"PEERPATH_TEST_MONGO_IMAGE": "mine:2"}) == "mine:2"
