"""Mean IoU against the width of the trimap, one line per model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from segeval.errors import FormatError, InputError, MismatchError
from segeval.frozen import frozen
from segeval.plots.labels import POINTS_PER_MM, label_step, spread
from segeval.plots.letters import fitting
from segeval.plots.palette import Palette, check_told_apart
from segeval.plots.size_hist import LETTER
from segeval.plots.style import COLUMN_MM, SMALL_POINTS, drawing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from segeval.metrics.semantic.result import MeanIoUResult

OLD_SCHEMA = "segeval/miou/1"
SCHEMAS = (OLD_SCHEMA, "segeval/miou/2")
"""Schemas that can be drawn; the old one calls categories classes."""

LONGEST_NAME = 18
"""Usual letters of a model's name beside its line."""

SAME = (
    "trimap_metric", "trimap_void", "trimap_total_width", "absent", "ignore",
    "categories", "pixels",
)  # fmt: skip
"""What lines of one figure must agree in: settings, ids of categories, true pixels."""


@frozen
class TrimapCurve:
    """Mean IoU of one model within bands around the true boundaries.

    Attributes:
        name: name of the model.
        widths: widths of B bands in pixels, increasing.
        miou: mean IoU in each band, a fraction; None if undefined.
        pixels: number of evaluated pixels in each band.
        whole: mean IoU of the whole images.
        whole_pixels: number of evaluated pixels of the whole images.
        settings: settings of the bands and means.
    """

    name: str
    widths: tuple[float, ...]
    miou: tuple[float | None, ...]
    pixels: tuple[int, ...]
    whole: float | None
    whole_pixels: int
    settings: Mapping[str, Any]


def trimap_curve(result: MeanIoUResult | Mapping[str, Any], name: str) -> TrimapCurve:
    """The line of one model from a result of `mean_iou`.

    Args:
        result: result of `segeval.mean_iou`, or the JSON object that `segeval miou --json` prints.
        name: name of the model in the figure.

    Raises:
        InputError: if the result has no trimaps.
        FormatError: if the object is not from `segeval miou`.

    Example:
        >>> import segeval
        >>> gt = [[0, 0, 0, 1, 1, 1]]
        >>> found = segeval.mean_iou([[[0, 0, 1, 1, 1, 1]]], [gt], classes=2, trimap=[1, 2])
        >>> trimap_curve(found, "model").widths
        (1.0, 2.0)
    """
    document = result if isinstance(result, Mapping) else result.to_dict()
    try:
        results = document["results"]
        bands = [
            (float(band["width"]), band["miou"], int(band["pixels"])) for band in results["trimap"]
        ]
        numbers = [results["miou"], *(miou for _, miou, _ in bands)]
        whole, *fractions = (None if each is None else float(each) for each in numbers)
        settings = {key: document["settings"][key] for key in SAME[:-2]}
        categories = "classes" if document.get("schema") == OLD_SCHEMA else "categories"
        settings["categories"] = [each["id"] for each in results[categories]]
        settings["pixels"] = int(results["pixels"])
        whole_pixels = int(results["pixels"])
    except (KeyError, TypeError, ValueError) as problem:
        raise FormatError(
            f"{name}: results and settings of mean IoU cannot be read ({problem!r}), "
            "expected the object that `segeval miou --json` prints.",
            code="schema",
            path=name,
        ) from None
    if not bands:
        raise InputError(
            f"{name}: has no trimaps. Make it with `mean_iou(trimap=[1, 3, 5, 8, 20])`.",
            code="no-trimap",
            path=name,
        )
    widths, _, pixels = zip(*bands, strict=True)
    return TrimapCurve(name, widths, tuple(fractions), pixels, whole, whole_pixels, settings)


def trimap_rows(curves: Sequence[TrimapCurve]) -> list[tuple[str | float | None, ...]]:
    """The data behind the figure: a header, then a row per model and width.

    The last row of each model has the width "all": whole images.

    Args:
        curves: curves of the models.

    Example:
        >>> curve = TrimapCurve("a", (1.0,), (0.25,), (12,), 0.5, 99, {})
        >>> trimap_rows([curve])[1:]
        [('a', 1.0, 0.25, 12), ('a', 'all', 0.5, 99)]
    """
    rows: list[tuple[str | float | None, ...]] = [("model", "width_px", "miou", "pixels")]
    for curve in curves:
        bands = zip(curve.widths, curve.miou, curve.pixels, strict=True)
        rows += [(curve.name, *band) for band in bands]
        rows.append((curve.name, "all", curve.whole, curve.whole_pixels))
    return rows


def check_comparable(curves: Sequence[TrimapCurve]) -> None:
    """Refuse models with different settings.

    Args:
        curves: curves of the models.

    Raises:
        InputError: if there is no model.
        MismatchError: if two differ in a setting that decides the numbers.
    """
    if not curves:
        raise InputError("no model to draw.", code="no-trimap")
    first = curves[0]
    for curve in curves[1:]:
        for key in SAME:
            own, other = curve.settings.get(key), first.settings.get(key)
            if own != other:
                what = {"categories": "ids of the categories are", "pixels": "evaluated pixels are"}
                raise MismatchError(
                    f"{curve.name}: {what.get(key, f'{key} is')} {own}, but {first.name} has "
                    f"{other}; their numbers cannot be compared. Measure both alike.",
                    code="settings",
                    path=curve.name,
                    field=key,
                )


