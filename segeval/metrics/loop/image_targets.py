"""Ground truth that was read from a file, image by image as a metric takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data import GroundTruth
from segeval.data.image_subsets import listed_annotations
from segeval.data.keys import Key, shown_key, written
from segeval.errors import MismatchError
from segeval.metrics.choices import check_choice
from segeval.metrics.coco.average_precision import match
from segeval.metrics.coco.objects import areas
from segeval.metrics.loop.image_records import LISTS
from segeval.metrics.loop.settings import BOX_FORMATS
from segeval.words import counted


class ImageTargets(Mapping[Key, dict[str, Any]]):
    """The targets of a metric by image id, for loops whose ground truth is a file.

    Masks are drawn once, when the first image is asked for.

    Args:
        gt: ground truth, as `load_ground_truth` reads it.
        box_format: that of the metric.
        skip_unknown: drop annotations of images and categories that the file does not list.

    Raises:
        InputError: for ground truth that cannot be evaluated.

    Example:
        >>> from segeval import load_ground_truth
        >>> from segeval.metrics import ImageTargets
        >>> gt = load_ground_truth(
        ...     {
        ...         "images": [{"id": 139, "height": 4, "width": 6}],
        ...         "annotations": [
        ...             {
        ...                 "id": 1,
        ...                 "image_id": 139,
        ...                 "category_id": 62,
        ...                 "iscrowd": 0,
        ...                 "area": 8,
        ...                 "bbox": [0, 0, 4, 2],
        ...                 "segmentation": [[0, 0, 4, 0, 4, 2, 0, 2]],
        ...             },
        ...         ],
        ...         "categories": [{"id": 62, "name": "chair"}],
        ...     }
        ... )
        >>> target = ImageTargets(gt)[139]
        >>> target["labels"], target["masks"], target["size"]
        ([62], RunLengths(1 mask, 9 runs), (4, 6))
    """

    def __init__(
        self, gt: GroundTruth, *, box_format: str = "xyxy", skip_unknown: bool = False
    ) -> None:
        check_choice("box_format", box_format, BOX_FORMATS)
        match([], gt, skip_unknown=skip_unknown)  # refuses what an evaluation would refuse
        self.gt = gt = listed_annotations(gt) if skip_unknown else gt
        self.box_format = box_format
        self._row_of = {key: row for row, key in enumerate(gt.images.written_ids)}
        self._order = np.argsort(gt.image_id, kind="stable")
        sorted_ids = gt.image_id[self._order]
        self._first = np.searchsorted(sorted_ids, gt.images.id, "left")
        self._last = np.searchsorted(sorted_ids, gt.images.id, "right")

    def __len__(self) -> int:
        """The number of images."""
        return len(self._row_of)

    def __iter__(self) -> Iterator[Key]:
        """The ids of the images, in the order of the file."""
        return iter(self._row_of)

    def __getitem__(self, key: Key) -> dict[str, Any]:
        """The target of one image; its annotations are in the order of the file.

        Raises:
            MismatchError: for an image that the ground truth has not.
        """
        gt, image = self.gt, self._row_of.get(key)
        if image is None:
            raise MismatchError(
                f"image {shown_key(key)} is none of the {counted(len(self), 'image')} of "
                f"{gt.source}.",
                code="unknown-image",
                field="image_id",
            )
        rows = self._order[self._first[image] : self._last[image]]
        target: dict[str, Any] = {
            "labels": written(gt.category_id[rows], gt.categories.keys),
            "iscrowd": gt.is_crowd[rows],
            "ignore": gt.ignore[rows],
            "area": self._areas[rows],
            "file_name": gt.images.file_names[image],
        }
        if (gt.images.sizes[image] > 0).all():
            target["size"] = tuple(gt.images.sizes[image].tolist())
        if gt.segmentations.format[rows].all():
            target["masks"] = gt.masks.take(rows)
        if not np.isnan(gt.boxes[rows]).any():
            target["boxes"] = self._boxes(rows)
        for name, lists in zip(LISTS, gt.images.lists, strict=True):
            if lists is not None:
                target[name] = written(lists.take(np.array([image])).ids, gt.categories.keys)
        return target

    @cached_property
    def _areas(self) -> NDArray[np.float64]:
        """The file's areas, or those of masks, or else of boxes."""
        return areas(self.gt, self.gt.masks, np.arange(len(self.gt)))

    def _boxes(self, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        boxes = self.gt.boxes[rows]
        if self.box_format == "xywh":
            return boxes
        return np.concatenate([boxes[:, :2], boxes[:, :2] + boxes[:, 2:]], axis=1)
