"""The synthetic data set: valid, varied, repeatable, and one model better than the other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from pycocotools import mask as official

import segeval
from segeval.data.synthetic.rooms import NAMES, SyntheticSet, furniture
from segeval.data.synthetic.shapes import CATALOGUE
from segeval.metrics.sizes import buckets


@pytest.fixture(scope="module")
def made() -> SyntheticSet:
    return furniture()


def pixels(segmentation: Any, height: int, width: int) -> Any:
    """The official package's run-length mask."""
    if isinstance(segmentation, list):
        return official.merge(official.frPyObjects(segmentation, height, width))
    if isinstance(segmentation["counts"], list):
        return official.frPyObjects(segmentation, height, width)
    return {"size": segmentation["size"], "counts": segmentation["counts"].encode()}


def test_equal_seeds_give_equal_files() -> None:
    assert furniture(3, images=4).to_json() == furniture(3, images=4).to_json()


def test_other_seeds_give_other_files() -> None:
    first, second = furniture(0, images=2).to_json(), furniture(1, images=2).to_json()
    assert all(first[name] != second[name] for name in ("gt.json", "model_a.json", "model_b.json"))


def test_categories_have_ids_from_one_and_look_like_each_other(made: SyntheticSet) -> None:
    categories = [(c["id"], c["name"]) for c in made.ground_truth["categories"]]
    assert categories == list(enumerate(NAMES, 1))
    assert {kind.resembles for kind in CATALOGUE.values()} <= set(NAMES)


def test_every_category_has_objects(made: SyntheticSet) -> None:
    annotations = made.ground_truth["annotations"]
    assert {a["category_id"] for a in annotations} == set(range(1, len(NAMES) + 1))


@pytest.mark.parametrize("bucket", buckets("3dfuture"), ids=lambda bucket: bucket.name)
def test_every_size_bucket_has_objects(made: SyntheticSet, bucket: Any) -> None:
    areas = np.array([a["area"] for a in made.ground_truth["annotations"]])
    assert ((areas > bucket.min_area) & (areas < bucket.max_area)).sum() > 30


def test_masks_come_as_polygons_strings_and_lists_of_runs(made: SyntheticSet) -> None:
    kinds = {
        (type(a["segmentation"]).__name__, type(counts).__name__, a["iscrowd"])
        for a in made.ground_truth["annotations"]
        for counts in [a["segmentation"]["counts"] if isinstance(a["segmentation"], dict) else ""]
    }
    assert kinds == {("list", "str", 0), ("dict", "str", 0), ("dict", "list", 1)}


def test_area_and_box_are_those_of_the_official_package(made: SyntheticSet) -> None:
    images = {image["id"]: image for image in made.ground_truth["images"]}
    for annotation in made.ground_truth["annotations"]:
        image = images[annotation["image_id"]]
        mask = pixels(annotation["segmentation"], image["height"], image["width"])
        assert annotation["area"] == official.area(mask) > 0
        assert annotation["bbox"] == official.toBbox(mask).tolist()


def test_every_prediction_has_pixels_and_the_size_of_its_image(made: SyntheticSet) -> None:
    images = {image["id"]: image for image in made.ground_truth["images"]}
    for record in [*made.better, *made.weaker]:
        image = images[record["image_id"]]
        assert record["segmentation"]["size"] == [image["height"], image["width"]]
        assert official.area(pixels(record["segmentation"], 0, 0)) > 0
        assert 0 < record["score"] < 1


def test_the_better_model_is_better_and_neither_is_perfect(made: SyntheticSet) -> None:
    better = segeval.average_precision(made.better, made.ground_truth, sizes="3dfuture").ap
    weaker = segeval.average_precision(made.weaker, made.ground_truth, sizes="3dfuture").ap
    assert better is not None
    assert weaker is not None
    assert 0.3 < weaker < better - 0.1 < 0.8


def test_a_set_without_objects_is_valid() -> None:
    made = furniture(images=1, objects=0)
    assert made.ground_truth["annotations"] == []
    assert len(made.ground_truth["images"]) == 1


@pytest.mark.parametrize("wrong", [{"seed": -1}, {"images": 0}, {"objects": -0.5}])
def test_arguments_out_of_range_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(segeval.InputError, match="expected a seed and a number of objects"):
        furniture(**wrong)
