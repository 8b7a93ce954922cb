"""Images that two files of ground truth share."""

from __future__ import annotations

from typing import Any

import pytest

from segeval.checks.shared_images import refuse_shared_images, shared_images
from segeval.data import GroundTruth, load_ground_truth
from segeval.errors import InputError

POLYGON = [[0, 0, 9, 0, 9, 9]]


def of(images: list[dict[str, Any]], objects: list[tuple[int, list[int], Any]] = []) -> GroundTruth:  # noqa: B006
    """Ground truth of some images, with objects as image, box and mask."""
    return load_ground_truth(
        {
            "images": [{"height": 20, "width": 20, **each} for each in images],
            "categories": [{"id": 1}],
            "annotations": [
                {
                    "id": n,
                    "image_id": image,
                    "category_id": 1,
                    "bbox": box,
                    "area": 1,
                    "iscrowd": 0,
                    **({} if mask is None else {"segmentation": mask}),
                }
                for n, (image, box, mask) in enumerate(objects)
            ],
        }
    )


def test_an_id_alone_says_nothing() -> None:
    train, val = ({"id": 1, "file_name": name} for name in ("a.png", "b.png"))
    assert shared_images(of([train]), of([val])) == []
    assert shared_images(of([train]), of([train])) == [1]


def test_equal_objects_are_the_same_image_under_another_id() -> None:
    mask = (1, [0, 0, 9, 9], POLYGON)
    first = of([{"id": 1}], [mask])
    assert shared_images(first, of([{"id": 7}], [(7, *mask[1:])])) == [7]
    assert shared_images(first, of([{"id": 7}], [(7, [0, 0, 9, 8], POLYGON)])) == []


def test_one_bare_box_is_no_sign() -> None:
    whole = [0, 0, 20, 20]
    assert (
        shared_images(of([{"id": 1}], [(1, whole, None)]), of([{"id": 2}], [(2, whole, None)]))
        == []
    )
    pair = [(1, whole, None), (1, [1, 1, 3, 3], None)]
    other = [(2, box, mask) for _, box, mask in pair]
    assert shared_images(of([{"id": 1}], pair), of([{"id": 2}], other)) == [2]


def test_the_refusal_counts_them() -> None:
    gt = of([{"id": 1, "file_name": "a.png"}, {"id": 2, "file_name": "b.png"}])
    fit = of([{"id": 2, "file_name": "b.png"}])
    with pytest.raises(InputError, match="1 image of 2 is in ground truth as well, such as 2"):
        refuse_shared_images(fit, gt)
