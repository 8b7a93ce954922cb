"""Options of every command that evaluates label maps."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from segeval.errors import InputError
from segeval.frozen import frozen
from segeval_cli.given import is_typed
from segeval_cli.options import BOUNDARIES, WHAT, BoundaryPx, Panel, boundary_ratio_option
from segeval_cli.values import parse_ignored, parse_numbers

if TYPE_CHECKING:
    from segeval.metrics.semantic.arguments import Arguments

TRIMAP = Panel("Trimap")

Distance = Literal["euclid", "chebyshev"]
"""The distance of a pixel from a boundary."""

VoidRule = Literal["ignore", "edge", "deeplab"]
"""How void affects boundaries."""

Ignore = Annotated[
    list[str] | None,
    WHAT.option(
        "--ignore IDS",
        "Ids to leave out, such as 255 or 0-6,9: they are void in GT and misses in PREDS. "
        "others: every value that is not a class.",
    ),
]
Absent = Annotated[
    Literal["cityscapes", "zero", "detectron2"] | None,
    WHAT.option(
        "--absent",
        "Missing classes: leave out those without ground truth and predictions (cityscapes, "
        "the default) or without ground truth (detectron2), or count them as 0 (zero).",
    ),
]
Trimap = Annotated[
    str | None,
    TRIMAP.option(
        "--trimap PX", "Mean IoU within these distances of the boundaries, such as 1,3,5,8,20."
    ),
]
TrimapMetric = Annotated[
    Distance, TRIMAP.option("--trimap-metric", "How distances are measured.", show_default=True)
]
TrimapTotalWidth = Annotated[
    bool,
    TRIMAP.option(
        "--trimap-total-width", "Read the widths as those of the whole band, not of one side."
    ),
]
TrimapVoid = Annotated[
    VoidRule,
    TRIMAP.option(
        "--trimap-void",
        "Void makes no boundary (ignore), makes one like any other label (edge), or makes "
        "the only one (deeplab).",
        show_default=True,
    ),
]
Boundary = Annotated[bool, BOUNDARIES.option("--boundary", "Boundary IoU per class.")]
BoundaryRatio = Annotated[
    float | None, boundary_ratio_option("0.02 (classes of Cityscapes: 0.005)")
]
BoundaryF = Annotated[bool, BOUNDARIES.option("--boundary-f", "Boundary F per class.")]
BoundaryFThreshold = Annotated[
    float | None,
    BOUNDARIES.option(
        "--boundary-f-threshold T",
        "Tolerance of boundary F: pixels or, below 1, a fraction of the diagonal. Default: 0.008.",
    ),
]


def classes_option(before: str = "") -> Any:
    """The option `--classes`, which label maps need; the words come before its help text."""
    return WHAT.reading(
        "--classes CLASSES",
        f"{before}cityscapes, cityscapes-train, ade20k, camvid, voc; a number N for ids 0 to N-1; "
        'or a file with lines such as "7 road"; or 0=background,255=object.',
    )


Compat = Annotated[
    Literal["official", "detectron2"] | None,
    WHAT.option(
        "--compat",
        "Reproduce a tool: cityscapesScripts (official), or detectron2 with its boundary IoU.",
    ),
]


@frozen(kw_only=True)
class LabelMapOptions:
    """What to count in label maps, as the command line has it; help texts describe each."""

    classes: Annotated[str | None, classes_option()] = None
    ignore: Ignore = None
    absent: Absent = None
    compat: Compat = None
    trimap: Trimap = None
    trimap_metric: TrimapMetric = "euclid"
    trimap_total_width: TrimapTotalWidth = False
    trimap_void: TrimapVoid = "ignore"
    boundary: Boundary = False
    boundary_ratio: BoundaryRatio = None
    boundary_px: BoundaryPx = None
    boundary_f: BoundaryF = False
    boundary_f_threshold: BoundaryFThreshold = None

    def values(self) -> dict[str, Any]:
        """The arguments of `segeval.mean_iou` that they stand for, by name; classes as they are.

        Raises:
            InputError: for values that cannot be read.
        """
        threshold = self.boundary_f_threshold
        return {
            "classes": self.classes,
            "ignore": parse_ignored(self.ignore),
            "absent": self.absent,
            "trimap": ()
            if self.trimap is None
            else parse_numbers(self.trimap, "--trimap", unit="pixels"),
            "trimap_metric": self.trimap_metric,
            "trimap_total_width": self.trimap_total_width,
            "trimap_void": self.trimap_void,
            "boundary": self.boundary,
            "boundary_ratio": self.boundary_ratio,
            "boundary_px": self.boundary_px,
            "boundary_f": self.boundary_f if threshold is None else threshold,
            "compat": self.compat,
        }

    def arguments(self) -> Arguments:
        """The same for the library.

        Raises:
            InputError: for values that cannot be read, or without classes.
        """
        from segeval.metrics.semantic.arguments import Arguments

        if self.classes is None:
            raise InputError(
                "label maps need their classes, expected `classes`, such as "
                '`classes="cityscapes"`.',
                code="classes",
                option="classes",
            )
        return Arguments(**self.values())


Classes = Annotated[
    str | None,
    classes_option(
        "Classes of label maps, which need them (--boundary-ratio is then 0.01 by default): "
    ),
]
"""Classes of label maps whose errors are looked at, in commands that take files of AP too."""


def are_label_maps(files: Sequence[str], classes: str | None, ignore: object) -> bool:
    """Whether the files are label maps; refuses classes of other files, and maps without any.

    Raises:
        InputError: for these.
    """
    from segeval.checks.label_map_report import are_label_maps as looks_so
    from segeval.data.id_maps.elsewhere import CONVERTED

    maps = [file for file in files if looks_so(file)]
    if maps and classes is None:
        raise InputError(
            f"{maps[0]}: is read as label maps, whose errors are found by class, expected "
            f'`classes` as well, such as `classes="cityscapes"`. {CONVERTED}',
            code="classes",
            path=maps[0],
            option="classes",
        )
    if not maps:
        refuse_options_of_label_maps(files[0], classes, ignore)
    return bool(maps)


def refuse_options_of_label_maps(path: str, classes: str | None, ignore: object) -> None:
    """Refuse options of label maps where there are none.

    Args:
        path: of a file of another kind.
        classes: the value of the option.
        ignore: the value of the option.

    Raises:
        InputError: for either of them.
    """
    for option, value in {"classes": classes, "ignore": ignore or None}.items():
        if value is not None:
            raise InputError(
                f"`{option}` is about label maps, which are folders or .png or .npy files, and "
                f"{path} is none: leave it out.",
                code="option",
                option=option,
            )


def refuse_options_of_ap(
    context: typer.Context,
    of_label_maps: Collection[str],
    path: str,
    *,
    about: str = "AP",
    holds: str = "label maps",
) -> None:
    """Refuse options that label maps do not have, in a command that takes files of AP too.

    Args:
        context: of the command.
        of_label_maps: parameters of the command that label maps have.
        path: of the label maps.
        about: what the other options are about.
        holds: what the file holds in place of label maps.

    Raises:
        InputError: for another option on the command line.
    """
    for name in context.params:
        if name not in of_label_maps and is_typed(context, name):
            raise InputError(
                f"`{name}` is about {about}, and {path} holds {holds}: leave it out.",
                code="option",
                option=name,
            )
