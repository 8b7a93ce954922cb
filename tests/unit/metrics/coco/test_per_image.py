"""What each image alone would score."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.metrics.coco import per_image
from tests.parity.scenes import clean_pair
from tests.unit.metrics.strips import Records, evaluate, exact, strip

A, B, NOWHERE = strip(0, 20), strip(40, 60), strip(150, 170)


def test_an_image_has_its_ap_and_its_counts() -> None:
    objects: Records = [{"mask": A}, {"mask": B}, {"mask": A, "image_id": 2}]
    found: Records = [{"mask": NOWHERE, "image_id": 2}, {"mask": A}, {"mask": A, "image_id": 2}]
    first, second, third = evaluate(objects, found, images=3).first.images
    assert (first.id, first.file_name, first.gt, first.preds) == (1, "1.jpg", 2, 1)
    assert (first.ap, first.ap50) == (exact(51 / 101), exact(51 / 101))
    assert (first.tp50, first.fp50, first.fn50) == (1, 0, 1)
    assert (second.ap, second.tp50, second.fp50, second.fn50) == (exact(1 / 2), 1, 1, 0)
    assert (third.ap, third.gt, third.tp50, third.fp50, third.fn50) == (None, 0, 0, 0, 0)


def test_counts_need_the_threshold_of_one_half() -> None:
    (image,) = evaluate([{"mask": A}], [{"mask": A}], thresholds=[0.6]).first.images
    assert image.ap == exact(1)
    assert (image.ap50, image.tp50, image.fp50, image.fn50) == (None, None, None, None)


@pytest.mark.parametrize("lvis", [False, True])
@pytest.mark.parametrize("seed", range(15))
def test_the_scores_of_an_image_are_those_of_evaluating_it_alone(
    seed: int, lvis: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(per_image, "CELLS_AT_A_TIME", 3)
    preds, gt = clean_pair(seed, lvis=lvis)
    result = average_precision(preds, gt)
    assert [image.id for image in result.first.images] == sorted(i["id"] for i in gt["images"])
    for image in result.first.images:
        alone = average_precision(preds, gt, images=[image.id])
        assert (image.ap, image.ap50) == (alone.ap, alone.ap50)
        assert (image.gt, image.preds) == (alone.first.overall.gt, len(alone.matches))


def test_the_counts_of_all_images_add_up() -> None:
    preds, gt = clean_pair(21)
    result = average_precision(preds, gt)
    images = result.first.images
    true = result.matches.matched() & ~result.matches.ignored()
    assert sum(image.tp50 or 0 for image in images) == np.count_nonzero(true)
    assert sum(image.gt for image in images) == result.first.overall.gt
    assert all(image.fn50 == image.gt - (image.tp50 or 0) for image in images)


def test_images_come_with_the_dictionary_only_if_asked_for() -> None:
    result = evaluate([{"mask": A}], [{"mask": A}])
    assert "images" not in result.to_dict()["results"]["segm"]
    images: list[dict[str, Any]] = result.to_dict(per_image=True)["results"]["segm"]["images"]
    assert list(images[0]) == [
        "id", "file_name", "gt", "preds", "ap", "ap50", "tp50", "fp50", "fn50",
    ]  # fmt: skip
