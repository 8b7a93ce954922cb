"""Objects in photographs: found in the plain view, with masks averaged over all views."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import torch
from numpy.typing import NDArray
from torch import nn

from segeval.data import Predictions
from segeval.errors import InputError
from segeval.models.networks.found import Found, Instances, MasksBoxes
from segeval.models.predict.photo_queue import Read
from segeval.models.predict.predictions import to_predictions
from segeval.models.predict.views import Viewer

ALMOST = 1e-6
"""Least distance of mean probabilities from 0 and 1, so that their logits are finite."""


def require_views(model: nn.Module, viewer: Viewer) -> None:
    """Refuse several views for a model whose masks cannot be averaged.

    Raises:
        InputError: if there are several views and the model cannot draw masks in given boxes.
    """
    if len(viewer.views) > 1 and not isinstance(model, MasksBoxes):
        raise InputError(
            "This model draws masks of the whole image, which cannot be averaged over several "
            "views. Leave out `flip=True` and `scales` (input.test_flip and input.test_scales in "
            "a configuration).",
            code="views",
            option="flip",
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
    with viewer.inference():
        found: Sequence[Found] = model(*viewer.batch(photos, plain))
    if len(viewer.views) > 1:
        found = with_averaged_masks(photos, model, viewer, found)
    return [
        to_predictions(
            [each.in_photo(plain.size_of(photo), photo.size)],
            [photo.photo.id],
            category_ids=category_ids,
            source=str(photo.photo.path),
        )
        for each, photo in zip(found, photos, strict=True)
    ]


def with_averaged_masks(
    photos: Sequence[Read], model: MasksBoxes, viewer: Viewer, found: Sequence[Any]
) -> list[Instances]:
    """Objects with masks averaged over all views.

    Args:
        photos: of one padded size.
        model: that found the objects.
        viewer: makes the batches.
        found: `Instances` of the first view of each photograph.

    Returns:
        The same objects, with logits of the mean probabilities.

    Source:
        The winner of 3D-FUTURE 2020 averages masks after detection; boxes and scores stay.
    """
    sums = [each.masks.float().sigmoid() for each in found]
    plain = viewer.views[0]
    for view in viewer.views[1:]:
        moved = [
            each.moved(plain.size_of(photo), view.size_of(photo), mirrored=view.mirrored)
            for each, photo in zip(found, photos, strict=True)
        ]
        with viewer.inference():
            images, _ = viewer.batch(photos, view)
            masks = model.masks(model.backbone(images), moved)
        for total, logits in zip(sums, masks, strict=True):
            chance = logits.float().sigmoid()
            total += chance.flip(3) if view.mirrored else chance
    return [
        replace(each, masks=torch.logit(total / len(viewer.views), eps=ALMOST))
        for each, total in zip(found, sums, strict=True)
    ]
