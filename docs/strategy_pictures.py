"""Draw the pictures of the pages on strategies: `python docs/strategy_pictures.py`.

Boxes, scores and weights are what segeval computes for a few made-up predictions.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from numpy.typing import NDArray
from PIL import Image

from segeval.analysis import evaluated
from segeval.analysis.calibration.fits import isotonic
from segeval.analysis.calibration.targets import known_targets
from segeval.data import predictions_from_arrays
from segeval.data.synthetic import furniture
from segeval.ensemble import (
    Pool,
    adj_nms,
    classwise,
    linear_interpolation,
    linear_reweight,
    matrix_nms,
    nms,
    nmw,
    pooled,
    soft_nms,
    vote,
    wbf,
)
from segeval.ensemble.operators.merged import SUPPRESSED, Merged, of_suppressed
from segeval.plots.palette import LIGHT
from segeval.plots.style import styled

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FOLDER = Path(__file__).parent / "pages" / "strategies"
DPI = 110
WIDTH, HEIGHT = 6.2, 2.1
"""Of a picture, in inches."""

HUES = (LIGHT.blue, LIGHT.vermilion, LIGHT.grey)
NAMES = ("A", "B", "C")

MODELS = (
    ((20, 30, 92, 100, 0.9), (34, 38, 102, 108, 0.5), (112, 34, 176, 96, 0.4)),
    ((28, 24, 98, 96, 0.7), (70, 36, 132, 102, 0.6)),
)
"""Boxes x0, y0, x1, y1 and scores of two models, all of one class: two objects side by side."""

LABELS = ("inside left", "bottom right", "top right", "top left", "top right")
"""Where the score of each box is written, so that none hides another."""

COLOURS = 48
"""Of a file: few, so that it is small."""

PAPER_AP = (77.21, 77.32, 77.38, 77.37, 76.95)
"""AP of the five models of the 3D-FUTURE paper."""

CLASS_AP = ((0.60, 0.20, 0.40), (0.50, 0.40, 0.35), (0.30, 0.10, 0.10))
"""AP of three models on three categories."""


def main(folder: Path = FOLDER) -> None:
    """Draw all.

    Args:
        folder: where the pictures go.
    """
    with styled():
        for name, figure in figures():
            data = io.BytesIO()
            figure.savefig(data, dpi=DPI)
            few = Image.open(data).convert("RGB").quantize(COLOURS)
            few.save(folder / f"{name}.png", optimize=True)


def figures() -> Iterator[tuple[str, Figure]]:
    """The picture of each strategy, by its name."""
    yield "interp", weights(linear_interpolation, "min_spread=2", min_spread=2)
    yield "reweight", weights(linear_reweight, "theta_0=0.8", theta_0=0.8)
    pool = two_models()
    for name, found in (
        ("nms", of_suppressed(pool, nms(pool))),
        ("soft-nms", of_suppressed(pool, soft_nms(pool))),
        ("adj-nms", of_suppressed(pool, adj_nms(pool))),
        ("matrix-nms", of_suppressed(pool, matrix_nms(pool))),
        ("vote", vote(pool)),
        ("wbf", wbf(pool, np.ones((2, 1)))),
        ("nmw", nmw(pool)),
    ):
        yield name, scene(name, pool, found)
    yield "s003", class_weights()
    yield "modern", calibration()
    yield "search", tree()


def two_models() -> Pool:
    """The pool of `MODELS`."""
    models = []
    for rows in MODELS:
        table = np.array(rows)
        xywh = np.concatenate([table[:, :2], table[:, 2:4] - table[:, :2]], axis=1)
        models.append(
            predictions_from_arrays(image_id=1, category_id=1, score=table[:, 4], boxes=xywh)
        )
    return pooled(models)


def scene(name: str, pool: Pool, found: Merged) -> Figure:
    """The boxes before and after; what is gone is dashed."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    before, after = figure.subplots(1, 2)
    frame(before, "predictions of models A and B")
    for row, (box, score) in enumerate(zip(pool.boxes, pool.score, strict=True)):
        model = pool.model[row]
        draw(before, box, f"{NAMES[model]} {score:.2f}", score, HUES[model], LABELS[row])
    frame(after, f"after {name}")
    for row in set(range(len(pool))) - set(found.lead.tolist()):
        draw(after, pool.boxes[row], "", 0.2, LIGHT.grey, LABELS[row], dashes=":")
    for row in range(len(found)):
        own = slice(found.offsets[row], found.offsets[row + 1])
        members = found.members[own][found.roles[own] != SUPPRESSED]
        names = "+".join(sorted({NAMES[each] for each in pool.model[members]}))
        lead, score = found.lead[row], found.score[row]
        hue = HUES[pool.model[lead]]
        draw(after, found.boxes[row], f"{names} {score:.2f}", score, hue, LABELS[lead])
    return figure


