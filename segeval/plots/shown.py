"""A picture of one image of a result, which notebooks show."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from dataclasses import replace
from inspect import signature
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from segeval.data.label_maps.classes import label_classes
from segeval.errors import InputError, Note
from segeval.frozen import frozen
from segeval.kernels.threads import check_workers
from segeval.metrics.choices import check_choice, check_flag
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.curves import half_or_first
from segeval.metrics.coco.result import APResult
from segeval.metrics.panoptic.result import PanopticResult
from segeval.metrics.result import Result
from segeval.metrics.semantic.result import MeanIoUResult
from segeval.metrics.sources import found_again
from segeval.pictures import each_segment_tile, each_tile, label_tile, seen_image, seen_segments
from segeval.plots.label_image import label_image_height, plot_label_image
from segeval.plots.one_image import image_height, plot_image, title
from segeval.plots.segment_image import plot_segment_image
from segeval.plots.style import PAGE_MM, new_figure, save, styled

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LONGEST_SIDE = 2048
"""Pixels of the longest side of a photograph: as many as a page has at 300 dpi."""

NOTEBOOK_DPI = 150

LOWEST_SCORE = 0.5
"""Score of the predictions that are drawn, unless the evaluation chose another."""


@frozen(eq=False, repr=False)
class Picture:
    """A picture that a notebook shows, and that can be saved.

    Attributes:
        name: of what it shows.
        figure: of matplotlib.
        notes: what the user should know.
    """

    name: str
    figure: Figure
    notes: tuple[Note, ...] = ()

    def __repr__(self) -> str:
        """What it shows, and the notes."""
        notes = "".join(f"; note: {note.message}" for note in self.notes)
        return f"Picture({self.name}{notes})"

    def _repr_png_(self) -> bytes:
        """The picture as a PNG file, for notebooks."""
        file = io.BytesIO()
        with styled():
            self.figure.savefig(file, format="png", dpi=NOTEBOOK_DPI)
        return file.getvalue()

    def save(self, path: str | Path) -> None:
        """Write it to a file.

        Args:
            path: .png, .pdf or .svg.

        Raises:
            InputError: if the suffix is not one of these.
        """
        save(self.figure, path)


def show(
    result: Result[Any], image: int | str, *, preds: Any = None, gt: Any = None, **how: Any
) -> Picture:
    """One image of a result as a picture; arguments and errors as its own `show`."""
    draw = _drawing(result)
    _check_arguments(type(result).__name__, image, how, draw)
    columns = tuple(
        found_again(result.sources, name, given, f"show({image!r}, {name}={name})")
        for name, given in (("preds", preds), ("gt", gt))
    )
    return draw(result, columns, image, **how)


def _drawing(result: Result[Any]) -> Callable[..., Picture]:
    """What draws an image of a result."""
    if isinstance(result, PanopticResult):
        return _of_segments
    return _of_label_map if isinstance(result, MeanIoUResult) else _of_objects


def _check_arguments(
    kind: str, image: Any, how: Mapping[str, Any], draw: Callable[..., Picture]
) -> None:
    """Refuse arguments that `show` does not have, and values of other types.

    Raises:
        InputError: names the argument.
    """
    known = [*signature(draw).parameters][3:]
    for name in how:
        if name not in known:
            raise InputError(
                f"`{name}` is no argument of the `show` of {kind}, expected "
                f"{', '.join(known)}, preds or gt.",
                code="option",
                option=name,
            )
    check_flag("dark", how.get("dark", False))
    check_workers(how.get("workers"))
    if not isinstance(how.get("images"), str | Path | None):
        raise InputError(
            f"`images` is {how['images']!r}, expected the folder of the photographs.",
            code="photos",
            option="images",
        )
    if isinstance(image, bool) or not isinstance(image, int | str | np.integer):
        raise InputError(
            f"`image` is {image!r}, expected its id or file name.", code="image-id", option="image"
        )


def _of_objects(
    result: Any,
    columns: tuple[Any, Any],
    image: int | str,
    *,
    images: str | Path | None = None,
    iou: str | None = None,
    threshold: float | None = None,
    min_score: float | None = None,
    dark: bool = False,
    workers: int | None = None,
) -> Picture:
    """One image of AP."""
    arguments = _arguments(result, iou, threshold, min_score)
    seen, place = seen_image(columns[0], columns[1], arguments, image, workers=workers)
    folder = None if images is None else Path(images)
    [tile] = each_tile([seen], [place], folder, longest=LONGEST_SIDE, placeholders=True)
    figure, ax = new_figure(width_mm=PAGE_MM, height_mm=image_height(tile, page=True), dark=dark)
    plot_image(tile, threshold=float(seen.matches.thresholds[0]), ax=ax)
    return Picture(title(tile), figure, (*seen.matches.notes, *tile.notes))


def _of_segments(
    result: PanopticResult,
    columns: tuple[Any, Any],
    image: int | str,
    *,
    images: str | Path | None = None,
    iou: str | None = None,
    dark: bool = False,
    workers: int | None = None,
) -> Picture:
    """One image of panoptic quality."""
    kind = next(iter(result.scores)) if iou is None else iou
    check_choice("iou", kind, tuple(result.scores))
    given = _given(result) | {"iou": kind, "workers": workers}
    if kind != "boundary":
        given = {name: value for name, value in given.items() if not name.startswith("boundary_")}
    seen, quality, notes = seen_segments(*columns, image, **given)
    folder = None if images is None else Path(images)
    [tile] = each_segment_tile([seen], [0], folder, longest=LONGEST_SIDE)
    figure, ax = new_figure(width_mm=PAGE_MM, height_mm=image_height(tile, page=True), dark=dark)
    plot_segment_image(tile, quality.pq, ax=ax)
    return Picture(title(tile), figure, (*notes, *tile.notes))


def _of_label_map(
    result: MeanIoUResult,
    columns: tuple[Any, Any],
    image: int | str,
    *,
    images: str | Path | None = None,
    dark: bool = False,
) -> Picture:
    """One image of mean IoU."""
    given = _given(result)
    classes = label_classes(label_classes(given["classes"]), given.get("ignore", ()))
    folder = None if images is None else Path(images)
    tile = label_tile(*columns, image, classes=classes, photos=folder, longest=LONGEST_SIDE)
    height = label_image_height(tile, page=True)
    figure, ax = new_figure(width_mm=PAGE_MM, height_mm=height, dark=dark)
    plot_label_image(tile, ax=ax)
    return Picture(tile.key, figure, tile.notes)


def _given(result: Result[Any]) -> dict[str, Any]:
    """The arguments of an evaluation.

    Raises:
        InputError: of a result that was made of parts or batches.
    """
    if result.sources is None:
        raise InputError(
            f"{type(result).__name__} was made of parts or batches, and does not keep by which "
            "arguments they were evaluated. Evaluate files: such results have pictures.",
            code="files-gone",
        )
    return result.sources.given()


def _arguments(
    result: APResult, iou: str | None, threshold: float | None, min_score: float | None
) -> Arguments:
    """The arguments of the evaluation, at one threshold and for one kind of IoU."""
    kind = next(iter(result.scores)) if iou is None else iou
    check_choice("iou", kind, tuple(result.scores))
    matches = result.scores[kind].matches
    arguments, request = result.arguments, matches.request
    known = LOWEST_SCORE if request.min_score is None else request.min_score
    return replace(
        arguments,
        iou=kind,
        thresholds=half_or_first(matches.thresholds) if threshold is None else threshold,
        min_score=known if min_score is None else min_score,
    )
