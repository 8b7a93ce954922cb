"""Weights of images equal files in which every image stands so often, scored by the packages."""

from __future__ import annotations

from dataclasses import replace
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.analysis.official import verify
from segeval.analysis.resampling.average_precision import of_result
from segeval.analysis.verification import Verification
from segeval.metrics.coco.protocol import LVIS_FIXED
from tests.parity.scenes import Pair, clean_pair
from tests.unit.metrics.coco.test_matches import repeated

NEEDS_LVIS = pytest.mark.skipif(
    find_spec("lvis") is None, reason="the official package lvis is not installed"
)

PATHS: dict[str, tuple[str, ...]] = {
    "AP": ("ap",), "AP50": ("ap50",), "AP75": ("ap75",), "AR100": ("ar",), "AR": ("ar",),
    **{f"{key}{name[0]}": ("sizes", name, key.lower())
       for key in ("AP", "AR") for name in ("small", "medium", "large")},
    **{f"AP{name[0]}": ("frequencies", name, "ap") for name in ("rare", "common", "frequent")},
}  # fmt: skip
"""Where the packages' numbers are in our JSON; AR under lower caps is not weighted."""


def scene(seed: int, **settings: Any) -> Pair:
    """A pair whose predictions all have different scores."""
    preds, gt = clean_pair(seed, **settings)
    scores = np.random.default_rng([seed, 2]).permutation(len(preds)) / max(len(preds), 1)
    return [{**p, "score": float(s)} for p, s in zip(preds, scores, strict=True)], gt


def weights_of(seed: int, pair: Pair) -> dict[int, int]:
    """Random numbers of copies by image id; at least one image stays."""
    ids = sorted(image["id"] for image in pair[1]["images"])
    weights = np.random.default_rng([seed, 4]).integers(0, 4, len(ids))
    weights[0] = 2
    return dict(zip(ids, weights.tolist(), strict=True))


def assert_weighted_as(verification: Verification, weighted: dict[tuple[Any, ...], float]) -> None:
    """Numbers under weights are the package's of the repeated files; undefined ones are -1 there.

    Its curves of single categories are those of our compat mode, to the last bit.
    """
    assert verification.official_error is None
    assert verification.curve_difference == 0
    found = {}
    for row in verification.rows:
        path = PATHS.get(row.key.partition("@")[0])
        if path is not None:
            ours = weighted[(row.iou, *path)]
            found[row.iou, *path] = row.official
            wanted = np.nan if row.official == -1 else row.official
            np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12, err_msg=row.key)
    assert len(found) >= 8
    for iou, scores in verification.compat.scores.items():
        for category in scores.categories:
            wanted = np.nan if category.ap is None else category.ap
            ours = weighted[iou, "categories", category.id, "ap"]
            np.testing.assert_allclose(ours, wanted, rtol=0, atol=1e-12)


def weighted_numbers(
    pair: Pair, weights: dict[int, int], **settings: Any
) -> dict[tuple[Any, ...], float]:
    own = of_result(average_precision(*pair, **settings))
    (numbers,) = own.numbers(np.array([list(weights.values())]))
    return dict(zip(own.paths, numbers.tolist(), strict=True))


@pytest.mark.parametrize("iou", ["segm", "bbox"])
@pytest.mark.parametrize("seed", range(6))
def test_weights_equal_repeated_images_by_pycocotools(seed: int, iou: str) -> None:
    pair = scene(seed, boxes=iou == "bbox")
    weights = weights_of(seed, pair)
    official = verify(*repeated(pair, weights), iou=iou)
    assert_weighted_as(official, weighted_numbers(pair, weights, iou=iou))


@NEEDS_LVIS
@pytest.mark.parametrize("iou", ["segm", "bbox"])
@pytest.mark.parametrize("seed", range(6))
def test_weights_equal_repeated_images_by_lvis(seed: int, iou: str) -> None:
    pair = scene(seed, lvis=True, boxes=iou == "bbox")
    weights = weights_of(seed, pair)
    official = verify(*repeated(pair, weights), iou=iou)
    assert_weighted_as(official, weighted_numbers(pair, weights, iou=iou))


@NEEDS_LVIS
@pytest.mark.parametrize("seed", range(6))
def test_weights_equal_repeated_images_by_lvis_after_fixed_aps_cut(seed: int) -> None:
    pair = scene(seed, lvis=True)
    weights = weights_of(seed, pair)
    records, gt = repeated(pair, weights)
    kept = []
    for category in gt["categories"]:
        own = [record for record in records if record["category_id"] == category["id"]]
        kept += sorted(own, key=lambda record: -record["score"])[:4]
    official = verify(kept, gt, max_dets=0)
    rules = replace(LVIS_FIXED, max_dets=(4,))
    assert_weighted_as(official, weighted_numbers(pair, weights, protocol=rules))
