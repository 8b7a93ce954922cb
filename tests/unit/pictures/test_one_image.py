"""One image matched by itself: the same as among all images."""

from __future__ import annotations

import json
from typing import Any

import pytest

import segeval
from segeval.analysis import evaluated, image_errors
from segeval.data.synthetic import furniture
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.pictures import Seen, image_shapes, seen_image

SCENE = furniture(images=6)


def parts(seen: Seen, place: int) -> list[tuple[Any, ...]]:
    return [(each.part, each.name, each.score, each.row) for each in image_shapes(seen, place)]


@pytest.mark.parametrize("how", [{}, {"iou": "bbox"}, {"iou": "boundary"}, {"min_score": 0.5}])
def test_an_image_by_itself_has_the_shapes_that_it_has_among_all(how: dict[str, Any]) -> None:
    whole = evaluated(SCENE.weaker, SCENE.ground_truth, **how)
    every = Seen("", whole, image_errors(whole, threshold=0.5))
    for place, image in enumerate(whole.matches.image_ids.tolist()):
        seen, own = seen_image(SCENE.weaker, SCENE.ground_truth, Arguments(**how), image)
        assert parts(seen, own) == parts(every, place)
        assert len(seen.matches.image_ids) == 1
        assert seen.errors.loss[own] == every.errors.loss[place]


def test_a_cap_over_the_set_is_shared_with_the_other_images() -> None:
    gt = json.loads(furniture(images=3).to_json()["gt.json"])
    for image in gt["images"]:
        image |= {"neg_category_ids": [], "not_exhaustive_category_ids": []}
    for category in gt["categories"]:
        category["frequency"] = "f"
    preds = json.loads(furniture(images=3).to_json()["model_b.json"])
    how = Arguments(protocol="lvis-fixed", max_dets=1)
    found = [seen_image(preds, gt, how, image["id"]) for image in gt["images"]]
    drawn = [shape for one in found for shape in image_shapes(*one) if shape.score is not None]
    assert len({shape.name for shape in drawn}) == len(drawn)  # one of each category in the set


def test_an_image_is_found_by_its_id_and_by_its_name_with_or_without_folders() -> None:
    box = {"image_id": 2, "category_id": 1, "bbox": [0, 0, 9, 9]}
    gt = {
        "images": [{"id": 1, "file_name": "a/2"}, {"id": 2, "file_name": "b/x.png"}],
        "categories": [{"id": 1, "name": "chair"}],
        "annotations": [{**box, "id": 1, "area": 81, "iscrowd": 0}],
    }
    how = Arguments(iou="bbox")
    for image in ("b/x.png", "x.png"):
        seen, place = seen_image([{**box, "score": 0.9}], gt, how, image)
        assert [shape.part for shape in image_shapes(seen, place)] == ["", "T"]
    seen, place = seen_image([{**box, "score": 0.9}], gt, how, 1)
    assert image_shapes(seen, place) == ()
    gt["images"][0]["file_name"] = "2"  # a name wins over an equal id
    seen, place = seen_image([{**box, "score": 0.9}], gt, how, 2)
    assert image_shapes(seen, place) == ()


def test_images_that_do_not_exist_are_refused_with_the_nearest() -> None:
    with pytest.raises(InputError) as refused:
        seen_image(SCENE.better, SCENE.ground_truth, Arguments(), 17)
    assert refused.value.message == (
        '`image=17`: ground truth has no image "17". Its nearest ids: 4, 5, 6.'
    )
    with pytest.raises(InputError, match=r'has no image "room_3.png". Did you mean "room_0003.png'):
        seen_image(SCENE.better, SCENE.ground_truth, Arguments(), "room_3.png")


def test_boxes_that_were_taken_from_masks_are_drawn_as_boxes() -> None:
    preds = segeval.load_predictions(json.loads(SCENE.to_json()["model_a.json"]))
    seen, place = seen_image(preds, SCENE.ground_truth, Arguments(iou="bbox"), 3)
    assert not preds.has_box.any()
    assert {len(line) for shape in image_shapes(seen, place) for line in shape.lines} == {5}