def frame(ax: Axes, title: str) -> None:
    """Axes that show an image's corner."""
    ax.set(xlim=(8, 188), ylim=(120, 12), xticks=[], yticks=[], title=title)
    ax.set_aspect("equal")


def draw(
    ax: Axes,
    box: NDArray[np.float64],
    text: str,
    score: float,
    colour: str,
    place: str,
    dashes: str = "-",
) -> None:
    """A box, as strong as its score, with a text at one corner, or inside."""
    x0, y0, x1, y1 = box
    ax.add_patch(
        Rectangle(
            (x0, y0), x1 - x0, y1 - y0, fill=False, edgecolor=colour, linestyle=dashes,
            linewidth=0.6 + 2.2 * min(score, 1),
        )
    )  # fmt: skip
    side, end = place.split()
    x, y, va = {
        "top": (x0 if end == "left" else x1, y0 - 2, "bottom"),
        "bottom": (x0 if end == "left" else x1, y1 + 2, "top"),
        "inside": (x0 + 16, (y0 + y1) / 2, "center"),
    }[side]
    ax.text(x, y, text, color=colour, ha=end, va=va, fontsize=8)


def weights(rule: Callable[..., Any], variant: str, **settings: Any) -> Figure:
    """Weights of the paper's five models, and by a milder setting."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    ax = figure.subplots()
    ap = np.array(PAPER_AP)
    order = np.argsort(ap)
    for values, hue, label in (
        (rule(ap), LIGHT.blue, "as in the paper"),
        (rule(ap, **settings), LIGHT.vermilion, variant),
    ):
        ax.plot(ap[order], values[order], "o-", color=hue, label=label, markersize=4)
    ax.set(xlabel="AP of the model", ylabel="weight", ylim=(0.45, 1.05))
    ax.legend(frameon=False)
    return figure


def class_weights() -> Figure:
    """AP on each category, and the weights that follow."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    ap = np.array(CLASS_AP)
    tables = ((ap, "AP"), (classwise(ap), "weight"))
    for ax, (table, title) in zip(figure.subplots(1, 2), tables, strict=True):
        ax.imshow(table, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
        for (row, column), value in np.ndenumerate(table):
            ax.text(column, row, f"{value:.2f}", ha="center", va="center")
        ax.set(title=title, xticks=range(3), yticks=range(3))
        ax.set_xticklabels(["chair", "lamp", "sofa"])
        ax.set_yticklabels([f"model {each}" for each in NAMES])
        ax.tick_params(length=0)
    return figure


def calibration() -> Figure:
    """What scores of the demo's two models become."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    ax = figure.subplots()
    made = furniture(images=200)
    grid = np.linspace(0.02, 0.98, 200)
    for preds, hue, name in (
        (made.better, LIGHT.blue, "model A"),
        (made.weaker, LIGHT.vermilion, "model B"),
    ):
        known = known_targets(evaluated(preds, made.ground_truth), "precision")
        fit = isotonic(known.score, known.target)
        if fit is not None:
            ax.plot(grid, fit(grid), color=hue, label=name)
    ax.plot([0, 1], [0, 1], color=LIGHT.pale, linestyle="--", linewidth=0.8)
    ax.set(xlabel="score as the model wrote it", ylabel="calibrated score")
    ax.legend(frameon=False)
    return figure


def tree() -> Figure:
    """A tree of three models."""
    figure = Figure(figsize=(WIDTH, HEIGHT))
    ax = figure.subplots()
    places = {"A": (0, 0), "B": (2, 0), "C": (4, 0), "1": (1, 1), "2": (2.5, 2)}
    lines = (("A", "1", "1"), ("B", "1", "0.8"), ("1", "2", "1"), ("C", "2", "0.6"))
    for child, node, weight in lines:
        (x0, y0), (x1, y1) = places[child], places[node]
        ax.plot([x0, x1], [y0, y1], color=LIGHT.grey, linewidth=1, zorder=1)
        ax.text((x0 + x1) / 2 + 0.12, (y0 + y1) / 2, f"x {weight}", color=LIGHT.grey, fontsize=8)
    labels = {
        "A": "model A", "B": "model B", "C": "model C", "1": "vote, adj-nms",
        "2": "wbf 0.55, masks by vote",
    }  # fmt: skip
    for name, (x, y) in places.items():
        ax.text(
            x, y, labels[name], ha="center", va="center", zorder=2,
            bbox={"facecolor": "white", "edgecolor": LIGHT.blue, "boxstyle": "round,pad=0.3"},
        )  # fmt: skip
    ax.set(xlim=(-0.8, 4.8), ylim=(-0.4, 2.4))
    ax.axis("off")
    return figure


if __name__ == "__main__":
    main()
