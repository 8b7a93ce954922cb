"""Parts of two models are compared if images, objects and rules are the same."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

from segeval import compare
from segeval.data.synthetic import furniture
from segeval.errors import MismatchError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts.comparable import check_comparable_matches
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import match_part

SCENE = furniture(images=12)


def part(path: Path, gt: Any = SCENE.ground_truth, preds: Any = None, **settings: Any) -> Path:
    match_part(SCENE.weaker if preds is None else preds, gt, path, Arguments(**settings))
    return path


def swapped_masks() -> Any:
    gt = copy.deepcopy(SCENE.ground_truth)
    one, other = gt["annotations"][3:5]
    one["segmentation"], other["segmentation"] = other["segmentation"], one["segmentation"]
    return gt


def other_category() -> Any:
    gt = copy.deepcopy(SCENE.ground_truth)
    gt["annotations"][3]["category_id"] = gt["annotations"][3]["category_id"] % 10 + 1
    return gt


@pytest.mark.parametrize("change", [swapped_masks, other_category])
def test_other_objects_are_refused_by_their_first_image(tmp_path: Path, change: Any) -> None:
    paths = [part(tmp_path / "a.match"), part(tmp_path / "b.match", change())]
    image = SCENE.ground_truth["annotations"][3]["image_id"]
    words = rf"b.match: image {image} was matched with other ground truth than in .*a.match. Match"
    with pytest.raises(MismatchError, match=words):
        check_comparable_matches(paths)
    with pytest.raises(MismatchError, match=words):
        compare(*paths, resamples=20)


def test_an_image_that_one_part_lacks_is_named(tmp_path: Path) -> None:
    ids = [image["id"] for image in SCENE.ground_truth["images"]]
    paths = [part(tmp_path / "a.match"), part(tmp_path / "b.match", images=ids[1:])]
    for first, second in (paths, paths[::-1]):
        words = rf"b.match: does not hold image {ids[0]}, which .*a.match holds"
        with pytest.raises(MismatchError, match=words):
            check_comparable_matches([first, second])


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"thresholds": 0.5}, r"thresholds is \(0.5,\), in .*a.match it is \(0.5, 0.55, "),
        ({"max_dets": 5}, r"max_dets is \(5,\), in .*a.match it is \(1, 10, 100\)"),
        ({"sizes": "3dfuture"}, r"sizes is \('small 0..12769', .* it is \('small 0..1024', "),
        ({"iou": "bbox"}, "iou is 'bbox', in .*a.match it is 'segm'"),
        ({"min_score": 0.5}, "min_score is 0.5, in .*a.match it is None"),
        ({"compat": "official"}, "compat is 'official', in .*a.match it is None"),
    ],
)
def test_other_rules_are_refused_with_both_values(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    paths = [part(tmp_path / "a.match"), part(tmp_path / "b.match", **settings)]
    with pytest.raises(MismatchError, match=f"b.match: {words}"):
        check_comparable_matches(paths)


def test_order_and_ids_of_annotations_make_no_difference(tmp_path: Path) -> None:
    gt = copy.deepcopy(SCENE.ground_truth)
    gt["annotations"] = [
        {**own, "id": 9000 - place} for place, own in enumerate(gt["annotations"][::-1])
    ]
    gt["images"].reverse()
    check_comparable_matches([part(tmp_path / "a.match"), part(tmp_path / "b.match", gt)])


def test_some_categories_of_parts_are_compared_like_those_of_files(tmp_path: Path) -> None:
    paths = [part(tmp_path / "a.match", preds=SCENE.better), part(tmp_path / "b.match")]
    asked: dict[str, Any] = {"categories": (1, 3), "resamples": 50}
    found = compare(*paths, **asked).to_dict()
    expected = compare(SCENE.better, SCENE.weaker, SCENE.ground_truth, **asked).to_dict()
    assert found["results"] == expected["results"]
    assert found["settings"] == expected["settings"]


def test_an_image_with_other_masks_in_two_parts_is_not_merged(tmp_path: Path) -> None:
    """Nothing is found in either part, and only what was read tells them apart."""
    paths = [
        part(tmp_path / f"{name}.match", gt, [])
        for name, gt in (("a", SCENE.ground_truth), ("b", swapped_masks()))
    ]
    words = r"match: image 1 is also in .*, with other predictions or ground truth. Each image"
    with pytest.raises(MismatchError, match=words):
        merge_parts(paths, tmp_path / "all.match")


def test_parts_with_scores_of_two_fields_are_not_merged(tmp_path: Path) -> None:
    preds = [{**own, "conf": own["score"]} for own in SCENE.weaker]
    for place, field in ((1, "score"), (2, "conf")):
        match_part(
            preds, SCENE.ground_truth, tmp_path / f"{place}.match",
            Arguments(score_field=field), shard=(place, 2),
        )  # fmt: skip
    words = r"2.match: score_field is 'conf', in .*1.match it is 'score'"
    with pytest.raises(MismatchError, match=words):
        merge_parts([tmp_path / "1.match", tmp_path / "2.match"], tmp_path / "all.match")
