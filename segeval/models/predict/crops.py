"""Masks in given boxes, drawn in crops of the photograph.

box -> crop -> size of the view -> logits -> probabilities, averaged over views -> photograph
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import Tensor

from segeval.data import Predictions
from segeval.errors import InputError
from segeval.masks import RunLengths, concatenate
from segeval.models.crops import Window, cut, window_of
from segeval.models.image_sizes import resized_size
from segeval.models.images import mean_colour, normalise, pad_batch, padded_size, resize
from segeval.models.networks.found import DrawsInCrops
from segeval.models.networks.mask_votes import logits_of
from segeval.models.ops.boxes import clip_boxes
from segeval.models.ops.pasting import paste_masks
from segeval.models.ops.resizing import resized, size_of
from segeval.models.predict.photo_queue import Read
from segeval.models.predict.predictions import to_predictions
from segeval.models.predict.views import PhotoView, Viewer

PIXELS = 1 << 20
"""Most pixels of the crops of a batch; a larger crop forms its own."""


def in_crops(
    photos: Sequence[Read], model: DrawsInCrops, viewer: Viewer, category_ids: NDArray[Any]
) -> list[Predictions]:
    """The given boxes of photographs with masks; boxes, classes, scores and order stay.

    Masks are drawn in what is inside of the photograph; a box outside of it has an empty one.

    Args:
        photos: in their own size, with boxes.
        model: draws in crops.
        viewer: makes the batches; its views are sizes of a crop.
        category_ids: id of each class.

    Raises:
        InputError: if a photograph has no list of boxes, not even an empty one.
    """
    return [_drawn(photo, model, viewer, category_ids) for photo in photos]


def _drawn(
    photo: Read, model: DrawsInCrops, viewer: Viewer, category_ids: NDArray[Any]
) -> Predictions:
    """The predictions of a photograph."""
    given = photo.photo.boxes
    if given is None:
        raise InputError(
            "This model draws masks in boxes that it is given: name a file of predictions "
            "(`boxes`).",
            code="no-boxes",
            option="boxes",
        )
    boxes = clip_boxes(torch.from_numpy(given.corners), photo.size)
    found = {
        "scores": given.scores,
        "classes": given.classes,
        "boxes": boxes,
        "masks": masks_in_boxes(photo.sizes[0], boxes, model, viewer),
    }
    source = str(photo.photo.path)
    drawn = to_predictions([found], [photo.photo.id], category_ids=category_ids, source=source)
    return replace(drawn, boxes=given.boxes)


def masks_in_boxes(image: Tensor, boxes: Tensor, model: DrawsInCrops, viewer: Viewer) -> RunLengths:
    """The masks of boxes.

    Args:
        image: uint8, (3, H, W).
        boxes: x0, y0, x1, y1 in its pixels, inside of it, float32, (N, 4).
        model: draws in crops.
        viewer: makes the batches; its views are sizes of a crop.

    Returns:
        N masks of (H, W); that of an empty box is empty.
    """
    size = torch.tensor([[image.shape[1], image.shape[2]]])
    runs = [paste_masks(torch.zeros(0, 1, 1, 1), boxes[:0], size[:0])] * (1 + len(boxes))
    windows = [window_of(box) for box in boxes.tolist()]
    sound = (boxes[:, 2:] > boxes[:, :2]).all(1).tolist()
    for row in (row for row, is_sound in enumerate(sound) if not is_sound):
        runs[1 + row] = paste_masks(torch.zeros(1, 1, 1, 1), boxes[row, None], size)
    rows = [row for row, is_sound in enumerate(sound) if is_sound]
    plain = viewer.views[0]
    for batch in _batches(rows, [windows[row].size for row in rows], plain):
        seen = [windows[row] for row in batch]
        for row, logits in zip(batch, crop_logits(image, seen, model, viewer), strict=True):
            place = torch.tensor([windows[row]], dtype=torch.float32)
            runs[1 + row] = paste_masks(logits, place, size)
    return concatenate(runs)


def _batches(
    rows: Sequence[int], sizes: Sequence[tuple[int, int]], view: PhotoView
) -> Iterator[list[int]]:
    """Rows of crops with one padded size in a view, so that none is padded for another's sake."""
    alike: dict[tuple[int, int], list[int]] = {}
    for row, size in zip(rows, sizes, strict=True):
        alike.setdefault(padded_size(_seen_size(size, view)), []).append(row)
    for (height, width), own in alike.items():
        most = max(1, PIXELS // (height * width))
        yield from (own[first : first + most] for first in range(0, len(own), most))


def _seen_size(size: tuple[int, int], view: PhotoView) -> tuple[int, int]:
    return resized_size(size, view.short, view.longest)


def crop_logits(
    image: Tensor, windows: Sequence[Window], model: DrawsInCrops, viewer: Viewer
) -> list[Tensor]:
    """Logits of the object in crops.

    Args:
        image: uint8, (3, H, W).
        windows: of the crops.
        model: draws in crops.
        viewer: makes the batches; its views are sizes of a crop.

    Returns:
        Of each crop, in its size in the plain view, (1, 1, h, w); of several views, those of the
        mean probability.
    """
    crops = [cut(image, window, mean_colour(viewer.settings)) for window in windows]
    of_views = []
    for view in viewer.views:
        found: dict[int, Tensor] = {}
        places, sizes = range(len(crops)), [window.size for window in windows]
        for batch in _batches(places, sizes, view):
            found |= zip(
                batch, _seen([crops[place] for place in batch], view, model, viewer), strict=True
            )
        of_views.append([found[place] for place in places])
    return [_mean(seen) for seen in zip(*of_views, strict=True)]


def _mean(seen: Sequence[Tensor]) -> Tensor:
    """Logits of the mean probabilities of several views, (1, 1, h, w), in the size of the first."""
    if len(seen) == 1:
        return seen[0]
    chances = [resized(logits.sigmoid(), size_of(seen[0])) for logits in seen]
    return logits_of(sum(chances[1:], start=chances[0]) / len(seen))


def _seen(
    crops: Sequence[Tensor], view: PhotoView, model: DrawsInCrops, viewer: Viewer
) -> list[Tensor]:
    """Logits (1, 1, h, w) of crops of one padded size in a view, not mirrored."""
    images = []
    for crop in crops:
        shown = resize(crop, _seen_size(size_of(crop), view))
        shown = shown.flip(2) if view.mirrored else shown
        images.append(normalise(shown.to(viewer.device), viewer.settings))
    batch, sizes = pad_batch(images)
    with viewer.inference():
        logits = model.object_logits(batch).float()
    cuts = [each[None, :, :high, :wide] for each, (high, wide) in zip(logits, sizes, strict=True)]
    return [each.flip(3) if view.mirrored else each for each in cuts]
