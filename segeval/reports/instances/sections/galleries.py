"""Section 6: errors of each kind, cut out of their images."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from segeval.analysis.errors.kinds import STATES
from segeval.metrics.coco.matches import Matches
from segeval.pictures import (
    MaskLayer,
    Shape,
    Tile,
    crop_box,
    cropped,
    each_tile,
    mask_layers,
    poor_masks,
)
from segeval.pictures.photographs import scaled_down
from segeval.reports.cards import Card, Layer, View, card_of, data_address, fitting, layer_of
from segeval.reports.instances.gathered import Gathered, Model
from segeval.reports.options import ReportOptions
from segeval.reports.page_table import name_of
from segeval.words import counted

MOST = 12
"""Crops of a gallery."""

SIDES = (240, 180, 120)
"""Pixels of the longest side of crops: the first is usual, the others save room."""

GOOD = 0.75
"""IoU from which the mask of a true positive is not poor."""

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


@dataclass(frozen=True)
class Item:
    """One error.

    Attributes:
        place: of its image in `Matches.image_ids`.
        row: of the prediction in `Matches`; -1 for an object that was not found.
        target: place of the object in `Matches.gt`; -1 for none.
    """

    place: int
    row: int
    target: int


@dataclass(frozen=True)
class Gallery:
    """Some errors of one kind.

    Attributes:
        heading: of the gallery.
        sentence: what its errors are.
        cards: at most `MOST`, of as many categories as there are.
    """

    heading: str
    sentence: str
    cards: tuple[Card, ...]


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
    folder = None if options.photos is None else Path(options.photos)
    chosen = {kind: _chosen(model, kind, elsewhere) for kind in ABOUT}
    chosen = {kind: items for kind, items in chosen.items() if items}
    made = []
    for number, (kind, items) in enumerate(chosen.items()):
        share = room // (len(chosen) - number)
        cards, _ = fitting(
            lambda side, kind=kind, items=items: _cards(model, kind, items, folder, side),  # type: ignore[misc]
            share,
            SIDES if folder is not None else SIDES[:1],
        )
        room -= sum(card.characters for card in cards)
        heading, sentence = ABOUT[kind]
        if len(cards) < len(items):
            left = counted(len(items) - len(cards), "crop is", "crops are")
            sentence += f" {left} left out: the page is kept below {options.max_mb:g} MB."
        letter = f"{model.letter}: " if model.letter else ""
        made.append(Gallery(f"{letter}{heading}", sentence, tuple(cards)))
    return tuple(made)


def _chosen(model: Model, kind: str, elsewhere: Sequence[int]) -> list[Item]:
    """The errors of a kind that are shown, of as many categories as there are."""
    matches = model.seen.matches
    if kind == "miss":
        missed = np.flatnonzero(model.columns.missed[0])
        sizes = model.seen.evaluation.gt.area[matches.gt[missed]]
        order = _spread(matches.gt_category[missed], sizes)
        return [Item(int(matches.gt_image[each]), -1, int(each)) for each in missed[order]]
    rows = np.setdiff1d(np.flatnonzero(_of_kind(model, kind)), np.array(elsewhere, np.intp))
    order = _spread(matches.category[rows], matches.score[rows])
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


def _spread(category: NDArray[np.integer], value: NDArray[np.float64]) -> NDArray[np.intp]:
    """Which of some errors are shown: the highest of every category, then the second, and so on."""
    order = np.lexsort((-value, category))
    starts = np.flatnonzero(np.diff(category[order], prepend=-1))
    turn = np.arange(len(order)) - np.repeat(starts, np.diff(starts, append=len(order)))
    found: NDArray[np.intp] = order[np.lexsort((-value[order], turn))][:MOST]
    return found


def _cards(
    model: Model, kind: str, items: Sequence[Item], folder: Path | None, longest: int
) -> list[Card]:
    """Cards of some errors, in their order, one photograph in memory at a time."""
    by_image: dict[int, list[int]] = {}
    for number, item in enumerate(items):
        by_image.setdefault(item.place, []).append(number)
    tiles = each_tile([model.seen], list(by_image), folder, longest=None, placeholders=True)
    made: dict[int, Card] = {}
    for tile, numbers in zip(tiles, by_image.values(), strict=True):
        for number in numbers:
            made[number] = _card(model, kind, items[number], tile, longest)
    return [made[number] for number in range(len(items))]


def _card(model: Model, kind: str, item: Item, tile: Tile, longest: int) -> Card:
    """One error."""
    matches = model.seen.matches
    own = _own_shapes(matches, item, tile.shapes)
    layers = tuple(map(layer_of, own))
    box = crop_box([layer.box for layer in layers], tile.size)
    if kind == "poor":
        layers = (*_differences(matches, own), *layers)
    photo = None if tile.picture is None else scaled_down(cropped(tile.picture, box), longest)
    return card_of(tile, box, photo, (View("", _caption(model, kind, item), layers),))


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
    if len(masks) != 2:
        return
    gt, pred = masks
    rules = matches.request.protocol
    found = poor_masks(pred, gt, ratio=rules.boundary_ratio, px=rules.boundary_px)
    for part in ("band", "extra", "lacking"):
        [layer] = mask_layers(getattr(found, part))
        yield _area(part, layer)


def _area(part: str, layer: MaskLayer) -> Layer:
    """Some pixels as an area."""
    picture = data_address("png", layer.png)
    return Layer(part, layer.path, picture, layer.box, part, (0.0, 0.0))


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
    return said if item.target < 0 else f"{said}, IoU {iou:.2f}"
