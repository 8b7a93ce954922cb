"""Objects in photographs, from one view or several."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, cast

import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segeval.data import Predictions
from segeval.errors import InputError
from segeval.models.given_boxes import NO_BOXES, outside_box
from segeval.models.networks.box_head import PredictedBoxes
from segeval.models.networks.box_views import SeenImages
from segeval.models.networks.found import (
    DetectsInViews,
    DrawsInCrops,
    Found,
    Instances,
    LooksAtBoxes,
    MasksBoxes,
    ScoresMasks,
    instances,
)
from segeval.models.networks.mask_votes import logits_of, mean_mask
from segeval.models.ops.boxes import clip_boxes
from segeval.models.predict.merging import as_predictions, merged_views
from segeval.models.predict.photo_queue import Read
from segeval.models.predict.views import Viewer


def require_views(model: nn.Module, viewer: Viewer) -> None:
    """Refuse several views for a model whose masks cannot be averaged.

    Raises:
        InputError: if there are several views and the model cannot draw masks in given boxes.
    """
    if len(viewer.views) > 1 and not viewer.merge and not isinstance(model, MasksBoxes):
        raise InputError(
            "This model draws masks of the whole image, which cannot be averaged over several "
            "views. Leave out `flip=True` and `scales` (input.test_flip, input.test_scales and "
            'input.test_views in a configuration), or merge what each view finds: `merge="nms"`.',
            code="views",
            option="flip",
        )


def require_boxes(model: nn.Module) -> None:
    """Refuse given boxes for a model that cannot be shown any.

    Raises:
        InputError: if it cannot.
    """
    if not isinstance(model, LooksAtBoxes | DrawsInCrops):
        raise InputError(
            "This model finds objects by itself and cannot be shown boxes. Leave out `boxes`.",
            code="boxes",
            option="boxes",
        )


def objects_in(
    photos: Sequence[Read], model: Any, viewer: Viewer, category_ids: NDArray[Any]
) -> list[Predictions]:
    """The objects in photographs of one padded size.

    Args:
        photos: to predict.
        model: from a batch and its sizes to a `Found` per image.
        viewer: makes the batches.
        category_ids: id of each class.
    """
    plain = viewer.views[0]
    found: Sequence[Found]
    if photos[0].photo.boxes is not None:
        found = in_given_boxes(photos, model, viewer)
    elif len(viewer.views) > 1 and viewer.merge:
        return merged_views(photos, model, viewer, category_ids)
    elif len(viewer.views) == 1:
        with viewer.inference():
            found = model(*viewer.batch(photos, plain))
    elif viewer.averages_boxes and isinstance(model, DetectsInViews):
        found = with_averaged_boxes(photos, model, viewer)
    else:
        found = with_averaged_masks(photos, model, viewer)
    return [
        as_predictions(each, photo, plain, category_ids)
        for each, photo in zip(found, photos, strict=True)
    ]


def in_given_boxes(photos: Sequence[Read], model: Any, viewer: Viewer) -> Sequence[Found]:
    """The objects of given boxes, with masks averaged over all views.

    Args:
        photos: of one padded size, with boxes.
        model: that `LooksAtBoxes`.
        viewer: makes the batches.
    """
    plain = viewer.views[0]
    with viewer.inference():
        given = [
            _given(photo, viewer).moved(photo.size, plain.size_of(photo), mirrored=False)
            for photo in photos
        ]
        found: Sequence[Found] = model.in_boxes(*viewer.batch(photos, plain), given)
    if len(viewer.views) == 1:
        return found
    objects = [each for each in found if isinstance(each, Instances)]
    return _with_masks(photos, model, viewer, objects, partial(_features, photos, model, viewer))


def _given(photo: Read, viewer: Viewer) -> PredictedBoxes:
    """The given boxes of a photograph, in its pixels and cut to it, on the model's device.

    Raises:
        FormatError: if one lies outside of the photograph, whose size was not known before.
    """
    given = photo.photo.boxes or NO_BOXES
    boxes = clip_boxes(torch.from_numpy(given.corners), photo.size)
    outside = torch.where((boxes[:, 2:] <= boxes[:, :2]).any(1))[0]
    if len(outside):
        raise outside_box(
            photo.photo.name, given.corners[int(outside[0])], photo.size, len(outside)
        )
    columns = boxes, torch.from_numpy(given.scores).float(), torch.from_numpy(given.classes)
    return PredictedBoxes(*(each.to(viewer.device) for each in columns))


def _features(photos: Sequence[Read], model: Any, viewer: Viewer, place: int) -> Any:
    """Features of photographs in the view with an index."""
    return model.backbone(viewer.batch(photos, viewer.views[place])[0])


def with_averaged_boxes(
    photos: Sequence[Read], model: DetectsInViews, viewer: Viewer
) -> list[Instances]:
    """Objects with boxes, scores and masks averaged over all views.

    Args:
        photos: of one padded size.
        model: that finds the objects.
        viewer: makes the batches.
    """
    with viewer.inference():
        seen = []
        for view in viewer.views:
            images, sizes = viewer.batch(photos, view)
            seen.append(SeenImages(model.backbone(images), sizes, view.mirrored))
        boxes = model.detect_in_views(seen)
    return _with_masks(photos, model, viewer, boxes, lambda place: seen[place].features)


def with_averaged_masks(photos: Sequence[Read], model: Any, viewer: Viewer) -> list[Instances]:
    """The objects of the plain view, with masks averaged over all views.

    Args:
        photos: of one padded size.
        model: that finds the objects.
        viewer: makes the batches.
    """
    with viewer.inference():
        found: Sequence[Instances] = model(*viewer.batch(photos, viewer.views[0]))
    return _with_masks(photos, model, viewer, found, partial(_features, photos, model, viewer))


def _with_masks(
    photos: Sequence[Read],
    model: MasksBoxes,
    viewer: Viewer,
    boxes: Sequence[PredictedBoxes],
    features: Callable[[int], Any],
) -> list[Instances]:
    """Objects with the logits of their mean mask probabilities, and the mean of predicted IoU.

    Args:
        photos: of one padded size.
        model: that draws masks in boxes.
        viewer: makes the batches.
        boxes: of each photograph, in the plain view; `Instances` have their masks there.
        features: of the photographs in the view with an index.
    """
    plain = viewer.views[0]
    sums: list[Tensor] = []
    ious: list[Tensor] = []
    for place, view in enumerate(viewer.views):
        moved = [
            each.moved(plain.size_of(photo), view.size_of(photo), mirrored=view.mirrored)
            for each, photo in zip(boxes, photos, strict=True)
        ]
        if place == 0 and all(isinstance(each, Instances) for each in boxes):
            done = [cast("Instances", each) for each in boxes]
            masks: Sequence[Tensor] = [each.masks for each in done]
            of_view = [each.mask_ious for each in done if each.mask_ious is not None]
        else:
            with viewer.inference():
                seen = features(place)
                masks = model.masks(seen, moved)
                of_view = _ious(model, seen, moved, masks)
        chances = [mean_mask(votes).float().sigmoid() for votes in masks]
        flipped = [each.flip(3) if view.mirrored else each for each in chances]
        sums = _added(sums, flipped)
        ious = _added(ious, of_view)
    number = len(viewer.views)
    means = [logits_of(total / number) for total in sums]
    return instances(boxes, means, [each / number for each in ious] or None)


def _ious(
    model: MasksBoxes, features: Any, boxes: Sequence[PredictedBoxes], masks: Sequence[Tensor]
) -> list[Tensor]:
    """Predicted IoU of the masks of each photograph; none if the model predicts none."""
    found = model.mask_ious(features, boxes, masks) if isinstance(model, ScoresMasks) else None
    return found or []


def _added(totals: list[Tensor], more: list[Tensor]) -> list[Tensor]:
    return [a + b for a, b in zip(totals, more, strict=True)] if totals else more
