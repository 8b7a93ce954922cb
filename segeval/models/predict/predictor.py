"""From picture files to predictions, image by image.

files -> read_ahead -> in_batches -> objects_in, in_crops, labels_in -> Predictions, or a label map
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray
from torch import nn

from segeval.brief import Brief
from segeval.data import Predictions
from segeval.errors import InputError, Note
from segeval.models.config import InputConfig
from segeval.models.devices import device_of, on_device
from segeval.models.networks.found import DrawsInCrops
from segeval.models.predict.crops import in_crops
from segeval.models.predict.halving import Halving
from segeval.models.predict.label_maps import labels_in
from segeval.models.predict.objects import objects_in, require_views
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Broken, Photo, Read, Sides, in_batches, read_ahead
from segeval.models.predict.views import Viewer, views_of

ON_GPU = 8
"""Images per batch on a GPU."""

OnNote = Callable[[Note], None]


@dataclass(frozen=True, repr=False)
class Predicted(Brief):
    """The predictions of one image.

    Attributes:
        photo: its file.
        size: (H, W) of the upright image, in pixels; `found` refers to these.
        found: predictions with masks and boxes; or the label map, uint8 or uint16, (H, W).
    """

    photo: Photo
    size: tuple[int, int]
    found: Predictions | NDArray[Any]


def predict(
    model: nn.Module,
    photos: Iterable[Photo],
    settings: InputConfig,
    *,
    category_ids: Sequence[int],
    semantic: bool = False,
    options: PredictionOptions | None = None,
    on_note: OnNote = lambda note: None,
) -> Iterator[Predicted]:
    """Predictions for images, in order, with only a few images in memory at a time.

    With further views (mirrored or in other sizes) the same proposals are looked at in every view,
    and their boxes, scores and mask probabilities are averaged; or, by `views="masks"` and of
    models that cannot do so, the mask probabilities in the boxes of the plain view. A semantic
    model's class probabilities are averaged at every pixel.

    Args:
        model: returns a `Found` per image or, if `semantic`, class logits (B, K, H, W), or
            `DrawsInCrops`. It is moved to the device and put in inference mode.
        photos: the images.
        settings: how images become input of the model.
        category_ids: id of each class, in order.
        semantic: whether the model returns label maps.
        options: of the run.
        on_note: told of skipped images ("broken-image"), and of batches that shrink for lack of
            memory ("batch-halved"), and of a `merge` of a single view ("one-view").

    Raises:
        InputError: if an image cannot be read, unless such images are skipped, or is too large for
            the device's memory; or for several views, if the model draws masks of the whole image.
    """
    options = options or PredictionOptions()
    device = device_of(options.device)
    model = on_device(model, device).eval()
    views = views_of(settings, options)
    viewer = Viewer(
        settings,
        views,
        device,
        options.amp,
        averages_boxes=options.views == "all",
        merge=options.merge,
    )
    if viewer.merge and len(views) == 1:
        text = (
            "`merge` is for what several views find, and there is one view: add `flip` or `scales`"
        )
        on_note(Note("one-view", text, option="merge"))
    crops = isinstance(model, DrawsInCrops) and not semantic
    work = partial(
        _work(model, viewer, semantic=semantic, crops=crops),
        model=model,
        viewer=viewer,
        category_ids=np.asarray(category_ids, np.int64),
    )
    batch = options.batch or (ON_GPU if device.type == "cuda" else 1)
    sides: tuple[Sides, ...] = (None,)
    if not crops:
        sides = tuple(dict.fromkeys((view.short, view.longest) for view in viewer.views))
    read = read_ahead(photos, sides, workers=options.workers)
    sound = _sound(read, skip_broken=options.skip_broken, on_note=on_note)
    halving = Halving[Any](work, batch=batch, device=device.type, on_note=on_note)
    for each, found in in_batches(sound, halving, batch=batch):
        yield Predicted(each.photo, each.size, found)


def _work(
    model: nn.Module, viewer: Viewer, *, semantic: bool, crops: bool
) -> Callable[..., Sequence[Any]]:
    """What is done with a batch of photographs.

    Raises:
        InputError: for views that the model cannot have.
    """
    if (semantic or crops) and viewer.merge:
        what = "label maps" if semantic else "masks in given boxes"
        raise InputError(
            f"`merge` is for objects that each view finds; the probabilities of {what} are "
            "averaged over views.",
            code="option",
            option="merge",
        )
    if semantic:
        return labels_in
    if crops:
        return in_crops
    require_views(model, viewer)
    return objects_in


def _sound(read: Iterable[Read | Broken], *, skip_broken: bool, on_note: OnNote) -> Iterator[Read]:
    """The readable photographs.

    Raises:
        InputError: for the first unreadable one, unless such images are skipped.
    """
    for each in read:
        if isinstance(each, Read):
            yield each
        elif skip_broken:
            on_note(Note("broken-image", f"left out: {each.problem.message}"))
        else:
            raise each.problem
