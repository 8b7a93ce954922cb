"""Training crops: an image and its labels around the box of an object.

Source: the report of the winner of Open Images 2019 instance segmentation, section 8. It does not
say how training boxes are drawn: true ones move at random here, detected ones stay.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from numpy.typing import NDArray

from segeval.models.config import Config
from segeval.models.config.kinds import CropSettings
from segeval.models.config.parts.crops import CropConfig
from segeval.models.crops import cut, window_of
from segeval.models.images import mean_colour, read_image, resize
from segeval.models.training.augment import augmented, draw_size
from segeval.models.training.boxes_on_objects import boxes_on_objects
from segeval.models.training.data import TrainingData
from segeval.models.training.draws import number_between
from segeval.models.training.example import Example, resize_nearest
from segeval.models.training.instance_data import InstanceImages, instance_data
from segeval.models.training.rotate import turning_further
from segeval.sampling import ClassLists, class_lists


@dataclass(frozen=True, eq=False)
class CropImages:
    """N crops of images, each around the box of one object.

    Attributes:
        images: whole, with all objects.
        objects: of each crop, its place among the objects of all images, int64, shape (N,).
        boxes: x0, y0, x1, y1 of each crop in pixels of its image, float64, shape (N, 4).
        moves: whether boxes move at random, as true ones do.
    """

    images: InstanceImages
    objects: NDArray[np.int64]
    boxes: NDArray[np.float64]
    moves: bool
    task: str = "instance"

    def __len__(self) -> int:
        """N."""
        return len(self.objects)

    @property
    def sizes(self) -> NDArray[np.int32]:
        """(H, W) of each crop in pixels, as those of `window_of`, int32, shape (N, 2)."""
        edges = np.ceil(self.boxes - 0.5)
        sides: NDArray[np.int32] = np.maximum(edges[:, 2:] - edges[:, :2], 1).astype(np.int32)
        return sides[:, ::-1]

    def class_lists(self) -> ClassLists:
        """The class of each crop."""
        return class_lists(len(self), np.arange(len(self)), self.images.classes[self.objects])

    def load(self, index: int, config: Config, generator: torch.Generator) -> Example:
        """A crop with the configured random changes, and labels: 1 on the object, 0 beside it.

        Pixels beyond the image have the mean colour and the ignored label.

        Args:
            index: of the crop.
            config: its `input`, with the sizes of crops, and its `detector`.
            generator: of the random numbers.

        Raises:
            InputError: if the file cannot be read or has another size; the message names it.
        """
        settings, ignore = config.input, config.semantic.ignore
        whole, row = self.images, int(self.objects[index])
        place = int(whole.image_of(self.objects[index]))
        height, width = whole.sizes[place].tolist()
        box = self.boxes[index].tolist()
        if self.moves:
            box = moved(box, cast("CropSettings", config.detector).jitter, generator)
        window = window_of(box)
        image = read_image(whole.files[place], (height, width))
        crop = cut(image, window, mean_colour(settings))
        labels = cut(whole.mask(row).long(), window, ignore)
        size = draw_size(window.size, settings, generator)
        example = Example(resize(crop, size), resize_nearest(labels, size), whole.names[place])
        if settings.rotate and int(whole.classes[row]) in whole.long_classes:
            settings = turning_further(settings)
        return augmented(example, settings, generator, ignore=ignore)


def moved(box: Sequence[float], share: float, generator: torch.Generator) -> list[float]:
    """A box whose edges move at random.

    Args:
        box: x0, y0, x1, y1.
        share: by which an edge moves at most, of the width or height; less than a half.
        generator: of the four random numbers.
    """
    sides = (box[2] - box[0], box[3] - box[1]) * 2
    steps = (number_between(-share, share, generator) for _ in range(4))
    return [edge + step * side for edge, side, step in zip(box, sides, steps, strict=True)]


def crop_data(
    images: str | Path,
    annotations: str | Path | Mapping[str, Any],
    *,
    boxes: str | Path | None = None,
    iou: float = CropConfig.iou,
) -> TrainingData:
    """A training set of crops, for a model that draws masks in given boxes.

    Args:
        images: folder of the images.
        annotations: a COCO file or dictionary.
        boxes: a file of predictions: crops are their boxes, each with the object of its class that
            it overlaps most; None for the boxes of all objects.
        iou: boxes of the file with a smaller IoU are left out; a note counts them.

    Raises:
        InputError: if a file or a folder is missing.
        FormatError: as `instance_data`, or if no box of the file overlaps an object that much.
        MismatchError: as `instance_data`.
    """
    data = instance_data(images, annotations, boxes=boxes)
    whole = cast("InstanceImages", data.images)
    corners = _clipped(whole, np.arange(len(whole.classes)), whole.corners)
    if whole.given is None:
        crops = CropImages(whole, np.arange(len(corners)), corners, moves=True)
        return TrainingData(crops, data.categories, data.source, data.notes)
    on_objects = boxes_on_objects(
        whole.given, whole.ids, whole.offsets, corners, whole.classes, iou=iou
    )
    rows, notes = on_objects.rows, (*data.notes, *on_objects.notes("left out"))
    crops = CropImages(whole, rows, _clipped(whole, rows, on_objects.boxes), moves=False)
    return TrainingData(crops, data.categories, data.source, notes)


def _clipped(
    whole: InstanceImages, rows: NDArray[np.int64], corners: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Boxes of some objects, cut to their images."""
    most = np.tile(whole.sizes[whole.image_of(rows), ::-1], (1, 2))
    clipped: NDArray[np.float64] = np.clip(corners, 0, most)
    return clipped
