"""Draw the pictures of the page on figures, from the demo: `python docs/plot_pictures.py`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import segeval
from segeval import plots
from segeval.data.synthetic import furniture

FOLDER = Path(__file__).parent / "pages" / "how-to" / "plots"
SCENE = furniture()


def written(name: str, ax: Any) -> None:
    """Write the figure of axes."""
    FOLDER.mkdir(exist_ok=True)
    ax.figure.savefig(FOLDER / f"{name}.png", dpi=150)


def main() -> None:
    """Draw every figure of the demo's better model."""
    result = segeval.average_precision(
        SCENE.better, SCENE.ground_truth, iou=("segm", "boundary"), sizes="3dfuture"
    )
    written("pr", plots.plot_precision_recall(plots.precision_recall(result)))
    written("sizes", plots.plot_sizes(plots.size_dots(result)))
    written("categories", plots.plot_categories(plots.category_dots(result)))
    written("scores", plots.plot_scores(plots.score_counts(result.matches)))


if __name__ == "__main__":
    main()