def trimap_plot(
    curves: Sequence[TrimapCurve], *, log: bool = False, ax: Axes | None = None
) -> Axes:
    """Draw mean IoU against the width of the band, one line per model with its name beside it.

    The circles at "all" stand for whole images.

    Args:
        curves: curves of the models, as from `trimap_curve`.
        log: make the axis of widths logarithmic.
        ax: where to draw; None makes a figure of one column's width.

    Returns:
        The axes; their figure can be written with `segeval.plots.save`.

    Raises:
        InputError: if there is no model, or more than nine.
        MismatchError: if models have different settings.

    Source:
        Figures of this kind: Krähenbühl and Koltun 2011, figure 4; Chen et al. 2018 (DeepLab),
        figure 10.

    Example:
        >>> curve = TrimapCurve("a", (1.0, 3.0), (0.25, 0.3), (12, 30), 0.5, 99, {})
        >>> trimap_plot([curve]).get_ylabel()
        'mIoU (%)'
    """
    check_comparable(curves)
    check_told_apart(len(curves))
    with drawing(ax) as (ax, colours):
        if log:
            ax.set_xscale("log")
        widths = sorted({width for curve in curves for width in curve.widths})
        end = _place_of_all(widths, log=log)
        for place, curve in enumerate(curves):
            colour, dashes = colours.line(place)
            heights = [float("nan") if each is None else 100 * each for each in curve.miou]
            ax.plot(curve.widths, heights, color=colour, linestyle=dashes, marker="o", markersize=3)
            if curve.whole is not None:
                last = (curve.widths[-1], end), (heights[-1], 100 * curve.whole)
                ax.plot(*last, color=colour, linestyle=(0, (1, 3)), linewidth=0.8)
                ring = ax.plot(end, last[1][1], "o", color=colour, markersize=4)[0]
                ring.set(markerfacecolor=colours.paper, clip_on=False)
        _set_axes(ax, curves, widths, end, log=log)
        _add_names(ax, curves, end, colours)
    return ax


def _place_of_all(widths: Sequence[float], *, log: bool) -> float:
    """Place of the whole images on the axis of widths."""
    if log:
        return float(widths[-1] * max(widths[-1] / widths[0], 4.0) ** 0.2)
    return widths[-1] + 0.14 * max(widths[-1], 1.0)


def _set_axes(
    ax: Axes, curves: Sequence[TrimapCurve], widths: Sequence[float], end: float, *, log: bool
) -> None:
    """Set ranges, ticks and labels."""
    from matplotlib.ticker import FixedFormatter, FixedLocator, MaxNLocator, NullLocator

    low = widths[0] / (end / widths[0]) ** 0.04 if log else 0.0
    ax.set_xlim(low, end)
    axis = ax.transData.transform([(x, 0.0) for x in (*widths, end)])[:, 0]
    room = axis[-1] - ax.transData.transform((low, 0.0))[0]
    millimetres = (axis * (0.6 * COLUMN_MM / room)).tolist()
    # From the right, leave out numbers that would touch the one before.
    ticks, labels, free = [end], ["all"], millimetres[-1] - 4.0
    for width, at in zip(reversed(widths), reversed(millimetres[:-1]), strict=True):
        label = f"{width:g}"
        half = LETTER * SMALL_POINTS * len(label) / POINTS_PER_MM / 2
        if at + half <= free:
            ticks.append(width)
            labels.append(label)
            free = at - half - 1.0
    ax.xaxis.set_major_locator(FixedLocator(ticks))
    ax.xaxis.set_major_formatter(FixedFormatter(labels))
    ax.xaxis.set_minor_locator(NullLocator())
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 5, 10]))
    ax.margins(y=0.06)
    ax.set_xlabel(width_label(curves))
    ax.set_ylabel("mIoU (%)")


def width_label(curves: Sequence[TrimapCurve]) -> str:
    """What the axis of widths shows."""
    total = curves[0].settings.get("trimap_total_width")
    return f"trimap width (px, {'both sides together' if total else 'on either side'})"


def _add_names(ax: Axes, curves: Sequence[TrimapCurve], end: float, colours: Palette) -> None:
    """Put the name of each model right of the end of its line, none on top of another."""
    step = label_step(ax)
    ends = [_end_of(curve) for curve in curves]
    named = [i for i, (height, _) in enumerate(ends) if height is not None]
    heights = [100 * (ends[i][0] or 0.0) for i in named]
    for i, height, place in zip(named, heights, spread(heights, step), strict=True):
        colour = colours.line(i)[0]
        width = ends[i][1]
        ax.annotate(
            fitting(curves[i].name, LONGEST_NAME),
            (end if width is None else width, height),
            (1.06, place),
            textcoords=("axes fraction", "data"),
            color=colour,
            fontsize=SMALL_POINTS,
            va="center",
            annotation_clip=False,
            arrowprops={
                "arrowstyle": "-", "color": colour, "linewidth": 0.5, "shrinkA": 1, "shrinkB": 3,
                "relpos": (0, 0.5),
            },
        )  # fmt: skip


def _end_of(curve: TrimapCurve) -> tuple[float | None, float | None]:
    """The last defined number of a line, and its width; None for whole images."""
    if curve.whole is not None:
        return curve.whole, None
    known = [
        (miou, width)
        for miou, width in zip(curve.miou, curve.widths, strict=True)
        if miou is not None
    ]
    return known[-1] if known else (None, None)
