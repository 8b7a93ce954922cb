"""`segeval plot size-hist`: how large the objects are."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Annotated, Any, Literal

from segeval.errors import InputError
from segeval_cli.commands.plot.options import names_of
from segeval_cli.figures import FigureOptions, Shown
from segeval_cli.options import WHAT, WHICH, argument
from segeval_cli.progress import working
from segeval_cli.tables import terminal_width
from segeval_cli.unfolding import unfolded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from segeval.data.columns import GroundTruth, Predictions

By = Literal["box", "mask"]
"""What gives the size of an object."""


@unfolded
def size_hist(
    files: Annotated[
        list[str],
        argument(
            "FILE...", 'Ground truth or predictions, one line per file; "-" is standard input.'
        ),
    ],
    *,
    by: Annotated[
        By,
        WHAT.option(
            "--by",
            "Take sizes from boxes, or from masks as segeval ap does: an annotation's area where "
            "there is one.",
            show_default=True,
        ),
    ] = "box",
    sizes: Annotated[
        str,
        WHAT.option(
            "--sizes SIZES",
            "Size buckets to mark: coco, lvis or 3dfuture; sides in pixels, 32,96 or "
            "tiny=16,small=32,rest; areas, area:1024,9216.",
            show_default=True,
        ),
    ] = "coco",
    share: Annotated[
        bool, WHAT.option("--share", "Draw percentages of each file's objects, not numbers.")
    ] = False,
    min_score: Annotated[
        float | None, WHICH.option("--min-score S", "Leave out predictions with a lower score.")
    ] = None,
    log: Annotated[bool, WHAT.option("--log", "Logarithmic side lengths.")] = False,
    sample: Annotated[
        int | None, WHICH.option("--sample N", "Use N random objects of each file.", min=1)
    ] = None,
    seed: Annotated[
        int, WHICH.option("--seed S", "Seed of the sample.", min=0, show_default=True)
    ] = 0,
    how: FigureOptions,
) -> None:
    """Number of objects by size, the square root of their area.

    Crowd regions are left out.

    Example: segeval plot size-hist gt.json preds.json --sizes 3dfuture -o sizes.pdf
    """
    from segeval.analysis import count_sizes, object_areas
    from segeval.metrics.sizes import buckets
    from segeval.plots import draw_sizes, size_histogram
    from segeval.plots.size_hist import figure_height
    from segeval.plots.terminal import bar_columns

    size_buckets = buckets(sizes)
    with working(f"reading {', '.join(files)}", quiet=how.quiet):
        chosen = partial(object_areas, by=by, min_score=min_score, sample=sample)
        areas = _areas(files, chosen, seed)
    width = terminal_width()
    count = partial(count_sizes, areas, buckets=size_buckets, log=log)
    what: dict[str, Any] = {"by": by, "share": share}
    Shown(
        drawing=lambda: draw_sizes(count(most_bins=bar_columns(width)), width=width, **what),
        rows=lambda: count().rows(),
        plot=lambda ax: size_histogram(areas, buckets=size_buckets, log=log, ax=ax, **what),
        height_mm=figure_height(len(areas)),
    ).show(how)


def _areas(
    files: Sequence[str], chosen: Callable[..., NDArray[np.float64]], seed: int
) -> dict[str, NDArray[np.float64]]:
    """Areas of each file's objects, by the file's name; never empty."""
    import numpy as np

    # One generator per file: a file's sample is the same whatever comes before it.
    found = {
        name: chosen(_objects(path), rng=np.random.default_rng(seed))
        for name, path in zip(names_of(files, lambda path: path.name), files, strict=True)
    }
    for path, areas in zip(files, found.values(), strict=True):
        if len(areas) == 0:
            raise InputError(f"{path}: holds no objects to count.", code="no-objects", path=path)
    return found


def _objects(path: str) -> GroundTruth | Predictions:
    """Ground truth from a file that holds a JSON object, predictions from a list or JSON Lines."""
    from segeval.data.coco.read_ground_truth import ground_truth_of
    from segeval.data.coco.read_predictions import are_lines, predictions_of
    from segeval.data.files import open_content

    content = open_content(path)
    lines = are_lines(content, path)
    if content.begins == b"{" and not lines:
        return ground_truth_of(content)
    return predictions_of(content, lines=lines)
