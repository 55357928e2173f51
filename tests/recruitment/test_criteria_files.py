"""The criteria as files: those that ship, and those of a programme beside them."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from services.recruitment.domain.criteria import SCALE
from services.recruitment.settings import CriteriaError, read_criteria, read_rubrics
from tests.recruitment.running import recruiting
from tests.recruitment.test_api import IVY, LEEDS, applied, appointment, refused
from tests.support.stack import Stack

ANCHORS = {score: f"What a {score} looks like" for score in SCALE}
OWN: dict[str, Any] = {
    "version": 3,
    "criteria": [{"code": "listening", "title": "Listening", "anchors": ANCHORS}],
}


def folder(tmp_path: Path, own: Any, programme: str = "forensic") -> Path:
    """The default criteria, and these for a programme."""
    (tmp_path / "criteria.yaml").write_text(yaml.safe_dump(OWN | {"version": 1}))
    (tmp_path / "criteria").mkdir()
    (tmp_path / "criteria" / f"{programme}.yaml").write_text(
        own if isinstance(own, str) else yaml.safe_dump(own)
    )
    return tmp_path


def test_nine_criteria_ship_with_five_anchors_each() -> None:
    """Every score of every criterion is described, no two alike."""
    criteria = read_criteria()
    anchors = [text for one in criteria.criteria for text in one.anchors.values()]
    assert len(criteria.criteria) == 9
    assert all(set(one.anchors) == set(SCALE) for one in criteria.criteria)
    assert len(set(anchors)) == 45


def test_a_programme_selects_by_its_own_criteria_and_others_by_those_that_ship(tmp_path: Path) -> None:
    """A file is chosen by the programme it is named for."""
    rubrics = read_rubrics(folder(tmp_path, OWN))
    assert (rubrics.of("forensic").rubric, rubrics.of("forensic").version) == ("forensic", 3)
    assert rubrics.of("core") == rubrics.of(None)
    assert rubrics.of(None).rubric == "default"


@pytest.mark.parametrize(
    ("own", "said"),
    [
        ("a: [", "forensic.yaml: this is no YAML; correct it"),
        ("", "forensic.yaml: version and criteria are missing; add them"),
        ({"criteria": OWN["criteria"]}, "version: Field required; add it"),
        ({**OWN, "version": 0}, "version: Input should be greater than or equal to 1; correct the value"),
        (
            {**OWN, "critera": []},
            "critera: Extra inputs are not permitted; remove it or correct its spelling",
        ),
        ({**OWN, "criteria": OWN["criteria"] * 2}, "the file: each criterion has its own code"),
        (
            {"version": 1, "criteria": [{**OWN["criteria"][0], "anchors": {1: "a", 3: " ", 5: "c"}}]},
            "criteria.0: listening has no anchor for 2, 3, 4; say what that looks like",
        ),
        (
            {"version": 1, "criteria": [{**OWN["criteria"][0], "anchors": {**ANCHORS, 6: "f"}}]},
            "criteria.0: listening has an anchor for 6; scores are 1 to 5, remove it",
        ),
    ],
)
def test_a_file_that_is_wrong_is_named_with_the_place_and_the_remedy(
    tmp_path: Path, own: Any, said: str
) -> None:
    """Whoever wrote it reads which file, where in it, and what to do."""
    with pytest.raises(CriteriaError) as wrong:
        read_rubrics(folder(tmp_path, own))
    assert str(wrong.value).startswith("forensic.yaml: ")
    assert said in str(wrong.value)


async def test_an_interview_is_scored_on_its_programme_s_own_criteria(stack: Stack, tmp_path: Path) -> None:
    """It keeps their codes and version, also when the file has changed before the cards come in."""
    async with recruiting(stack) as app, app.client("cora", LEEDS) as cora, app.client("ivy", IVY) as ivy:
        app.runtime.extras["rubrics"] = read_rubrics(folder(tmp_path, OWN, "other"))
        shown = (await ivy.get("/v1/criteria", params={"programme": "other"})).json()
        assert [one["code"] for one in shown["criteria"]] == ["listening"]
        path = f"/v1/candidates/{(await applied(app, programme='other'))['candidate']}"
        await cora.post(f"{path}/interview", json=appointment())
        app.runtime.extras["rubrics"] = read_rubrics()
        wrong = await ivy.post(f"{path}/scorecards", json={"scores": {"empathy": 3}})
        refused(wrong, 422, "scores_incomplete")
        assert (await ivy.post(f"{path}/scorecards", json={"scores": {"listening": 3}})).status_code == 201
        cards = (await cora.get(f"{path}/scorecards")).json()
        assert (cards["rubric"], cards["rubric_version"]) == ("other", 3)
