"""What AP on Open Images keeps of every image: the same numbers, for weighted images too."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval.errors import MismatchError
from segeval.metrics.open_images import (
    OpenImagesResult,
    OpenImagesStatistics,
    open_images_ap,
    open_images_scores,
)
from tests.open_images_files import Scene, strip

WEIGHTS = {"a": 2, "b": 0, "c": 1, "d": 3, "e": 0, "f": 1}

NAMES = {"a": "cat", "b": "cat", "c": "dog", "d": "dog", "e": "car", "f": "cat"}
"""What most objects of an image are, so that parts know different classes."""


def scene_of(images: Mapping[str, str], seed: int) -> Scene:
    """Objects and predictions of images, each drawn as another one is; scores do not tie."""
    scene = Scene()
    for image, like in images.items():
        rng = np.random.default_rng([seed, ord(like)])
        for place in range(5):
            name = NAMES[like] if place else "bus"
            start, width = int(rng.integers(0, 80)), int(rng.integers(5, 20))
            group = int(place == 4)
            scene.gt(strip(start, start + width), name, image, group=group)
            for _ in range(3):
                shift, score = int(rng.integers(-4, 5)), float(rng.random())
                moved = strip(max(start + shift, 0), max(start + shift, 0) + width)
                scene.pred(moved, score, name, image)
        scene.label("bird", image, present=0).pred(strip(0, 9), float(rng.random()), "bird", image)
    return scene


def evaluated(folder: Path, images: Mapping[str, str], **settings: Any) -> OpenImagesResult:
    """Masks and boxes; groups count one half."""
    files = scene_of(images, seed=3).write(folder)
    preds, gt = files.pop("preds"), files.pop("gt")
    kinds = settings.pop("iou", "segm")
    return open_images_ap(preds, gt, iou=kinds, group_of_weight=0.5, **files, **settings)


def same(images: str) -> dict[str, str]:
    """Images that are drawn as themselves."""
    return {image: image for image in images}


def test_weights_are_copies_of_images(tmp_path: Path) -> None:
    whole = evaluated(tmp_path / "once", same("abcdef"), max_dets=5)
    copies = {f"{i}{n}": i for i, times in WEIGHTS.items() for n in range(times)}
    repeated = evaluated(tmp_path / "more", copies, max_dets=5).first
    statistics = whole.statistics["segm"]
    found = open_images_scores(statistics, np.array(list(WEIGHTS.values())))
    known = {each.name: each for each in found.categories}
    for each in repeated.categories:
        own = known.pop(each.name)
        assert (own.gt, own.group_of, own.preds) == (each.gt, each.group_of, each.preds)
        # copies split a step of recall into several, which are added one by one
        assert own.ap50 == pytest.approx(each.ap50, abs=1e-12)
    # classes of dropped images are still there, without an object
    assert {each.name: (each.ap50, each.gt) for each in known.values()} == {"car": (None, 0)}
    assert found.ap50 == pytest.approx(repeated.ap50, abs=1e-12)
    assert found.ap50 != whole.ap50
    assert (open_images_scores(statistics), len(statistics)) == (whole.first, 6)


def test_merged_parts_equal_the_whole_though_they_know_different_classes(tmp_path: Path) -> None:
    whole = evaluated(tmp_path / "whole", same("abcdef")).statistics["segm"]
    a, b, c = (
        evaluated(tmp_path / images, same(images)).statistics["segm"]
        for images in ("af", "be", "cd")
    )
    assert len({part.category_names for part in (a, b, c)}) == 3
    merge = OpenImagesStatistics.merge
    merged = merge([c, merge([b, a])])
    for field in fields(whole):
        own, other = getattr(merged, field.name), getattr(whole, field.name)
        assert np.array_equal(own, other), field.name
        assert getattr(own, "dtype", None) == getattr(other, "dtype", None)


def test_expanded_ground_truth_merges_as_well(tmp_path: Path) -> None:
    animals = [{"LabelName": "cat"}, {"LabelName": "dog"}, {"LabelName": "bird"}]
    tree = tmp_path / "tree.json"
    above = {"LabelName": "animal", "Subcategory": animals}
    others = [{"LabelName": "bus"}, {"LabelName": "car"}]
    tree.write_text(json.dumps({"LabelName": "root", "Subcategory": [above, *others]}))
    whole = evaluated(tmp_path / "whole", same("abcde"), hierarchy=tree)
    parts = [
        evaluated(tmp_path / images, same(images), hierarchy=tree).statistics["segm"]
        for images in ("ed", "abc")
    ]
    assert open_images_scores(OpenImagesStatistics.merge(parts)) == whole.first


def test_parts_that_weigh_groups_differently_do_not_merge(tmp_path: Path) -> None:
    files = scene_of(same("ab"), seed=3).write(tmp_path)
    preds, gt = files.pop("preds"), files.pop("gt")
    parts = [
        open_images_ap(preds, gt, group_of_weight=weight, **files).statistics["segm"]
        for weight in (0.5, 1.0)
    ]
    with pytest.raises(MismatchError, match="the parts differ in `group_of_weight`"):
        OpenImagesStatistics.merge(parts)


def test_an_entry_takes_11_bytes_and_an_image_and_class_8(tmp_path: Path) -> None:
    statistics = evaluated(tmp_path, same("abcdef")).statistics["segm"]
    assert sum(
        getattr(statistics, name).nbytes for name in ("entry_category", "score", "state")
    ) == 11 * len(statistics.score)
    assert sum(
        getattr(statistics, name).nbytes for name in ("category", "singles", "groups", "judged")
    ) == 8 * len(statistics.category)
