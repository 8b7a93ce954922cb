"""Label maps with so many classes that a confusion matrix would fill the memory."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_array_equal
from PIL import Image

from segeval import mean_iou
from segeval.data.label_maps.classes import label_classes
from segeval.errors import InputError
from segeval.metrics.semantic import one_image


def folders(path: Path, largest: int) -> tuple[Path, Path]:
    """Two images of 16 bits with labels up to the largest, 7 of them in blocks."""
    rng = np.random.default_rng(largest)
    for name in ("preds", "gt"):
        (path / name).mkdir(parents=True)
    for number in range(2):
        gt = rng.integers(0, largest + 1, (40, 50)).astype(np.uint16)
        gt[5:25, 5:25] = 7
        pred = np.where(rng.random(gt.shape) < 0.3, np.roll(gt, 3), gt)
        Image.fromarray(gt).save(path / "gt" / f"{number}.png")
        Image.fromarray(pred).save(path / "preds" / f"{number}.png")
    return path / "preds", path / "gt"


@pytest.mark.parametrize("settings", [{}, {"trimap": [1, 3]}, {"absent": "zero"}])
def test_counting_without_a_matrix_changes_no_number(
    settings: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preds, gt = folders(tmp_path, 300)
    classes = {label: f"c{label}" for label in range(290)}
    ignore = list(range(290, 301))
    by_matrix = mean_iou(preds, gt, classes=classes, ignore=ignore, **settings).statistics
    monkeypatch.setattr(one_image, "MOST_CELLS", 0)
    directly = mean_iou(preds, gt, classes=classes, ignore=ignore, **settings).statistics
    for name in ("offsets", "category", "pixels"):
        assert_array_equal(getattr(directly, name), getattr(by_matrix, name))
    assert by_matrix.pixels[..., 3].any()  # predicted as labels that are not evaluated


def test_all_values_of_16_bits_may_be_classes_but_one(tmp_path: Path) -> None:
    preds, gt = folders(tmp_path, 60_000)
    assert 0.3 < (mean_iou(preds, gt, classes=60_001).scores.miou or 0) < 0.8
    assert len(label_classes(65_534)) == 65_534
    with pytest.raises(InputError, match="65,535 classes, expected at most 65,534"):
        label_classes(65_535)


def test_an_unknown_label_is_found_without_a_matrix(tmp_path: Path) -> None:
    preds, gt = folders(tmp_path, 60_000)
    with pytest.raises(InputError, match=r"has the label \d+, expected 0\.\.49999"):
        mean_iou(preds, gt, classes=50_000)
