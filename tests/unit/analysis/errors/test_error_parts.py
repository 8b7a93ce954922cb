"""Parts of the images, and groups of images that are drawn together."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval import error_kinds
from segeval.analysis.errors.costs import costs_of
from segeval.analysis.errors.kinds import KINDS
from segeval.analysis.errors.measure import within_cap
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import evaluations
from segeval.metrics.coco.image_pairs import image_pairs
from tests.slow_errors import random_set


def scene(images: int = 24) -> tuple[Any, Any]:
    """Predictions and ground truth whose images are of two cities, the last of none."""
    preds, gt = random_set(5, images=images, masks=False)
    for each in gt["images"][:-1]:
        each["city"] = "Bern" if each["id"] % 2 else "Ulm"
    return preds, gt


def test_a_slice_has_the_numbers_of_its_images_alone() -> None:
    preds, gt = scene()
    found = error_kinds(preds, gt, iou="bbox", slices="city").first.slices
    assert [(one.name, one.images) for one in found] == [("Bern", 12), ("Ulm", 11)]
    for part in found:
        own = [each["id"] for each in gt["images"] if each.get("city") == part.name]
        alone = error_kinds(preds, gt, iou="bbox", images=own).first
        assert part.gt == alone.gt
        assert part.lost.ap == pytest.approx(alone.overall.ap, abs=1e-12)
        for kind in KINDS:
            mine, theirs = part.lost.kinds[kind], alone.overall.kinds[kind]
            assert mine.share == pytest.approx(theirs.share, abs=1e-12)
            assert mine.count == theirs.count


def test_images_in_no_slice_are_counted_in_a_note_and_in_the_document() -> None:
    preds, gt = scene()
    result = error_kinds(preds, gt, iou="bbox", slices="city")
    [note] = [note for note in result.notes if note.code == "no-slice"]
    assert note.message == "1 image has no label and is in no slice"
    own = result.to_dict()["results"]["bbox"]["slices"]
    assert list(own[0]) == ["name", "images", "gt", "ap", "kinds", "special"]
    assert "slice" in [table.name for table in result.tables]


def test_the_settings_name_a_file_of_slices(tmp_path: Path) -> None:
    preds, gt = scene()
    file = tmp_path / "cities.csv"
    rows = [f"{each['id']},{each['city']}" for each in gt["images"][:-1]]
    file.write_text("\n".join(["image,label", *rows]) + "\n")
    assert error_kinds(preds, gt, iou="bbox", slices=file).settings["slices"] == str(file)


def test_groups_are_drawn_together() -> None:
    preds, gt = scene()
    labels = {each["id"]: f"video {each['id'] // 2}" for each in gt["images"]}
    single, grouped = (
        error_kinds(preds, gt, iou="bbox", ci=True, resamples=40, groups=groups)
        for groups in (None, labels)
    )
    assert single.first.overall.intervals != grouped.first.overall.intervals
    assert grouped.first.overall.intervals is not None
    assert grouped.settings["groups"] == "labels"


def test_parts_with_too_few_images_have_no_interval_and_a_note_counts_them() -> None:
    preds, gt = scene(12)
    result = error_kinds(preds, gt, iou="bbox", ci=True, resamples=20, slices="city")
    assert result.first.overall.intervals is not None
    assert result.first.overall.intervals["ap"] is not None
    assert [one.lost.intervals for one in result.first.slices] == [{"ap": None}] * 2
    [note] = [note for note in result.notes if note.code == "few-images-of-part"]
    assert note.message == (
        "2 parts of the data have objects in fewer than 10 images, and no interval"
    )


def test_weights_give_the_numbers_of_repeated_images() -> None:
    preds, gt = random_set(5, images=3, masks=False)
    twice_gt = {**gt, "images": [*gt["images"]], "annotations": [*gt["annotations"]]}
    twice = [*preds]
    for each in gt["images"]:
        twice_gt["images"].append({**each, "id": each["id"] + 100})
    for each in gt["annotations"]:
        copy = {**each, "id": each["id"] + 1000, "image_id": each["image_id"] + 100}
        twice_gt["annotations"].append(copy)
    # a copy comes right after its original in the order of scores, as weights have it
    twice += [
        {**each, "image_id": each["image_id"] + 100, "score": each["score"] - 1e-9}
        for each in preds
    ]
    arguments = Arguments(iou="bbox", thresholds=(0.5,))
    [evaluation] = (within_cap(one) for one in evaluations(preds, gt, arguments, None))
    costs, _ = costs_of(evaluation.matches, image_pairs(evaluation, least=0.1))
    [weighted] = costs.numbers(np.full((1, 3), 2))
    found = error_kinds(twice, twice_gt, iou="bbox").first.overall
    own = [found.ap, *(found.kinds[kind].share for kind in KINDS)]
    assert weighted[0, : 1 + len(KINDS)].tolist() == pytest.approx(own, abs=1e-12)


def test_groups_without_intervals_are_refused() -> None:
    with pytest.raises(segeval.InputError) as caught:
        error_kinds(*scene(), iou="bbox", groups="city")
    assert str(caught.value) == (
        "`groups` says which images are drawn together, and none are drawn without `ci=True`."
    )


def test_a_field_that_no_image_has_is_refused() -> None:
    with pytest.raises(segeval.InputError) as caught:
        error_kinds(*scene(), iou="bbox", slices="weather")
    assert "weather" in str(caught.value)
