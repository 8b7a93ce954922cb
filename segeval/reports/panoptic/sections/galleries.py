"""Section 6: errors of each kind, cut out of their images."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from segeval.masks.boundaries import RATIO
from segeval.metrics.panoptic.outcomes import CONFUSION, FALSE, MISSED, TRUE
from segeval.pictures import Shape, Tile, each_segment_tile
from segeval.reports.cards import Card, Layer, crop_card, difference_layers
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.reports.panoptic.gathered import Gathered, Model
from segeval.reports.panoptic.sections.images import LONG_OUTLINE
from segeval.reports.picture_sections import (
    GOOD,
    Gallery,
    Item,
    cards_in_order,
    fitting_galleries,
    photo_folder,
    poor_iou,
    spread,
)

STATES = {"false": FALSE, "confusion": CONFUSION, "poor": TRUE}
"""The state of the predicted segments of each gallery but that of missed ones."""

ABOUT = {
    "confusion": (
        "Wrong categories",
        "False segments on a missed one of another category, IoU above 0.5, the largest first.",
    ),
    "false": (
        "False",
        (
            "Predicted segments that match nothing, nor lie on a missed one of another category, "
            "the largest first."
        ),
    ),
    "missed": (
        "Not found",
        (
            "True segments that nothing matches, and that are not taken for another category, the "
            "largest first."
        ),
    ),
    "poor": (
        "Poor masks",
        (
            f"True segments with an IoU below {GOOD:g}, the lowest first: orange is too much, "
            "yellow is lacking, and the pale band is what boundary IoU compares."
        ),
    ),
}
"""Headings and sentences of the galleries."""


def galleries(found: Gathered, options: ReportOptions, room: int) -> tuple[Gallery, ...]:
    """Errors of each kind by the only model, or by the second one.

    Args:
        found: the results.
        options: of the report: the folder of photographs.
        room: characters that all galleries may take together.
    """
    model = found.models[-1]
    folder = photo_folder(options)
    return fitting_galleries(
        ABOUT,
        {kind: _chosen(model, kind) for kind in ABOUT},
        lambda kind, items, side: _cards(model, kind, items, folder, side),
        room,
        options,
        model.letter,
    )


def _chosen(model: Model, kind: str) -> list[Item]:
    """The errors of a kind that are shown, of as many categories as there are."""
    own = model.outcomes
    rank = np.empty(len(own.gt), np.int64)
    rank[own.order] = np.arange(len(own.gt))
    if kind == "missed":
        rows = np.flatnonzero(own.gt_state == MISSED)
        image, category, ids = own.gt_image, own.gt_category, own.gt.id
        value = own.gt_pixels.astype(np.float64)
    else:
        rows = np.flatnonzero(own.state == STATES[kind])
        image, category, ids = own.image, own.category, own.preds.id
        value = own.pixels.astype(np.float64)
        if kind == "poor":
            rows, value = rows[own.iou[rows] < GOOD], -own.iou
    rows = rows[np.lexsort((ids[rows], rank[image[rows]]))]  # whatever the order of the files
    rows = rows[spread(category[rows], value[rows])]
    if kind == "missed":
        return [Item(int(image[row]), -1, int(row)) for row in rows]
    return [Item(int(image[row]), int(row), int(own.partner[row])) for row in rows]


def _cards(
    model: Model, kind: str, items: Sequence[Item], folder: Path | None, longest: int
) -> list[Card]:
    """Cards of some errors, in their order."""
    return cards_in_order(
        [item.place for item in items],
        lambda places: each_segment_tile([model.seen], places, folder),
        lambda number, tile: _card(model, kind, items[number], tile, longest),
    )


def _card(model: Model, kind: str, item: Item, tile: Tile, longest: int) -> Card:
    """One error."""
    rows = {"T": item.row, "F": item.row, "N": item.target, "": item.target}
    own = [shape for shape in tile.shapes if rows.get(shape.part) == shape.row]
    differences = _differences(model, own) if kind == "poor" else ()
    return crop_card(
        tile, own, _caption(model, kind, item), longest, differences, long_path=LONG_OUTLINE
    )


def _differences(model: Model, own: Sequence[Shape]) -> tuple[Layer, ...]:
    """The boundary band of a poor mask, and the pixels that differ, as areas."""
    masks = [each.mask for each in own if each.mask is not None]
    if len(masks) != 2:
        return ()
    gt, pred = masks
    settings = model.errors.settings
    ratio, px = settings.get("boundary_ratio"), settings.get("boundary_px")
    return tuple(difference_layers(pred, gt, ratio=ratio or RATIO, px=px))


def _caption(model: Model, kind: str, item: Item) -> str:
    """What an error is, in a few words."""
    own = model.outcomes
    names = own.gt.categories.names
    true = "" if item.target < 0 else name_of(names[own.gt_category[item.target]])
    if item.row < 0:
        return true
    said = name_of(names[own.category[item.row]])
    if kind == "confusion":
        return f"{said}, is {true} (IoU {own.iou[item.row]:.2f})"
    if item.target < 0:
        return said
    iou = own.iou[item.row]
    return f"{said}, {poor_iou(iou) if kind == 'poor' else f'IoU {iou:.2f}'}"
