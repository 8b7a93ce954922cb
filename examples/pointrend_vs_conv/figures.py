"""Figures: masks side by side, the points, and quality against output size."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import matplotlib as mpl
import numpy as np
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional

from examples.pointrend_vs_conv.evaluate import (
    BANDS,
    STEPS,
    Row,
    pointrend_head,
    rows,
    test_boxes,
)
from examples.pointrend_vs_conv.make_data import SIDE, Pictures, load
from examples.pointrend_vs_conv.network import MaskModel, per_image
from examples.pointrend_vs_conv.train import trained
from segeval.models.ops import grid_points, mask_uncertainty, uncertain_points

BLUE, GREY = "#0072B2", "#6F6F6F"
CONV = {"hard": "#D55E00", "soft": "#E69F00"}
STYLE: dict[str, Any] = {
    "axes.spines.right": False,
    "axes.spines.top": False,
    "axes.titlesize": 8,
    "font.size": 8,
    "savefig.dpi": 150,
}
MARGIN = 0.04
"""Margin around a box, as a fraction of its size."""

DARK = "#404040"

SHOWN = ("conv", "conv-soft", "coarse-7", *(f"pointrend-{side}" for side in STEPS))

Results = Mapping[str, Sequence[Mapping[str, float]]]
"""Numbers of each seed, by name of the row."""


def all_figures(folder: Path, seed: int, results: Results, figures: Path) -> None:
    """Draw the three figures: from a folder's heads, and from the results of all seeds."""
    figures.mkdir(parents=True, exist_ok=True)
    pictures = load(folder / "test")
    boxes = test_boxes(pictures, seed)
    which = one_of_each(pictures)
    settings: Any = STYLE
    with mpl.rc_context(settings):
        some = Pictures(*(column[which] for column in vars(pictures).values()))
        masks_side_by_side(folder, some, boxes[which]).savefig(figures / "masks.png")
        model = trained("pointrend", folder)
        chair = which[:1]
        one = Pictures(*(column[chair] for column in vars(pictures).values()))
        points_of_steps(model, one, boxes[chair]).savefig(figures / "points.png")
        quality(results).savefig(figures / "quality.png")


def one_of_each(pictures: Pictures) -> list[int]:
    """The picture of each kind with the longest outline, which shows the most."""
    masks = pictures.masks.float()
    outline = (masks[:, 1:] - masks[:, :-1]).abs().sum((1, 2))
    outline += (masks[:, :, 1:] - masks[:, :, :-1]).abs().sum((1, 2))
    return [
        int(torch.where(pictures.classes == kind, outline, -1).argmax())
        for kind in pictures.classes.unique()
    ]


def masks_side_by_side(folder: Path, pictures: Pictures, boxes: Tensor) -> Figure:
    """A row per picture, a column per output; every mask with its own cells."""
    columns = [row for row in rows(folder) if row.key in SHOWN]
    height = 1.25 * len(pictures) + 0.4
    figure = Figure(figsize=(1.25 * (len(columns) + 2), height), layout="constrained")
    axes = figure.subplots(len(pictures), len(columns) + 2, squeeze=False)
    logits = {row.key: row.masks(pictures, boxes) for row in columns}
    for number, line in enumerate(axes):
        picture, box = shown(pictures.images[number]), boxes[number].tolist()
        for ax in line:
            frame(ax, box)
            ax.imshow(picture, extent=(0, SIDE, SIDE, 0))
        for ax, row in zip(line[1:-1], columns, strict=True):
            overlay(ax, logits[row.key][number, 0] >= 0, box)
        overlay(line[-1], pictures.masks[number] > 0, [0, 0, SIDE, SIDE])
    titles = ["picture", *(title(row) for row in columns), "truth"]
    for ax, text in zip(axes[0], titles, strict=True):
        ax.set_title(text)
    return figure


def title(row: Row) -> str:
    """The row's name in two lines."""
    return {
        "conv": "4x conv 28\nhard targets",
        "conv-soft": "4x conv 28\nsoft targets",
        "coarse-7": "PointRend's\ncoarse 7",
    }.get(row.key, row.name.replace(" ", "\n"))


