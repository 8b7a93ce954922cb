"""How models are merged as the command line has it, and as arguments of `segeval.fuse`."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from segeval.frozen import frozen
from segeval_cli.commands.ensemble import options as own
from segeval_cli.commands.ensemble.per_model import for_models
from segeval_cli.values import parse_numbers, refused

if TYPE_CHECKING:
    from segeval.ensemble.operators.mask_voting import Cut


@frozen(kw_only=True)
class Merging:
    """What makes one set of predictions."""

    iou: own.IouKind = None
    max_dets: own.MaxDets = 100
    mask_threshold: own.MaskThreshold = "0.5"
    mask_votes: own.MaskVotes = "equal"
    bound_scores: own.BoundScores = False
    compat: own.Compat = None
    weigh: own.Weigh = None
    calibrate: own.Calibrate = None
    calibrate_to: own.CalibrateTo = "iou"

    def arguments(self) -> dict[str, Any]:
        """The arguments of `segeval.fuse`.

        Raises:
            InputError: for a value that cannot be read.
        """
        iou = None if self.iou is None else self.iou.value
        return {**vars(self), "iou": iou, "mask_threshold": _cut(self.mask_threshold)}


@frozen(kw_only=True)
class Worth:
    """What the models are worth."""

    scores: own.Scores = None
    weights: own.Weights = None
    ap: own.SavedAP = None
    fit: own.Fit = None

    def arguments(self) -> dict[str, Any]:
        """The arguments of `segeval.fuse`.

        Raises:
            InputError: for numbers that cannot be read.
        """
        numbers = {"scores": self.scores, "weights": self.weights}
        parsed = {
            name: None if text is None else parse_numbers(text, f"--{name}")
            for name, text in numbers.items()
        }
        return {**vars(self), **parsed}


@frozen(kw_only=True)
class Seen:
    """What the models saw of the images."""

    views: own.Views = None
    tiles: own.TileTable = None
    cut_objects: own.CutObjects = "drop"
    images: own.ImageList = None


@frozen(kw_only=True)
class Known:
    """Which categories the models know, and who gives them."""

    maps: own.Maps = None
    covers: own.CoversOption = None
    route: own.Route = None
    route_margin: own.RouteMargin = 0.01
    route_k: own.RouteK = 2
    class_scores: own.ClassScores = None
    background: own.BackgroundOption = "first"

    def arguments(self, models: Sequence[str]) -> dict[str, Any]:
        """The arguments of `segeval.fuse`.

        Args:
            models: the files of predictions, as the command line names them.

        Raises:
            InputError: if models have no map or list of categories, or several.
        """
        maps = for_models(self.maps, models, "--map")
        covers = for_models(self.covers, models, "--covers")
        return {**vars(self), "maps": maps, "covers": covers}


def _cut(text: str) -> Cut:
    """The value of --mask-threshold."""
    if text == "expected-iou":
        return "expected-iou"
    numbers = parse_numbers(text, "--mask-threshold")
    if len(numbers) > 1:
        raise refused("--mask-threshold", text, "expected one number, or expected-iou.")
    return numbers[0]
