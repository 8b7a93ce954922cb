"""Are objects missed, or are their masks inexact? AP falls slowly with the IoU threshold if the
masks are good, and steeply if they are rough.

python ../examples/how_exact.py model_b.json gt.json
"""

import sys

import segeval


def main(preds: str, gt: str) -> None:
    """Draw AP against the IoU threshold."""
    result = segeval.average_precision(preds, gt)
    precision = result.scores["segm"].precision  # (thresholds, recall levels, categories)
    has_gt = precision[0, 0] >= 0
    for threshold, values in zip(result.protocol.thresholds, precision, strict=True):
        ap = float(values[:, has_gt].mean())
        print(f"IoU {threshold:.2f}   AP {100 * ap:5.1f}   {'#' * round(50 * ap)}")


if __name__ == "__main__":
    main(*sys.argv[1:])
