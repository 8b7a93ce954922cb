"""Options of running a model on photographs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self, get_args

from segeval.errors import InputError
from segeval.metrics.choices import check_choice
from segeval.models.arguments import require_least
from segeval.models.config import InputConfig
from segeval.models.config.setting_types import Merge
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
        sizes: further views by their short side and the limit of the long one, in pixels.
        merge: strategy of `segeval.ensemble` that merges what each view finds by itself: "nms",
            "soft-nms", "wbf", "nmw" or "vote"; "" averages over views.
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
    sizes: tuple[tuple[int, int], ...] = ()
    merge: str = ""
    views: str = "all"
    skip_broken: bool = False
    workers: int = 2

    def __post_init__(self) -> None:
        check_choice("amp", self.amp, tuple(HALF))
        check_choice("views", self.views, VIEWS)
        check_choice("merge", self.merge, get_args(Merge))
        if self.views != VIEWS[0] and not (self.flip or self.scales or self.sizes):
            raise InputError(
                f"`views={self.views!r}` is for several views of an image, expected `flip` or "
                "`scales` as well.",
                code="views",
                option="views",
            )
        require_least([("batch", self.batch, 1), ("workers", self.workers, 1)])
        require_least(("scales", side, 1) for side in self.scales)
        require_least(("sizes", side, 1) for size in self.sizes for side in size)

    @classmethod
    def of(cls, settings: InputConfig, **changes: Any) -> Self:
        """The views of a configuration's `input`, with changes; None leaves one as it is."""
        views = {
            "flip": settings.test_flip,
            "scales": settings.test_scales,
            "sizes": settings.test_views,
            "merge": settings.test_merge,
        }
        given = {name: value for name, value in changes.items() if value is not None}
        return cls(**{**views, **given})
