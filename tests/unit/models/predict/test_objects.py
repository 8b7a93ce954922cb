"""Objects of given boxes: they are cut to their photograph."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image
from torch import Tensor

from segeval.errors import FormatError
from segeval.models.given_boxes import ImageBoxes
from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.found import Instances
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Photo
from segeval.models.predict.predictor import predict
from tests.bright_models import SEEN, BrightObjects


class Keeps(BrightObjects):
    """Finds the boxes that it is shown."""

    def in_boxes(self, images: Tensor, _: Any, given: list[PredictedBoxes]) -> list[Instances]:
        masks = self.masks(self.backbone(images), given)  # type: ignore[arg-type]
        return [
            Instances(each.boxes, each.scores, each.classes, logits)
            for each, logits in zip(given, masks, strict=True)
        ]


def boxes_of(folder: Path, *corners: list[float]) -> list[list[float]]:
    """The boxes found in a photograph of 32 x 64 pixels of which some are given."""
    Image.fromarray(np.zeros((32, 64, 3), np.uint8)).save(folder / "a.png")
    number = len(corners)
    boxes = [[x0, y0, x1 - x0, y1 - y0] for x0, y0, x1, y1 in corners]
    given = ImageBoxes(np.array(boxes), np.full(number, 0.5), np.zeros(number, np.int64))
    photo = Photo(folder / "a.png", 1, "a.png", boxes=given)
    options = PredictionOptions(device="cpu")
    (found,) = predict(Keeps(), [photo], SEEN, category_ids=[7], options=options)
    placed: list[list[float]] = found.found.boxes.tolist()  # type: ignore[union-attr]
    return placed


def test_given_boxes_are_cut_to_their_photograph(tmp_path: Path) -> None:
    found = boxes_of(tmp_path, [10, 5, 20, 25], [-1e9, -3, 1e9, 40])
    assert found == [pytest.approx([10, 5, 10, 20]), pytest.approx([0, 0, 64, 32])]


def test_a_box_outside_of_a_photograph_of_unknown_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(FormatError) as problem:
        boxes_of(tmp_path, [10, 5, 20, 25], [70, 5, 80, 25], [-9, 5, -1, 25])
    assert problem.value.message == (
        "a.png: has the box [70.0, 5.0, 10.0, 20.0] outside of its image of 32 x 64 pixels "
        "(H x W). 1 more like it. Leave such boxes out of the file."
    )
