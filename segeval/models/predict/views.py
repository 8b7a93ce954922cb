"""Views of a photograph for a model: plain, mirrored, in other sizes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor

from segeval.models.config import InputConfig
from segeval.models.devices import autocast
from segeval.models.images import normalise, pad_batch
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Read


@dataclass(frozen=True)
class PhotoView:
    """A way to show a photograph.

    Attributes:
        place: index of its size in `Read.sizes`.
        short: short side, in pixels.
        longest: limit of the long side, in pixels.
        mirrored: whether left and right are swapped.
    """

    place: int
    short: int
    longest: int
    mirrored: bool = False

    def of(self, photo: Read) -> Tensor:
        """A photograph in this view, uint8, (3, h, w)."""
        image = photo.sizes[self.place]
        return image.flip(2) if self.mirrored else image

    def size_of(self, photo: Read) -> tuple[int, int]:
        """(h, w) of a photograph in this view, in pixels."""
        _, height, width = photo.sizes[self.place].shape
        return height, width


def views_of(settings: InputConfig, options: PredictionOptions) -> tuple[PhotoView, ...]:
    """The views of every photograph, the plain one first."""
    growth = settings.test_max / settings.test_size
    scaled = [(short, round(growth * short)) for short in (settings.test_size, *options.scales)]
    flips = (False, True) if options.flip else (False,)
    return tuple(
        PhotoView(place, short, longest, mirrored)
        for place, (short, longest) in enumerate(dict.fromkeys((*scaled, *options.sizes)))
        for mirrored in flips
    )


@dataclass(frozen=True)
class Viewer:
    """Shows photographs to a model.

    Attributes:
        settings: how images become input of the model.
        views: of every photograph, the plain one first.
        device: of the model.
        amp: mixed precision, "bf16" or "fp16"; None for 32 bits.
        averages_boxes: whether boxes and scores are averaged over views too, not masks alone.
        merge: strategy that merges what each view finds by itself; "" averages over views.
    """

    settings: InputConfig
    views: tuple[PhotoView, ...]
    device: torch.device
    amp: str | None = None
    averages_boxes: bool = True
    merge: str = ""

    def batch(
        self, photos: Sequence[Read], view: PhotoView
    ) -> tuple[Tensor, tuple[tuple[int, int], ...]]:
        """The batch of a view, (B, 3, H, W), and (h, w) of each photograph in it."""
        images = [view.of(each).to(self.device) for each in photos]
        return pad_batch([normalise(each, self.settings) for each in images])

    @contextmanager
    def inference(self) -> Iterator[None]:
        """A context without gradients, in the requested precision."""
        with torch.no_grad(), autocast(self.device, self.amp):
            yield
