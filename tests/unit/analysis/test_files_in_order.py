"""Files of several models in another order than predictions, then ground truth."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.analysis import error_differences
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from tests.panoptic_build import build, drawing, segment

FILES = {"a.json": "model_a.json", "b.json": "model_b.json", "gt.json": "gt.json"}


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = furniture().to_json()
    for name, source in FILES.items():
        (tmp_path / name).write_bytes(texts[source])
    monkeypatch.chdir(tmp_path)


def oracles(a: Any, b: Any, gt: Any) -> object:
    return segeval.oracles([a, b], gt)


@pytest.mark.parametrize("order", [("gt.json", "a.json"), ("a.json", "gt.json")])
@pytest.mark.parametrize(
    ("function", "call"),
    [
        (segeval.compare, "compare('a.json', 'b.json', 'gt.json')"),
        (error_differences, "error_differences('a.json', 'b.json', 'gt.json')"),
        (oracles, "oracles(['a.json', 'b.json'], 'gt.json')"),
    ],
)
@pytest.mark.usefixtures("in_folder")
def test_ground_truth_that_is_not_the_last_file_is_named(
    function: Callable[..., object], call: str, order: tuple[str, str]
) -> None:
    with pytest.raises(InputError) as caught:
        function(*order, "b.json")
    assert str(caught.value) == (
        "gt.json is ground truth (its annotations have no score), and b.json, which stands in its "
        f"place, holds predictions. The ground truth comes last: `{call}`"
    )
    assert (caught.value.code, caught.value.path) == ("swapped", "gt.json")


@pytest.mark.usefixtures("in_folder")
def test_runs_and_further_models_stay_in_their_order() -> None:
    with pytest.raises(InputError, match=r"`compare\(\('a.json', 'b.json'\), 'a.json', 'gt.json'"):
        segeval.compare(("a.json", "b.json"), "gt.json", "a.json")
    with pytest.raises(InputError, match=r"'b.json', 'gt.json', others=\['a.json', 'a.json'\]\)`"):
        segeval.compare("gt.json", "a.json", "a.json", others=["b.json", "a.json"])


@pytest.mark.usefixtures("in_folder")
def test_other_mistakes_are_told_as_before() -> None:
    with pytest.raises(InputError, match=r"^a\.json: holds a list, as predictions do; "):
        segeval.compare("a.json", "no.json", "a.json")
    with pytest.raises(InputError, match=r"^gt\.json: is ground truth "):
        segeval.compare("a.json", "gt.json", "gt.json")
    with pytest.raises(InputError, match=r"no\.json"):
        segeval.compare("gt.json", "no.json", "b.json")


@pytest.mark.usefixtures("in_folder")
def test_ground_truth_that_is_missing_is_said() -> None:
    with pytest.raises(InputError) as caught:
        segeval.compare("a.json", "b.json", "a.json")
    assert str(caught.value) == (
        "a.json holds predictions, as the files before it: the ground truth is missing, expected "
        "it as the last file."
    )
    assert (caught.value.code, caught.value.path) == ("swapped", "a.json")


def test_segments_with_categories_are_no_ground_truth_of_objects(tmp_path: Path) -> None:
    image = (drawing("ab"), [segment("a", 1), segment("b", 7)])
    preds = build(tmp_path / "preds.json", image, gt=True)  # has categories, as predictions may
    (tmp_path / "list.json").write_text("[]")
    with pytest.raises(InputError, match=r"list\.json: holds a list, as predictions do; ground"):
        segeval.report(preds, tmp_path / "list.json")


def test_panoptic_ground_truth_is_named_too(tmp_path: Path) -> None:
    image = (drawing("aab"), [segment("a", 1), segment("b", 7)])
    a, b = (build(tmp_path / f"{name}.json", *[image] * 10) for name in "ab")
    gt = build(tmp_path / "gt.json", *[image] * 10, gt=True)
    for order in ((gt, a, b), (a, gt, b)):
        with pytest.raises(InputError) as caught:
            segeval.compare(*map(str, order))
        assert str(caught.value) == (
            f"{gt} is ground truth (it has categories), and {b}, which stands in its place, holds "
            f"predictions. The ground truth comes last: `compare('{a}', '{b}', '{gt}')`"
        )
