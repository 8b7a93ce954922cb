"""Options of commands that evaluate files of any kind, and the arguments that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import Annotated, Any, Literal

import typer

from segeval.frozen import frozen
from segeval_cli import ap_options as ap
from segeval_cli import label_map_options as maps
from segeval_cli.given import is_given
from segeval_cli.label_map_options import classes_option
from segeval_cli.measured import ApOptions
from segeval_cli.options import WHAT, GtDir, Iou
from segeval_cli.values import (
    parse_choices,
    parse_ignored,
    parse_max_dets,
    parse_names,
    parse_numbers,
    parse_thresholds,
)

Compat = Annotated[
    Literal["official", "pycocotools", "lvis", "detectron2"] | None,
    WHAT.option("--compat", "Reproduce an official package, as in segeval ap, miou and pq."),
]
Classes = Annotated[str | None, classes_option("Classes of label maps, which need them: ")]


@frozen(kw_only=True)
class OtherFiles:
    """Options of files that are not in COCO's or LVIS's format; help texts describe each."""

    boxes: ap.Boxes = None
    labels: ap.ImageLabels = None
    hierarchy: ap.Hierarchy = None
    group_of_weight: ap.GroupOfWeight = 1.0
    expand_predictions: ap.ExpandPredictions = False
    classes: Classes = None
    ignore: maps.Ignore = None
    absent: maps.Absent = None
    trimap: maps.Trimap = None
    trimap_metric: maps.TrimapMetric = "euclid"
    trimap_total_width: maps.TrimapTotalWidth = False
    trimap_void: maps.TrimapVoid = "ignore"
    boundary: maps.Boundary = False
    boundary_f: maps.BoundaryF = False
    boundary_f_threshold: maps.BoundaryFThreshold = None
    gt_dir: GtDir = None


WITHOUT_PAGE = (
    "compat", "boxes", "labels", "hierarchy", "group_of_weight", "expand_predictions",
)  # fmt: skip
"""Parameters of evaluations that have no page: those of official packages and of Open Images."""

PARSERS: dict[str, Callable[[Any], Any]] = {
    "iou": lambda value: parse_choices(value, "--iou", list(Iou), "kind of IoU"),
    "thresholds": parse_thresholds,
    "max_dets": parse_max_dets,
    "categories": lambda value: parse_names(value, "--categories"),
    "images": lambda value: parse_names(value, "--images"),
    "ignore": parse_ignored,
    "trimap": lambda value: parse_numbers(value, "--trimap", unit="pixels"),
}
"""What makes the library's values of texts."""

RENAMED = {"boundary_f_threshold": "boundary_f"}
"""Parameters that the library takes by another name."""


def evaluation_arguments(context: typer.Context, *, but: Sequence[str] = ()) -> dict[str, Any]:
    """The arguments of the evaluation that the command line gives, by the library's names.

    Args:
        context: of the command.
        but: parameters that mean something else to the command.
    """
    own = {"compat", *(each.name for each in (*fields(ApOptions), *fields(OtherFiles)))}
    own -= set(but)
    found: dict[str, Any] = {}
    for name, value in context.params.items():
        if name in own and is_given(context, name):
            found[RENAMED.get(name, name)] = PARSERS.get(name, lambda each: each)(value)
    return found
