"""Is the model with the better AP also better on small objects?

python ../examples/better_on_small.py model_a.json model_b.json gt.json
"""

import sys
from pathlib import Path

import segeval


def main(*paths: str) -> None:
    """Print AP per size of several models side by side."""
    *models, gt_path = paths
    gt = segeval.load_ground_truth(gt_path)  # read once, used for all models
    results = [segeval.average_precision(model, gt, sizes="3dfuture") for model in models]
    scores = [result.scores["segm"] for result in results]
    print(f"{'size':>8}{'gt':>7}", *(f"{Path(model).stem:>16}" for model in models))
    for row in zip(*[[each.overall, *each.sizes] for each in scores], strict=True):
        aps = ("-" if bucket.ap is None else f"{100 * bucket.ap:.1f}" for bucket in row)
        print(f"{row[0].name:>8}{row[0].gt:7d}", *(f"{ap:>16}" for ap in aps))


if __name__ == "__main__":
    main(*sys.argv[1:])
