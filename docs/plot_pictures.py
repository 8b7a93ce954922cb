"""Draw the pictures of the page on figures, from the demo: `python docs/plot_pictures.py`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import segeval
from segeval import plots
from segeval.analysis import confusion, error_kinds, evaluated, image_errors
from segeval.data.synthetic import furniture
from segeval.pictures import Seen, image_tiles, worst_images

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
    found = evaluated(SCENE.better, SCENE.ground_truth)
    written("iou-hist", plots.plot_iou_hist(plots.best_iou_of_objects(found)))
    written("reliability", plots.plot_reliability(plots.reliability_of(found)))
    models = {"model_a": SCENE.better, "model_b": SCENE.weaker}
    kinds = {name: error_kinds(preds, SCENE.ground_truth) for name, preds in models.items()}
    written("errors", plots.plot_errors(plots.error_costs(kinds)))
    gains = plots.oracle_gains(segeval.oracles([*models.values()], SCENE.ground_truth))
    written("oracles", plots.plot_oracles(gains))
    written("confusion", plots.plot_confusion(confusion(found)))
    compared = segeval.compare(SCENE.weaker, SCENE.better, SCENE.ground_truth)
    dots = replace(plots.difference_dots(compared, by="category"), a="model_b", b="model_a")
    written("compare", plots.plot_compare(dots))
    sure = evaluated(SCENE.better, SCENE.ground_truth, min_score=0.5)
    seen = Seen("", sure, image_errors(sure, threshold=0.5))
    tiles = image_tiles([seen], worst_images([seen], 4))
    written("images", plots.plot_images(tiles))
    written("show", plots.plot_image(tiles[0]))


if __name__ == "__main__":
    main()