def points_of_steps(model: MaskModel, pictures: Pictures, boxes: Tensor) -> Figure:
    """Above, the steps of subdivision with their points; below, training points."""
    figure = Figure(figsize=(9, 4), layout="constrained")
    axes = figure.subplots(2, 5)
    box, grey = boxes[0].tolist(), shown(pictures.images[0]).mean(axis=2)
    steps = list(subdivision(model, pictures, boxes))
    for ax, (logits, points) in zip(axes[0], steps, strict=True):
        side = logits.shape[-1]
        frame(ax, box)
        plain(ax, logits, box)
        drawn = "all cells" if points is None else f"{len(points)} points"
        ax.set_title(f"{side} x {side}, {drawn}")
        if points is not None:
            scatter(ax, points, box, size=60 / side)
    for ax, (name, points) in zip(axes[1], training_choices(model, pictures, boxes), strict=True):
        frame(ax, box)
        ax.imshow(0.45 + 0.5 * grey, cmap="gray", vmin=0, vmax=1, extent=(0, SIDE, SIDE, 0))
        scatter(ax, points, box, size=4)
        ax.set_title(name)
    axes[0, 0].set_ylabel("inference")
    axes[1, 0].set_ylabel("training")
    return figure


@torch.no_grad()
def subdivision(
    model: MaskModel, pictures: Pictures, boxes: Tensor
) -> list[tuple[Tensor, Tensor | None]]:
    """Logits (S, S) after each step and the points (N, 2) that it predicted; None for all.

    The same steps as in `segeval.models.ops.subdivide`, which keeps only the last.
    """
    head = pointrend_head(model)
    features, each = model.backbone(pictures.images), per_image(boxes)
    rough = head.coarse(features, each)
    side = 28
    cells = grid_points(side)[None]
    logits = head.at_points(features, each, rough, cells).reshape(1, 1, side, side)
    found: list[tuple[Tensor, Tensor | None]] = [(rough[0, 0], None), (logits[0, 0], None)]
    while side < 224:
        logits = functional.interpolate(logits, scale_factor=2, mode="bilinear")
        side *= 2
        flat = logits.flatten(2)
        place = mask_uncertainty(flat).topk(784, dim=1).indices
        points = grid_points(side)[place]
        flat = flat.scatter(2, place[None], head.at_points(features, each, rough, points))
        logits = flat.reshape(1, 1, side, side)
        found.append((logits[0, 0], points[0]))
    return found


@torch.no_grad()
def training_choices(
    model: MaskModel, pictures: Pictures, boxes: Tensor
) -> list[tuple[str, Tensor]]:
    """Choices of 196 training points, (N, 2) each, as in figure 5 of the paper."""
    head = pointrend_head(model)
    rough = head.coarse(model.backbone(pictures.images), per_image(boxes))
    chosen = [("regular grid", grid_points(14))]
    for name, k, beta in (
        ("uniform", 1, 0),
        ("k = 3, β = 0.75", 3, 0.75),
        ("k = 10, β = 0.75", 10, 0.75),
        ("k = 10, β = 1", 10, 1),
    ):
        draws = torch.Generator().manual_seed(0)
        points = uncertain_points(
            rough, mask_uncertainty, 196, oversample=k, importance=beta, generator=draws
        )
        chosen.append((name, points[0]))
    return chosen


def quality(results: Results) -> Figure:
    """AP and boundary AP against the output size, trimap mIoU against the width of the bands."""
    figure = Figure(figsize=(8.6, 3.1), layout="constrained")
    left, middle, right = figure.subplots(1, 3)
    against_size(left, results, "AP")
    against_size(middle, results, "boundary AP")
    for name, colour, mark in (
        ("PointRend 224", BLUE, "o"),
        ("4x conv 28, soft targets", CONV["soft"], "D"),
        ("4x conv 28, hard targets", CONV["hard"], "s"),
    ):
        heights = [mean(results[name], f"trimap {band}") for band in BANDS]
        spreads = [spread(results[name], f"trimap {band}") for band in BANDS]
        right.errorbar(
            BANDS, heights, spreads, color=colour, marker=mark, ms=3, capsize=2, lw=1.2, label=name
        )
    right.set_xticks(BANDS)
    right.set_xlabel("half width of the band in pixels")
    right.set_title("trimap mIoU", loc="left")
    right.legend(frameon=False, fontsize=7, loc="lower right")
    lines, labels = left.get_legend_handles_labels()
    figure.legend(lines, labels, loc="outside lower center", ncols=5, frameon=False, fontsize=7)
    return figure


