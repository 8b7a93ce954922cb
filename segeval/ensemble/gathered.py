"""The predictions of several models as they are merged: loaded, mapped, and in one pool."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from segeval.checks.together.search import ensemble_warnings
from segeval.data import Predictions, load_predictions
from segeval.data.tiles import Tiles
from segeval.ensemble.categories.coverage import Coverage
from segeval.ensemble.categories.preparation import Preparation
from segeval.ensemble.fitting.different_categories import Experts
from segeval.ensemble.fitting.truth import Truth
from segeval.ensemble.pools.pool import Pool, pooled
from segeval.ensemble.views.drawn_polygons import has_polygons, polygons_drawn
from segeval.ensemble.views.known_sizes import ImageSource
from segeval.ensemble.views.mapping import CutObjects, Views, models_in_image_space
from segeval.ensemble.views.view import View
from segeval.errors import Note
from segeval.findings import Finding
from segeval.frozen import frozen

Source = str | Path | Predictions | Sequence[Mapping[str, Any]]
"""Predictions of one model."""


@frozen(eq=False)
class Gathered:
    """The predictions of M models, ready to be merged.

    Attributes:
        models: by model, on whole images and in the categories that all share.
        counts: number of predictions of each model before they were mapped to whole images.
        pool: all of them.
        coverage: which categories each model knows.
        preparation: what was done to the predictions for that.
        views: how the images of each model were changed.
        notes: what was left out on the way.
        together: what is conspicuous of the models side by side.
        has_polygons: whether masks came as polygons, which take the sizes of their images to draw.
    """

    models: list[Predictions]
    counts: list[int]
    pool: Pool
    coverage: Coverage
    preparation: Preparation
    views: tuple[View, ...]
    notes: tuple[Note, ...]
    together: tuple[Finding, ...]
    has_polygons: bool


def gathered(
    models: Sequence[Source],
    experts: Experts,
    truth: Truth,
    *,
    views: Views,
    tiles: str | Path | Tiles | None,
    cut_objects: CutObjects,
    images: ImageSource | None,
    workers: int | None,
) -> Gathered:
    """The predictions of several models, ready to be merged; arguments and errors as in `fuse`."""
    loaded, coverage, preparation, said = experts.prepared(
        [each if isinstance(each, Predictions) else load_compact(each) for each in models],
        models,
        truth.first,
    )
    counts = [len(each) for each in loaded]
    told = (images, truth.fit, truth.judge)
    whole, left_out, seen = models_in_image_space(
        loaded, views, tiles, told, cut_objects=cut_objects, workers=workers
    )
    whole = polygons_drawn(whole, told)
    are_views = views is not None or tiles is not None
    together = ensemble_warnings(
        whole, know_alike=coverage.is_whole, are_views=are_views, are_tiles=tiles is not None,
        categories=None if truth.first is None else truth.first.categories,
    )  # fmt: skip
    return Gathered(
        whole, counts, pooled(whole), coverage, preparation, seen, (*said, *left_out),
        tuple(together), has_polygons(loaded),
    )  # fmt: skip


def load_compact(source: str | Path | Sequence[Mapping[str, Any]]) -> Predictions:
    """Predictions loaded, with the text of their masks alone: that of a file has gaps.

    Args:
        source: path of the predictions, or a list of records.

    Raises:
        InputError: as `segeval.data.load_predictions` does.
    """
    preds = load_predictions(source)
    segments = preds.segmentations
    return replace(preds, segmentations=replace(segments, strings=segments.strings.compact()))
