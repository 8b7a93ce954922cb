"""Open Images' ground truth as columns for every other use."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data.columns import Categories, GroundTruth, Images
from segeval.data.file_lists import IdLists
from segeval.data.open_images.columns import OpenImagesGroundTruth
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import InputError
from segeval.masks import CompressedMasks


def as_ground_truth(found: OpenImagesGroundTruth, *, needs_labels: bool = True) -> GroundTruth:
    """The same ground truth with ImageID and LabelName as ids, and verified labels as lists.

    Boxes stay fractions of the image, x and y apart, so what lies inside of what is the same as in
    pixels; areas are those of the boxes. Groups become crowds. Labels that are verified to be
    absent are the negative lists of LVIS, those that are present the lists of categories that may
    have more objects than are annotated. Objects have masks if all of them do.

    Args:
        found: M objects, with verified labels.
        needs_labels: refuse to do without verified labels.

    Raises:
        InputError: if there are no verified labels, without which nobody knows what an image lacks.
    """
    if needs_labels and not found.has_labels:
        raise InputError(
            f"{found.source}: is of Open Images, where verified labels alone say what an image "
            "lacks. Give the file with them: `labels`",
            code="no-labels",
            path=found.source,
            option="labels",
        )
    number = len(found)
    boxes = found.boxes_xyxy.copy()
    boxes[:, 2:] -= boxes[:, :2]
    has_masks = bool(number) and bool((found.mask >= 0).all())
    nothing = np.zeros((number, 2), np.int64)
    masks = (
        found.masks.take(found.mask)
        if has_masks
        else CompressedMasks.from_strings([b""] * number, nothing)
    )
    form = Format.STRING if has_masks else Format.NONE
    images = len(found.image_ids)
    return GroundTruth(
        images=Images(
            id=np.arange(images),
            sizes=np.full((images, 2), -1, np.int32),
            file_names=found.image_ids,
            negative=_lists(found, ~found.verified_present),
            not_exhaustive=_lists(found, found.verified_present),
            keys=found.image_ids,
        ),
        categories=Categories(np.arange(len(found.labels)), found.labels, keys=found.labels),
        id=np.arange(number),
        image_id=found.image,
        category_id=found.label,
        area=boxes[:, 2] * boxes[:, 3],
        boxes=boxes,
        is_crowd=found.is_group_of,
        crowd_missing=np.zeros(number, np.bool_),
        ignore=np.zeros(number, np.bool_),
        segmentations=Segmentations(np.full(number, form, np.uint8), masks),
        source=found.source,
        notes=found.notes,
    )


def _lists(found: OpenImagesGroundTruth, own: NDArray[np.bool_]) -> IdLists:
    """Some of the verified labels, image by image."""
    image, label = found.verified_image[own], found.verified_label[own]
    order = np.argsort(image, kind="stable")
    ends = np.searchsorted(image[order], np.arange(len(found.image_ids) + 1))
    return IdLists(label[order], ends)
