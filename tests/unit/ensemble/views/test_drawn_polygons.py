"""Polygons of predictions are masks where the size of their image is known."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval import load_ground_truth, load_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble import fuse
from segeval.ensemble.views.drawn_polygons import has_polygons, polygons_drawn
from segeval.errors import FormatError

SCENE = furniture(images=4)
GT = load_ground_truth(SCENE.ground_truth)
POLYGONS = [
    {**{key: each[key] for key in ("image_id", "category_id", "segmentation")}, "score": 0.5}
    for each in SCENE.ground_truth["annotations"]
    if isinstance(each["segmentation"], list)
]


def as_strings() -> list[dict[str, Any]]:
    """The same predictions, drawn by what reads them for an evaluation."""
    preds = load_predictions(POLYGONS)
    [drawn] = polygons_drawn([preds], [GT])
    strings = drawn.segmentations.strings
    return [
        {**each, "segmentation": {"size": size, "counts": text}}
        for each, size, text in zip(
            POLYGONS, strings.sizes.tolist(), strings.strings(), strict=True
        )
    ]


def test_polygons_merge_as_their_run_lengths_do() -> None:
    merged = [
        fuse([SCENE.better, preds], fit=GT, strategy="nms") for preds in (POLYGONS, as_strings())
    ]
    first, second = (each.predictions for each in merged)
    assert first.score.tolist() == second.score.tolist()
    assert first.segmentations.strings.strings() == second.segmentations.strings.strings()


def test_a_list_of_images_tells_the_sizes(tmp_path: Path) -> None:
    path = tmp_path / "images.json"
    path.write_text(json.dumps({"images": SCENE.ground_truth["images"]}))
    merged = fuse([SCENE.better, POLYGONS], images=path, strategy="nms", weights=[1, 1])
    assert len(merged.predictions)


def test_polygons_of_images_of_unknown_size_are_refused() -> None:
    with pytest.raises(FormatError, match="nothing here says how large its image is"):
        fuse([SCENE.better, POLYGONS], strategy="nms", weights=[1, 1])


def test_predictions_without_polygons_stay_as_they_are() -> None:
    preds = load_predictions(SCENE.better)
    assert not has_polygons([preds])
    assert polygons_drawn([preds], ["there is no such file"]) == [preds]
