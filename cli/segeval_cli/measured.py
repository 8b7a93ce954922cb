"""The shared options of `segeval ap` as one parameter, for commands that take all of them.

Such a command declares a parameter `asked: ApOptions` and is decorated with `unfolded`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated, Any

from segeval.frozen import frozen
from segeval_cli import ap_options as shared
from segeval_cli.options import BoundaryPx, Iou, SkipUnknown, argument
from segeval_cli.values import (
    parse_choices,
    parse_max_dets,
    parse_names,
    parse_thresholds,
    refused,
)

if TYPE_CHECKING:
    from segeval.metrics.coco.arguments import Arguments

CocoPreds = Annotated[
    str, argument("PREDS", 'Predictions: .json, .json.gz or .jsonl, or "-" for standard input.')
]


@frozen(kw_only=True)
class ApOptions:
    """What to measure and which part, as the command line has it; help texts describe each."""

    iou: shared.IouKinds = None
    protocol: shared.ProtocolChoice = None
    compat: shared.Compat = None
    sizes: shared.Sizes = None
    area_from: shared.AreaFrom = None
    thresholds: shared.Thresholds = None
    max_dets: shared.MaxDets = None
    boundary_ratio: shared.BoundaryRatio = None
    boundary_px: BoundaryPx = None
    agnostic: shared.Agnostic = False
    score_field: shared.ScoreField = "score"
    honour_ignore: shared.HonourIgnore = False
    categories: shared.Categories = None
    images: shared.Images = None
    min_score: shared.MinScore = None
    skip_unknown: SkipUnknown = False

    def arguments(self) -> Arguments:
        """The arguments of `segeval.average_precision` that decide what is matched.

        Raises:
            InputError: for values that cannot be read.
        """
        from segeval.metrics.coco.arguments import Arguments

        return Arguments(
            iou=parse_choices(self.iou, "--iou", list(Iou), "kind of IoU") if self.iou else None,
            protocol=self.protocol,
            compat=self.compat,
            sizes=self.sizes,
            area_from=self.area_from,
            thresholds=parse_thresholds(self.thresholds),
            max_dets=parse_max_dets(self.max_dets),
            boundary_ratio=self.boundary_ratio,
            boundary_px=self.boundary_px,
            categories=parse_names(self.categories, "--categories"),
            images=parse_names(self.images, "--images"),
            agnostic=self.agnostic,
            score_field=self.score_field,
            min_score=self.min_score,
            skip_unknown=self.skip_unknown,
            honour_ignore=self.honour_ignore,
        )


@frozen(kw_only=True)
class CocoOptions(ApOptions):
    """The same where only files in COCO's or LVIS's format can be read."""

    protocol: shared.CocoProtocolChoice = None

    def coco_arguments(self, *, kinds: int | None = None) -> Arguments:
        """The arguments of `segeval.average_precision` that decide what is matched.

        Args:
            kinds: most kinds of IoU; None for any number.

        Raises:
            InputError: for values that cannot be read, and for more kinds of IoU.
        """
        arguments = self.arguments()
        if kinds == 1:
            one_kind(arguments.iou or ())
        return arguments


def one_kind(iou: Sequence[str]) -> None:
    """Refuse several kinds of IoU.

    Raises:
        InputError: for these.
    """
    if len(iou) > 1:
        problem = "one kind of IoU at a time. Run the command once for each."
        raise refused("--iou", ",".join(iou), problem)


def given(arguments: Arguments) -> dict[str, Any]:
    """The arguments that differ from their defaults, by name.

    What evaluation it is may depend on the files; others would not take what is not given.
    """
    plain = vars(type(arguments)())
    return {name: value for name, value in vars(arguments).items() if value != plain[name]}
