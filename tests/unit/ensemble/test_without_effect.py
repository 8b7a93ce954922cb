"""Arguments that would change nothing are refused by name."""

from __future__ import annotations

from typing import Any

import pytest

from segeval.data.synthetic import furniture
from segeval.ensemble import fuse
from segeval.errors import InputError

SCENE = furniture(images=2)
BOXES = [{"image_id": 1, "category_id": 1, "bbox": [0, 0, 9, 9], "score": 0.5}]


@pytest.mark.parametrize(
    ("asked", "reason"),
    [
        ({"images": "gt.json"}, "it gives the sizes of images for `views`, `tiles` and polygons"),
        ({"cut_objects": "keep"}, "it is about the borders of tiles"),
        ({"background": "last"}, "it says where a score stands in `class_scores`"),
        ({"groups": "video"}, "images are drawn where the gain is measured"),
        ({"allow_fit_on_test": True}, "it is about images that `fit` and `gt` share"),
        ({"route_margin": 0.2}, "it is for `route='replace'`"),
        ({"route_k": 3}, "it is for `route='topk'`"),
        ({"scores": [1, 2]}, "nms weighs all models alike"),
        ({"calibrate_to": "precision"}, "scores are not calibrated"),
        ({"bound_scores": True}, "nms raises no score by votes"),
        ({"mask_votes": "score"}, "nms leaves masks as they are"),
        ({"mask_threshold": 0.7}, "nms leaves masks as they are"),
        ({"sigma": 0.5, "kind": "linear", "strategy": "soft-nms"}, "it is for `kind='gaussian'`"),
        ({"iou_threshold": 0.5, "strategy": "soft-nms"}, "it is for `kind='linear'`"),
        ({"theta_min": 0.6, "strategy": "interp", "weights": [1, 2]}, "`weights` say what scores"),
        ({"rho": 0.8, "strategy": "s003", "weights": [1, 2]}, "`weights` say what scores are mult"),
        ({"min_iou": 0.5, "strategy": "vote", "literal": True}, "the formulas of `literal` have"),
    ],
)
def test_an_argument_that_would_change_nothing_is_refused(
    asked: dict[str, Any], reason: str
) -> None:
    option = next(iter(asked))
    with pytest.raises(InputError) as caught:
        fuse([SCENE.better, SCENE.weaker], **{"strategy": "nms", **asked})
    assert str(caught.value).startswith(f"`{option}` would change nothing here: {reason}")
    assert (caught.value.option, caught.value.code) == (option, "no-effect")


@pytest.mark.parametrize("option", [{"mask_votes": "model"}, {"mask_threshold": 0.3}])
def test_boxes_alone_have_no_masks_to_fuse(option: dict[str, Any]) -> None:
    other = [{**BOXES[0], "score": 0.4}]
    with pytest.raises(InputError, match="masks are fused only where every prediction has one"):
        fuse([BOXES, other], strategy="wbf", **option)


def test_the_same_arguments_are_taken_where_they_change_something() -> None:
    found = fuse(
        [SCENE.better, SCENE.weaker], strategy="wbf", mask_threshold=0.3, mask_votes="score"
    )
    assert found.settings["mask_threshold"] == 0.3
