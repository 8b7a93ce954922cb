"""Pieces of objects that the border of a tile cuts, where another tile shows the object whole."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from segeval.data import Predictions
from segeval.data.geometry import corners
from segeval.data.ids import index_of
from segeval.ensemble.frames import Frames

MARGIN = 0.01
"""Part of a side of a tile: what ends nearer to a border is cut by it."""

COVERED = 0.5
"""Part of the box of a piece that the box of the whole object covers."""

PAIRS = 1 << 20
"""Pairs of predictions that are compared together."""


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
    group = _groups(preds)
    pieces, wholes = np.flatnonzero(is_cut), np.flatnonzero(known & ~is_cut)
    wholes = wholes[np.argsort(group[wholes], kind="stable")]
    first, last = (
        np.searchsorted(group[wholes], group[pieces], side) for side in ("left", "right")
    )
    ends = np.cumsum(last - first)
    start = 0
    while start < len(pieces):
        before = ends[start - 1] if start else 0
        stop = max(int(np.searchsorted(ends, before + PAIRS, "right")), start + 1)
        number = (last - first)[start:stop]
        own = np.repeat(pieces[start:stop], number)
        place = np.arange(len(own)) - np.repeat(np.cumsum(number) - number, number)
        other = wholes[np.repeat(first[start:stop], number) + place]
        found = _shows(boxes, tiles, cut, own, other)
        is_piece[own[found]] = True
        start = stop
    return is_piece


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


def _groups(preds: Predictions) -> NDArray[np.int64]:
    """A number of the image and category of each prediction, int64, shape (N,)."""
    images, categories = np.unique(preds.image_id), np.unique(preds.category_id)
    place = index_of(preds.image_id, images).astype(np.int64)
    return np.asarray(place * len(categories) + index_of(preds.category_id, categories))


def _shows(
    boxes: NDArray[np.float64],
    tiles: NDArray[np.int64],
    cut: NDArray[np.bool_],
    own: NDArray[np.intp],
    other: NDArray[np.intp],
) -> NDArray[np.bool_]:
    """Whether the other prediction of each pair is the whole object of the piece, shape (P,)."""
    piece, tile, further = boxes[own], tiles[own], tiles[other]
    holds = (further[:, :2] <= piece[:, :2]) & (further[:, 2:] >= piece[:, 2:])
    beyond = np.concatenate([further[:, :2] < tile[:, :2], further[:, 2:] > tile[:, 2:]], axis=1)
    low = np.maximum(piece[:, :2], boxes[other, :2])
    high = np.minimum(piece[:, 2:], boxes[other, 2:])
    shared = np.maximum(high - low, 0).prod(axis=1)
    area = (piece[:, 2:] - piece[:, :2]).prod(axis=1)
    covers = (shared >= COVERED * area) & (area > 0)
    return np.asarray(holds.all(axis=1) & (beyond | ~cut[own]).all(axis=1) & covers)
