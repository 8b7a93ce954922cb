"""From picture files to what a model finds in them, one image after the other.

files -> read_ahead -> in_batches -> objects_of or labels_of -> Predictions, or a label map
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from segeval.data import Predictions, predictions_from_arrays
from segeval.errors import InputError, Note
from segeval.models.config import InputConfig
from segeval.models.networks.rcnn import Instances
from segeval.models.ops.boxes import clip_boxes
from segeval.models.ops.pasting import paste_masks
from segeval.models.predict.images import normalise, pad_batch
from segeval.models.predict.photo_queue import (
    Photo,
    Read,
    Sparing,
    in_batches,
    is_memory,
    read_ahead,
)
from segeval.models.predict.views import View, most_likely, seen_by, with_averaged_masks

ON_GPU = 8
"""Images of a batch on a GPU."""

HALF = {"fp16": torch.float16, "bf16": torch.bfloat16}
"""Numbers of 16 bits."""

PLAIN = View(0, 0, 0)
"""Stands for the first view of a photograph."""

Sizes = tuple[tuple[int, int], ...]
OnNote = Callable[[Note], None]


@dataclass(frozen=True, kw_only=True)
class PredictionOptions:
    """How a model is run.

    Attributes:
        device: "cpu", "cuda", "cuda:1"; "auto" takes a GPU if there is one.
        amp: "bf16" or "fp16" for most of the work in 16 bits; None for none of it.
        batch: images that share a batch, if their sizes are alike; None is 8 on a GPU, else 1.
        flip: average with the mirrored image.
        scales: short sides of more views that are averaged, in pixels.
        skip_broken: leave out images that cannot be read, with a note.
        workers: threads that read images.

    Raises:
        InputError: for values that make no sense.
    """

    device: str = "auto"
    amp: str | None = None
    batch: int | None = None
    flip: bool = False
    scales: tuple[int, ...] = ()
    skip_broken: bool = False
    workers: int = 2

    def __post_init__(self) -> None:
        if self.amp not in (None, *HALF):
            raise InputError(f"amp is {self.amp!r}, expected one of {', '.join(HALF)}.", code="amp")
        numbers = [("batch", self.batch), ("workers", self.workers)]
        for name, number in (*numbers, *(("scales", side) for side in self.scales)):
            if number is not None and number < 1:
                raise InputError(f"{name} is {number}, expected 1 or more.", code=name)


@dataclass(frozen=True)
class Predicted:
    """What was found in one image.

    Attributes:
        photo: which one.
        size: (H, W) of the image as it is seen, in pixels; what was found is in these.
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
    """What a model finds in images, in their order; only a few of them are in memory at a time.

    Boxes are found in the plain image. If there are more views of it (mirrored, or in other sizes),
    the masks' probabilities in the same boxes are averaged over all of them before the threshold
    of 0.5; scores stay those of the plain image. Of a semantic model the probabilities of every
    pixel's classes are averaged.

    Args:
        model: a `MaskRCNN`, or if `semantic` a model that gives class logits (B, K, H, W). It is
            put on the device, in inference mode.
        photos: the images.
        settings: how the model was trained to see them.
        category_ids: id of each class, in their order.
        semantic: whether the model gives label maps.
        options: how the model is run.
        on_note: is told of images that are left out ("broken-image"), and of a batch that had to
            become smaller for want of memory ("batch-halved").

    Raises:
        InputError: if an image cannot be read, unless these are left out, or is too large for the
            device's memory.
    """
    options = options or PredictionOptions()
    device = device_of(options.device)
    model = _moved(model, device).eval()
    views = _views(settings, options)
    run = partial(_run, settings=settings, device=device, amp=options.amp)
    ids = np.asarray(category_ids, np.int64)
    work = partial(labels_of if semantic else objects_of, model, run, views, category_ids=ids)
    batch = options.batch or (ON_GPU if device.type == "cuda" else 1)

    def on_broken(photo: Photo, problem: InputError) -> None:
        if not options.skip_broken:
            raise problem
        on_note(Note("broken-image", f"left out: {problem.message}"))

    sides = dict.fromkeys((view.short, view.longest) for view in views)
    read = read_ahead(photos, tuple(sides), workers=options.workers)
    sparing = Sparing[Any](work, batch=batch, device=device.type, on_note=on_note)
    for each, found in in_batches(read, sparing, batch=batch, on_broken=on_broken):
        yield Predicted(each.photo, each.size, found)


