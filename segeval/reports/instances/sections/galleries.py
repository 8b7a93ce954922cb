"""Section 6: errors of each kind, cut out of their images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import STATES
from segeval.metrics.coco.matches import Matches
from segeval.pictures import Shape, Tile, each_tile
from segeval.reports.cards import Card, Layer, crop_card, difference_layers
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
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

ABOUT = {
    "bkg": (
        "False, with a high score",
        (
            "They overlap no object: the model made them up, or the ground truth lacks an object. "
            "Those that are shown as label suspects are left out here."
        ),
    ),
    "miss": ("Not found", "Objects that no prediction points to, the largest first."),
    "poor": (
        "Poor masks",
        (
            f"True predictions with an IoU below {GOOD:g}: orange is too much, yellow is lacking, "
            "and the pale band is what boundary IoU compares."
        ),
    ),
    "dupe": ("Duplicates", "A better prediction has found the object."),
    "cls": ("Wrong categories", "They overlap an object of another category enough."),
}
"""Headings and sentences of the galleries."""

OF_CHOSEN = (
    ABOUT["bkg"][0],
    (
        "They overlap no object of the chosen categories: the model made them up, they are on an "
        "object of another category, or the ground truth lacks an object. Those that are shown as "
        "label suspects are left out here."
    ),
)
"""The first of these where some categories alone are evaluated, and no others are looked at."""


def galleries(
    found: Gathered, options: ReportOptions, room: int, elsewhere: Sequence[int] = ()
) -> tuple[Gallery, ...]:
    """Errors of each kind by the only model, or by the second one.

    Args:
        found: the results.
        options: of the report: the folder of photographs.
        room: characters that all galleries may take together.
        elsewhere: rows of the model's predictions that another section shows.
    """
    model = found.models[-1]
    folder = photo_folder(options)
    are_chosen = model.ap.settings["categories"] is not None
    return fitting_galleries(
        ABOUT | {"bkg": OF_CHOSEN} if are_chosen else ABOUT,
        {kind: _chosen(model, kind, elsewhere) for kind in ABOUT},
        lambda kind, items, side: _cards(model, kind, items, folder, side),
        room,
        options,
        model.letter,
    )


def _chosen(model: Model, kind: str, elsewhere: Sequence[int]) -> list[Item]:
    """The errors of a kind that are shown, of as many categories as there are."""
    matches = model.seen.matches
    if kind == "miss":
        missed = np.flatnonzero(model.columns.missed[0])
        sizes = model.seen.evaluation.gt.area[matches.gt[missed]]
        order = spread(matches.gt_category[missed], sizes)
        return [Item(int(matches.gt_image[each]), -1, int(each)) for each in missed[order]]
    rows = np.setdiff1d(np.flatnonzero(_of_kind(model, kind)), np.array(elsewhere, np.intp))
    order = spread(matches.category[rows], matches.score[rows])
    targets = model.columns.target[0]
    return [Item(int(matches.image[row]), int(row), int(targets[row])) for row in rows[order]]


def _of_kind(model: Model, kind: str) -> NDArray[np.bool_]:
    """Whether each prediction is an error of a kind, with a score that counts."""
    columns, matches = model.columns, model.seen.matches
    own = columns.kind[0]
    if kind == "poor":
        has_mask = matches.request.iou != "bbox"
        chosen = (own == STATES.index("tp")) & (columns.iou[0] < GOOD) & has_mask
    else:
        chosen = own == STATES.index(kind)
    if model.least_score is not None:
        chosen &= matches.score >= model.least_score
    found: NDArray[np.bool_] = chosen
    return found


def _cards(
    model: Model, kind: str, items: Sequence[Item], folder: Path | None, longest: int
) -> list[Card]:
    """Cards of some errors, in their order."""
    return cards_in_order(
        [item.place for item in items],
        lambda places: each_tile([model.seen], places, folder, longest=None, placeholders=True),
        lambda number, tile: _card(model, kind, items[number], tile, longest),
    )


def _card(model: Model, kind: str, item: Item, tile: Tile, longest: int) -> Card:
    """One error."""
    matches = model.seen.matches
    own = _own_shapes(matches, item, tile.shapes)
    differences = tuple(_differences(matches, own)) if kind == "poor" else ()
    return crop_card(tile, own, _caption(model, kind, item), longest, differences)


def _own_shapes(matches: Matches, item: Item, shapes: Sequence[Shape]) -> list[Shape]:
    """The object and the prediction of an error among the shapes of its image."""
    wanted = set()
    if item.target >= 0:
        wanted.add((True, int(matches.gt[item.target])))
    if item.row >= 0:
        wanted.add((False, int(matches.prediction[item.row])))
    return [each for each in shapes if (each.score is None, each.row) in wanted]


def _differences(matches: Matches, own: Sequence[Shape]) -> Iterator[Layer]:
    """The boundary band of a poor mask, and the pixels that differ, as areas."""
    masks = [each.mask for each in own if each.mask is not None]
    if len(masks) == 2:
        gt, pred = masks
        rules = matches.request.protocol
        yield from difference_layers(pred, gt, ratio=rules.boundary_ratio, px=rules.boundary_px)


def _caption(model: Model, kind: str, item: Item) -> str:
    """What an error is, in a few words."""
    matches, columns = model.seen.matches, model.columns
    names = matches.category_names
    if item.row < 0:
        return name_of(names[matches.gt_category[item.target]])
    said = f"{name_of(names[matches.category[item.row]])} {matches.score[item.row]:.3g}"
    iou = columns.iou[0, item.row]
    if kind == "cls":
        other = name_of(names[matches.gt_category[item.target]])
        return f"{said}, is {other} (IoU {iou:.2f})"
    if item.target < 0:
        return said
    return f"{said}, {poor_iou(iou) if kind == 'poor' else f'IoU {iou:.2f}'}"
