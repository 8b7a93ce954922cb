"""My model gives me arrays, not files: what is its AP?

python ../examples/from_arrays.py
"""

import numpy as np
from numpy.typing import NDArray

import segeval
from segeval.data.coco.from_arrays import predictions_from_arrays

y, x = np.mgrid[:120, :160]


def disk(centre: tuple[int, int], radius: float) -> NDArray[np.bool_]:
    """A round mask, bool, (120, 160)."""
    return np.asarray(np.hypot(y - centre[0], x - centre[1]) <= radius)


def main() -> None:
    """Evaluate three masks of one image against two."""
    gt = segeval.load_ground_truth(
        {
            "images": [{"id": 1, "height": 120, "width": 160}],
            "categories": [{"id": 1, "name": "table"}],
            "annotations": [
                {"id": 1, "image_id": 1, "category_id": 1, "segmentation": disk((50, 40), 30)},
                {"id": 2, "image_id": 1, "category_id": 1, "segmentation": disk((70, 120), 20)},
            ],
        }
    )
    masks = np.stack([disk((52, 41), 30), disk((70, 121), 16), disk((10, 10), 8)])
    preds = predictions_from_arrays(image_id=1, category_id=1, score=[0.9, 0.7, 0.3], masks=masks)
    print(segeval.average_precision(preds, gt))


if __name__ == "__main__":
    main()
