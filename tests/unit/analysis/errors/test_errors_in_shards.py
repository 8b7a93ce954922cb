"""Error kinds of predictions that executors match shard by shard are those of one run."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from segeval import error_kinds
from segeval.analysis import error_differences
from segeval.analysis.errors.in_shards import (
    evaluate_error_differences_parts,
    evaluate_error_parts,
)
from segeval.analysis.errors.options import ErrorOptions, Resampling
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments

SCENE = furniture(images=12)


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    truth: Any = SCENE.ground_truth
    for image in truth["images"]:
        image["room"] = f"room {image['id'] % 3}"
    found = {"a": SCENE.better, "b": SCENE.weaker, "gt": truth}
    for name, value in found.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(value))
    return {name: tmp_path / f"{name}.json" for name in found}


def assert_same(found: Any, expected: Any) -> None:
    for key in ("results", "settings", "notes"):
        assert found.to_dict()[key] == expected.to_dict()[key]


def test_one_model_is_as_in_one_run(files: dict[str, Path]) -> None:
    per = ("category", "size", "slice", "confusion")
    options = ErrorOptions(per=per, slices="room", resampling=Resampling(resamples=40, seed=2))
    found = evaluate_error_parts(
        files["a"], files["gt"], Arguments(iou=("segm", "bbox")), options,
        executor=lambda: ThreadPoolExecutor(2), shards=5,
    )  # fmt: skip
    expected = error_kinds(
        files["a"], files["gt"], iou=("segm", "bbox"), per=per, slices="room", ci=True,
        resamples=40, seed=2,
    )  # fmt: skip
    assert_same(found, expected)


@pytest.mark.parametrize("shards", [None, 3])
def test_two_models_are_as_in_one_run(files: dict[str, Path], shards: int | None) -> None:
    found = evaluate_error_differences_parts(
        files["a"], files["b"], files["gt"], Arguments(thresholds=0.75),
        executor=lambda: ThreadPoolExecutor(2), shards=shards,
    )  # fmt: skip
    assert_same(found, error_differences(files["a"], files["b"], files["gt"], thresholds=0.75))


def test_numbers_of_tidecv_are_refused(files: dict[str, Path]) -> None:
    with pytest.raises(InputError, match="`compat='tidecv'` needs all matches in one place"):
        evaluate_error_parts(files["a"], files["gt"], options=ErrorOptions(compat="tidecv"))
