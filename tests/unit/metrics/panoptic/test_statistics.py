"""What panoptic quality keeps of every image: the same numbers, for weighted images too."""

from __future__ import annotations

import math
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import PanopticResult, panoptic_quality
from segeval.errors import MismatchError
from segeval.metrics.panoptic import PanopticStatistics, panoptic_scores
from segeval.metrics.panoptic.matching import ImageMatches
from segeval.metrics.panoptic.per_image import image_qualities
from segeval.metrics.panoptic.result import image_table
from segeval.metrics.panoptic.statistics import panoptic_statistics
from tests.panoptic_build import CATEGORIES, build

Image = tuple[Any, list[dict[str, Any]]]


def random_images(count: int, seed: int) -> tuple[list[Image], list[Image]]:
    """Predictions and ground truth: rectangles that the prediction moves by a pixel or two."""
    rng = np.random.default_rng(seed)
    sides: tuple[list[Image], list[Image]] = ([], [])
    for _ in range(count):
        maps = [np.zeros((40, 60), np.int64), np.zeros((40, 60), np.int64)]
        for number in range(1, 9):
            y, x = rng.integers(0, 25), rng.integers(0, 45)
            for ids, shift in zip(maps, (0, int(rng.integers(0, 3))), strict=True):
                ids[y + shift : y + 12 + shift, x : x + 14] = number
        categories = rng.choice([1, 2, 7], 9)
        for side, ids in zip(sides, maps, strict=True):
            listed = np.unique(ids[ids > 0]).tolist()
            side.append((ids, [{"id": i, "category_id": int(categories[i])} for i in listed]))
    return sides


def evaluated(
    folder: Path, preds: list[Image], gt: list[Image], *, first: int = 1
) -> PanopticResult:
    """PQ and boundary PQ of drawings."""
    folder.mkdir(exist_ok=True)
    return panoptic_quality(
        build(folder / "preds.json", *preds, first=first),
        build(folder / "gt.json", *gt, gt=True, first=first),
        iou=("segm", "boundary"),
        boundary_px=1,
    )


def same(a: PanopticStatistics, b: PanopticStatistics) -> bool:
    """Whether all columns are equal, their dtypes too."""
    columns = [(getattr(a, f.name), getattr(b, f.name)) for f in fields(a)]
    dtypes = [getattr(x, "dtype", None) == getattr(y, "dtype", None) for x, y in columns]
    return all(dtypes) and all(np.array_equal(x, y) for x, y in columns)


def test_weights_are_copies_of_images(tmp_path: Path) -> None:
    preds, gt = random_images(6, seed=1)
    weights = np.array([2, 0, 1, 3, 0, 1])
    whole = evaluated(tmp_path / "once", preds, gt)
    copies = [place for place, times in enumerate(weights) for _ in range(times)]
    repeated = evaluated(tmp_path / "more", [preds[i] for i in copies], [gt[i] for i in copies])
    for kind, statistics in whole.statistics.items():
        assert panoptic_scores(statistics, weights) == repeated.scores[kind]
        assert panoptic_scores(statistics) == whole.scores[kind]
        assert whole.scores[kind].all.pq != repeated.scores[kind].all.pq


def test_merged_parts_equal_the_whole_in_any_order(tmp_path: Path) -> None:
    preds, gt = random_images(7, seed=2)
    whole = evaluated(tmp_path / "whole", preds, gt)
    parts = [
        evaluated(tmp_path / str(start), preds[start:stop], gt[start:stop], first=start + 1)
        for start, stop in ((0, 2), (2, 3), (3, 7))
    ]
    for kind, statistics in whole.statistics.items():
        pieces = [part.statistics[kind] for part in parts]
        early = PanopticStatistics.merge([pieces[2], pieces[0]])
        merged = PanopticStatistics.merge([early, pieces[1]])
        assert same(merged, statistics)
        assert len(merged) == 7


def test_an_image_cannot_be_in_two_parts(tmp_path: Path) -> None:
    preds, gt = random_images(2, seed=3)
    part = evaluated(tmp_path / "part", preds, gt).statistics["segm"]
    with pytest.raises(MismatchError, match=r"image id 1 is also in part #0\. 1 more like it"):
        PanopticStatistics.merge([part, part])


def test_sums_of_iou_are_those_of_fsum_however_many_there_are() -> None:
    rng = np.random.default_rng(4)
    none = np.empty(0, np.int64)
    images = [
        ImageMatches(np.zeros(n, np.int64), rng.uniform(0.5, 1.0, n), none, none)
        for n in (5000, 1, 3)
    ]
    images.append(ImageMatches(np.zeros(2, np.int64), np.array([1.0, 1.75]), none, none))
    statistics = panoptic_statistics(
        images, np.arange(4), np.array([1]), ("cell",), np.array([True]), {}
    )
    weights = np.array([1, 3, 0, 2])
    expected = [
        v for image, n in zip(images, weights, strict=True) for v in np.repeat(image.iou, n)
    ]
    found = panoptic_scores(statistics, weights).categories[0]
    assert found.tp == len(expected) == 5007
    assert found.sq == math.fsum(expected) / len(expected)


def test_an_image_and_category_take_at_most_40_bytes(tmp_path: Path) -> None:
    preds, gt = random_images(10, seed=5)
    statistics = evaluated(tmp_path / "set", preds, gt).statistics["segm"]
    by_image = {"keys", "offsets", "category", "tp", "fp", "fn", "iou_whole", "iou_units"}
    bytes_used = sum(getattr(statistics, name).nbytes for name in by_image)
    assert bytes_used <= 40 * len(statistics.category)
    assert len(asdict(statistics)["category_names"]) == len(CATEGORIES)


def test_masks_and_boundaries_do_not_merge(tmp_path: Path) -> None:
    preds, gt = random_images(1, seed=6)
    parts = evaluated(tmp_path / "set", preds, gt).statistics
    message = 'the parts were measured differently, with `iou="segm"` and with `iou="boundary"`'
    with pytest.raises(MismatchError, match=message):
        PanopticStatistics.merge([parts["segm"], parts["boundary"]])


def test_what_an_image_alone_would_score_is_what_it_scores_alone(tmp_path: Path) -> None:
    preds, gt = random_images(5, seed=8)
    preds.append((np.zeros((40, 60), np.int64), []))
    gt.append((np.zeros((40, 60), np.int64), []))
    whole = evaluated(tmp_path / "whole", preds, gt)
    for iou, statistics in whole.statistics.items():
        for place, image in enumerate(image_qualities(statistics)):
            alone = evaluated(tmp_path / f"{iou}{place}", [preds[place]], [gt[place]])
            expected = alone.scores[iou].all
            assert (image.pq, image.sq, image.rq) == (expected.pq, expected.sq, expected.rq)
            assert image.n == expected.n
            assert image.id == place + 1
            categories = alone.scores[iou].categories
            for name in ("tp", "fp", "fn"):
                assert getattr(image, name) == sum(getattr(each, name) for each in categories)
    rows = image_table(whole).records()
    defined = [row["pq"] for row in rows[:-1]]
    assert defined == sorted(defined)  # type: ignore[type-var]
    assert rows[-1]["pq"] is None
    images = whole.to_dict(per_image=True)["results"]["boundary"]["per_image"]
    assert [image["id"] for image in images] == [1, 2, 3, 4, 5, 6]
