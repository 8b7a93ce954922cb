"""Scores times the quality of masks, wherever the records are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.errors import FormatError, InputError
from segeval.rescore.mask_scoring import rescore_mask_score


def row(score: float, quality: Any, box: list[int]) -> dict[str, Any]:
    """A prediction with a quality."""
    return {
        "image_id": 1, "category_id": 1, "score": score, "bbox": box, "mask_score": quality,
    }  # fmt: skip


GT: dict[str, Any] = {
    "images": [{"id": 1, "height": 100, "width": 100}],
    "categories": [{"id": 1, "name": "a"}],
    "annotations": [
        {
            "id": k,
            "image_id": 1,
            "category_id": 1,
            "bbox": [50 * k, 0, 10, 10],
            "area": 100,
            "iscrowd": 0,
        }
        for k in (0, 1)
    ],
}
# IoU 0.6 with the first object, 0.8 with the second
PREDS = [row(0.9, 0.6, [0, 0, 10, 6]), row(0.8, 0.8, [50, 0, 10, 8])]


def test_the_worked_example() -> None:
    found = rescore_mask_score(PREDS).predictions
    assert found.score.tolist() == pytest.approx([0.54, 0.64])
    before, after = (
        average_precision(each, GT, iou="bbox", thresholds=0.75).ap for each in (PREDS, found)
    )
    assert before == pytest.approx(0.252475, abs=1e-6)
    assert after == pytest.approx(0.504950, abs=1e-6)


def test_the_geometric_mean_of_one_half_ranks_like_the_product() -> None:
    found = rescore_mask_score(PREDS, share=0.5).predictions
    assert found.score.tolist() == pytest.approx([0.54**0.5, 0.64**0.5])
    assert rescore_mask_score(PREDS, share=0).scores.changed == 0


@pytest.mark.parametrize("name", ["preds.json", "preds.jsonl"])
def test_files_give_what_records_give(name: str, tmp_path: Path) -> None:
    lines = [json.dumps(each) for each in PREDS]
    text = "\n".join(lines) if name.endswith("l") else f"[{','.join(lines)}]"
    (tmp_path / name).write_text(text)
    found = rescore_mask_score(tmp_path / name)
    assert found.predictions.score.tolist() == pytest.approx([0.54, 0.64])


@pytest.mark.parametrize("is_good", [True, False])
def test_it_helps_where_quality_is_predicted_well_and_else_says_so(is_good: bool) -> None:
    rng = np.random.default_rng(0)
    images, preds = range(60), []
    for image in images:
        side = int(rng.integers(4, 11))
        quality = side / 10 if is_good else float(rng.random())
        preds.append({**row(float(rng.random()), quality, [0, 0, 10, side]), "image_id": image})
    gt = {
        **GT,
        "images": [{"id": image, "height": 100, "width": 100} for image in images],
        "annotations": [{**GT["annotations"][0], "id": i, "image_id": i} for i in images],
    }
    found = rescore_mask_score(preds, gt=gt)
    gain = found.scores.gain
    assert gain is not None
    assert gain.interval is not None
    assert (gain.interval[0] > 0.02) == is_good
    assert [note.code for note in found.notes] == ([] if is_good else ["no-gain"])


def test_quality_beyond_its_range_is_cut_off() -> None:
    assert rescore_mask_score([row(0.5, 1.2, [0, 0, 1, 1])]).predictions.score.tolist() == [0.5]


def test_a_record_without_quality_is_refused() -> None:
    told = "1 of 2 predictions has no number in the field mask_score, the first is prediction #1"
    with pytest.raises(InputError, match=told):
        rescore_mask_score([PREDS[0], {**PREDS[1], "mask_score": None}])
    with pytest.raises(InputError, match="all 2 predictions have no number in the field quality"):
        rescore_mask_score(PREDS, field="quality")
    with pytest.raises(FormatError, match="mask_score is not a number"):
        rescore_mask_score([{**PREDS[0], "mask_score": "good"}])


def test_the_score_of_the_class_is_taken_where_score_is_the_product_already() -> None:
    records = [{**PREDS[0], "score": 0.54, "box_score": 0.9}, PREDS[1]]
    assert rescore_mask_score(records).predictions.score == pytest.approx([0.54, 0.64])