def device_of(name: str) -> torch.device:
    """The device of a name; "auto" is a GPU if there is one.

    Raises:
        InputError: if there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    problem = ""
    if device.type not in ("cpu", "cuda"):
        problem = "expected auto, cpu or cuda"
    elif device.type == "cuda" and not torch.cuda.is_available():
        problem = "PyTorch sees no GPU here. Use --device cpu"
    elif device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        problem = f"there is none of that number; PyTorch sees {torch.cuda.device_count()} here"
    if problem:
        raise InputError(f"--device {name}: {problem}.", code="device", field="device")
    return device


def _moved(model: nn.Module, device: torch.device) -> nn.Module:
    """A model on its device, if it has room there."""
    try:
        return model.to(device)
    except RuntimeError as error:
        if not is_memory(error):
            raise
        raise InputError(
            f"--device {device}: not enough memory for the model. Free some, or use --device cpu.",
            code="memory",
        ) from None


def _views(settings: InputConfig, options: PredictionOptions) -> tuple[View, ...]:
    """The ways in which every image is looked at, the plain one first."""
    shorts = dict.fromkeys((settings.test_size, *options.scales))
    flips = (False, True) if options.flip else (False,)
    return tuple(
        View(place, short, round(settings.test_max * short / settings.test_size), mirrored)
        for place, short in enumerate(shorts)
        for mirrored in flips
    )


Run = Callable[[Callable[[Tensor, Sizes], Any], Sequence[Read], View], Any]
"""Calls something with the batch of a view."""


@torch.no_grad()
def _run(
    function: Callable[[Tensor, Sizes], Any],
    photos: Sequence[Read],
    view: View,
    *,
    settings: InputConfig,
    device: torch.device,
    amp: str | None,
) -> Any:
    """Call something with the batch of a view of some photographs."""
    images = [normalise(each.to(device), settings) for each in seen_by(view, photos)]
    batch, sizes = pad_batch(images)
    with torch.autocast(device.type, dtype=HALF.get(amp or ""), enabled=amp is not None):
        return function(batch, sizes)


def objects_of(
    model: nn.Module,
    run: Run,
    views: Sequence[View],
    photos: Sequence[Read],
    *,
    category_ids: NDArray[np.int64],
) -> list[Predictions]:
    """Objects in photographs of one padded size."""
    found: list[Instances] = run(model, photos, views[0])
    if len(views) > 1:
        found = with_averaged_masks(model, run, views, photos, found)
    return [_in_photo(each, read, category_ids) for each, read in zip(found, photos, strict=True)]


def _in_photo(found: Instances, read: Read, category_ids: NDArray[np.int64]) -> Predictions:
    """Objects of a resized image in the pixels of the file.

    Source:
        detectron2's detector_postprocess: boxes are scaled by both sides, cut off at the border,
        and left out if nothing remains.
    """
    (seen,) = seen_by(PLAIN, [read])
    high, wide = (old / new for old, new in zip(read.size, seen.shape[1:], strict=True))
    boxes = found.boxes.float() * found.boxes.new_tensor([wide, high, wide, high]).float()
    boxes = clip_boxes(boxes, read.size)
    kept = (boxes[:, 2:] > boxes[:, :2]).all(1)
    boxes, logits = boxes[kept], found.masks[kept]
    sizes = torch.tensor([read.size]).expand(len(boxes), 2)
    corners = boxes.cpu().double().numpy()
    return predictions_from_arrays(
        image_id=np.full(len(boxes), read.photo.id, np.int64),
        category_id=category_ids[found.classes[kept].cpu().numpy()],
        score=found.scores[kept].float().cpu().double().numpy(),
        boxes=np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1),
        masks=paste_masks(logits.float(), boxes, sizes),
        source=str(read.photo.path),
    )


def labels_of(
    model: nn.Module,
    run: Run,
    views: Sequence[View],
    photos: Sequence[Read],
    *,
    category_ids: NDArray[np.int64],
) -> list[NDArray[Any]]:
    """Label maps of photographs of one padded size."""
    dtype = np.uint8 if category_ids.max(initial=0) <= np.iinfo(np.uint8).max else np.uint16
    logits = [run(model, photos, view) for view in views]
    label_maps = []
    for place, read in enumerate(photos):
        of_views = []
        for view, every in zip(views, logits, strict=True):
            high, wide = seen_by(view, [read])[0].shape[1:]
            cut = every[place, :, :high, :wide]
            of_views.append(cut.flip(2) if view.mirrored else cut)
        classes = most_likely(of_views, read.size).cpu().numpy()
        label_maps.append(category_ids[classes].astype(dtype))
    return label_maps
