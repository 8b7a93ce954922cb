"""Polygons of predictions drawn as masks, where something tells the size of their image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from segeval.data import Predictions
from segeval.data.segmentations import Format, Segmentations
from segeval.ensemble.views.known_sizes import ImageSource, KnownSizes
from segeval.masks import compress


def has_polygons(models: Iterable[Predictions]) -> bool:
    """Whether a mask of some model is a polygon."""
    return any((each.segmentations.format == Format.POLYGON).any() for each in models)


def polygons_drawn(
    models: Sequence[Predictions], images: Iterable[ImageSource | None]
) -> list[Predictions]:
    """The same predictions with run lengths in place of polygons, which merging cannot compare.

    Args:
        models: predictions of M models, on whole images.
        images: what tells the sizes of images; polygons of others stay.

    Raises:
        FormatError: for a malformed polygon; the message names the prediction.
    """
    if not has_polygons(models):
        return list(models)
    known = KnownSizes(each for each in images if each is not None)
    return [_drawn(each, known) for each in models]


def _drawn(preds: Predictions, known: KnownSizes) -> Predictions:
    """One model's predictions with polygons drawn."""
    segments = preds.segmentations
    sizes = known.of(preds).astype(np.int32)
    rows = np.flatnonzero((segments.format == Format.POLYGON) & (sizes > 0).all(axis=1))
    if not len(rows):
        return preds
    masks = segments.take(rows).run_lengths(sizes[rows], preds, rows=rows)
    form = segments.format.copy()
    form[rows] = Format.STRING
    strings = segments.strings.replaced(rows, compress(masks))
    return replace(preds, segmentations=Segmentations(form, strings))
