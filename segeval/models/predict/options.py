"""Options of running a model on photographs."""

from __future__ import annotations

from dataclasses import dataclass

from segeval.errors import InputError
from segeval.metrics.choices import check_choice
from segeval.models.arguments import require_least
from segeval.models.devices import HALF

VIEWS = ("all", "masks")
"""What is averaged over the views of an object."""


@dataclass(frozen=True, kw_only=True)
class PredictionOptions:
    """How a model is run.

    Attributes:
        device: "cpu", "cuda" or "cuda:1"; "auto" takes a GPU if there is one.
        amp: mixed precision, "bf16" or "fp16"; None for 32 bits.
        batch: images per batch, if their sizes are alike; None for 8 on a GPU, else 1.
        flip: whether to average with the mirrored image.
        scales: short sides of further views to average over, in pixels.
        views: what of an object is averaged over its views: "all", or "masks" alone, in the boxes
            of the plain view.
        skip_broken: whether to leave out images that cannot be read, with a note.
        workers: threads that read images.

    Raises:
        InputError: for an unknown type, a number below 1, or `views` of a single view.
    """

    device: str = "auto"
    amp: str | None = None
    batch: int | None = None
    flip: bool = False
    scales: tuple[int, ...] = ()
    views: str = "all"
    skip_broken: bool = False
    workers: int = 2

    def __post_init__(self) -> None:
        check_choice("amp", self.amp, tuple(HALF))
        check_choice("views", self.views, VIEWS)
        if self.views != VIEWS[0] and not (self.flip or self.scales):
            raise InputError(
                f"`views={self.views!r}` is for several views of an image, expected `flip` or "
                "`scales` as well.",
                code="views",
                option="views",
            )
        require_least([("batch", self.batch, 1), ("workers", self.workers, 1)])
        require_least(("scales", side, 1) for side in self.scales)