def against_size(ax: Axes, results: Results, measure: str) -> None:
    """One number by output size, for PointRend, 4x conv and the stored truth."""
    sides = list(STEPS)
    for kind, line in (("soft", "--"), ("hard", ":")):
        stored = {side: results.get(f"truth stored at {side}, {kind}") for side in sides}
        heights = {side: mean(each, measure) for side, each in stored.items() if each}
        at, label = list(heights), f"truth stored, {kind} cells"
        ax.plot(at, list(heights.values()), color=GREY, ls=line, marker=".", lw=1, label=label)
    means = [mean(results[f"PointRend {side}"], measure) for side in sides]
    spreads = [spread(results[f"PointRend {side}"], measure) for side in sides]
    ax.errorbar(
        sides, means, spreads, color=BLUE, marker="o", ms=3, capsize=2, lw=1.2, label="PointRend"
    )
    for kind, mark in (("soft", "D"), ("hard", "s")):
        each, label = results[f"4x conv 28, {kind} targets"], f"4x conv, {kind} targets"
        ax.errorbar(
            [28], mean(each, measure), spread(each, measure), color=CONV[kind], marker=mark,
            ms=4, capsize=2, label=label, ls="",
        )  # fmt: skip
    ax.set_xscale("log", base=2)
    ax.set_xticks(sides, [str(side) for side in sides])
    ax.set_xlabel("output size")
    ax.set_title(measure, loc="left")
    ax.set_ylim(top=100)


def mean(each: Sequence[Mapping[str, float]], measure: str) -> float:
    """Mean over the seeds."""
    return float(np.mean([one[measure] for one in each]))


def spread(each: Sequence[Mapping[str, float]], measure: str) -> float:
    """Standard deviation over the seeds; 0 for one."""
    return float(np.std([one[measure] for one in each], ddof=1)) if len(each) > 1 else 0.0


def frame(ax: Axes, box: list[float]) -> None:
    """Show a square of the picture around the box, without ticks."""
    x0, y0, x1, y1 = box
    side = min(SIDE, max(x1 - x0, y1 - y0) * (1 + 2 * MARGIN))
    left, top = (
        min(max((low + high - side) / 2, 0), SIDE - side) for low, high in ((x0, x1), (y0, y1))
    )
    ax.set_xlim(left, left + side)
    ax.set_ylim(top + side, top)
    ax.set_xticks([])
    ax.set_yticks([])
    ax.set_facecolor(DARK)
    for spine in ax.spines.values():
        spine.set_visible(False)


def overlay(ax: Axes, mask: Tensor, box: list[float]) -> None:
    """Colour the inside of a mask that fills a box, and darken the rest."""
    x0, y0, x1, y1 = box
    colours = np.zeros((*mask.shape, 4))
    colours[mask.numpy()] = (1.0, 0.92, 0.35, 0.9)
    colours[~mask.numpy()] = (0.0, 0.0, 0.0, 0.6)
    ax.imshow(colours, extent=(x0, x1, y1, y0), interpolation="nearest")


def plain(ax: Axes, logits: Tensor, box: list[float]) -> None:
    """Show probabilities (S, S) that fill a box, with their own cells."""
    x0, y0, x1, y1 = box
    ax.imshow(
        0.25 + 0.75 * logits.sigmoid().numpy(), cmap="gray", vmin=0, vmax=1,
        extent=(x0, x1, y1, y0), interpolation="nearest",
    )  # fmt: skip


def scatter(ax: Axes, points: Tensor, box: list[float], size: float) -> None:
    """Draw points (N, 2) of a box."""
    x0, y0, x1, y1 = box
    x, y = points.T.numpy()
    ax.scatter(x0 + x * (x1 - x0), y0 + y * (y1 - y0), s=size, c="#E4003A", linewidths=0)


def shown(image: Tensor) -> NDArray[np.float32]:
    """An image (3, H, W) for matplotlib."""
    pixels: NDArray[np.float32] = ((image + 2) / 4).clamp(0, 1).permute(1, 2, 0).numpy()
    return pixels
