"""Pieces of objects that the border of a tile cuts, where another tile shows the object whole."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.geometry import corners
from segeval.data.ids import index_of
from segeval.ensemble.views.frames import Frames

MARGIN = 0.01
"""Part of a side of a tile: what ends nearer to a border is cut by it."""

COVERED = 0.5
"""Part of the box of a piece that the box of the whole object covers."""

PAIRS = 1 << 20
"""Pairs of predictions, or of a prediction and a tile, that are compared together."""


def shown_whole(preds: Predictions, frames: Frames) -> NDArray[np.bool_]:
    """Whether predictions are pieces of objects that another tile shows whole, bool, shape (N,).

    A piece ends at a border of its tile that is none of the image. Another tile reaches beyond
    that border and holds all of the piece; there, a prediction of the same category that no border
    cuts covers at least half of the piece's box.

    Args:
        preds: N predictions on whole images.
        frames: where their tiles lie. Predictions of tiles of unknown size are never pieces.

    Raises:
        FormatError: for a record without a place.
    """
    is_piece = np.zeros(len(preds), np.bool_)
    known = (frames.part >= 0).all(axis=1) & (frames.image >= 0).all(axis=1)
    if frames.corners is None or not known.any():
        return is_piece
    boxes = corners(preds)
    sides = frames.part[:, ::-1]
    tiles = np.concatenate([frames.corners, frames.corners + sides], axis=1)
    cut = _cut(boxes, tiles, frames.image[:, ::-1])
    cut[~known] = False
    is_cut = cut.any(axis=1)
    image, category = (_numbers(ids) for ids in (preds.image_id, preds.category_id))
    _, one, tile = np.unique(
        np.column_stack([image, tiles]), axis=0, return_index=True, return_inverse=True
    )
    tile = tile.ravel()  # NumPy 2.0 gives it another axis
    pieces, wholes = np.flatnonzero(is_cut), np.flatnonzero(known & ~is_cut)
    kinds = int(category.max(initial=0)) + 1
    keys = tile[wholes] * kinds + category[wholes]
    near, beside = _neighbours(image[one], tiles[one])
    for own, place in _pairs(tile[pieces], near):
        piece, further = pieces[own], beside[place]
        there = _reaches_further(boxes[piece], tiles[piece], cut[piece], tiles[one[further]])
        piece, further = piece[there], further[there]
        for found, other in _pairs(further * kinds + category[piece], keys):
            covered = _is_covered(boxes[piece[found]], boxes[wholes[other]])
            is_piece[piece[found[covered]]] = True
    return is_piece


def _neighbours(
    image: NDArray[np.int64], tiles: NDArray[np.int64]
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Places of tiles that share pixels of an image, both ways."""
    found = []
    for one, other in _pairs(image, image):
        low = np.maximum(tiles[one, :2], tiles[other, :2])
        high = np.minimum(tiles[one, 2:], tiles[other, 2:])
        shared = (low < high).all(axis=1) & (one != other)
        found.append((one[shared], other[shared]))
    return np.concatenate([a for a, _ in found]), np.concatenate([b for _, b in found])


def _pairs(
    own: NDArray[np.int64], other: NDArray[np.int64]
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Places in two columns where keys are equal, all pairs of them, some at a time."""
    order = np.argsort(other, kind="stable")
    first, last = (np.searchsorted(other[order], own, side) for side in ("left", "right"))
    number = last - first
    ends = np.cumsum(number)
    start = 0
    while start < len(own):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + PAIRS, "right")), start + 1)
        few = number[start:stop]
        place = np.arange(int(few.sum())) - np.repeat(np.cumsum(few) - few, few)
        yield (
            np.repeat(np.arange(start, stop), few),
            order[np.repeat(first[start:stop], few) + place],
        )
        start = stop


def _cut(
    boxes: NDArray[np.float64], tiles: NDArray[np.int64], image: NDArray[np.int64]
) -> NDArray[np.bool_]:
    """Whether the left, upper, right and lower border of its tile cuts each box, (N, 4)."""
    margin = MARGIN * (tiles[:, 2:] - tiles[:, :2])
    near = np.concatenate(
        [boxes[:, :2] - tiles[:, :2] <= margin, tiles[:, 2:] - boxes[:, 2:] <= margin], axis=1
    )
    inner = np.concatenate([tiles[:, :2] > 0, tiles[:, 2:] < image], axis=1)
    return np.asarray(near & inner)


def _numbers(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Ids as numbers from 0 on, int64, shape of ids."""
    return index_of(ids, np.unique(ids)).astype(np.int64)


def _reaches_further(
    boxes: NDArray[np.float64],
    tiles: NDArray[np.int64],
    cut: NDArray[np.bool_],
    others: NDArray[np.int64],
) -> NDArray[np.bool_]:
    """Whether other tiles hold boxes and reach beyond the borders that cut these, shape (P,)."""
    holds = (others[:, :2] <= boxes[:, :2]) & (others[:, 2:] >= boxes[:, 2:])
    beyond = np.concatenate([others[:, :2] < tiles[:, :2], others[:, 2:] > tiles[:, 2:]], axis=1)
    return np.asarray(holds.all(axis=1) & (beyond | ~cut).all(axis=1))


def _is_covered(boxes: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether other boxes cover enough of boxes, bool, shape (P,)."""
    low = np.maximum(boxes[:, :2], others[:, :2])
    high = np.minimum(boxes[:, 2:], others[:, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(axis=1)
    return np.asarray((shared >= COVERED * area) & (area > 0))
