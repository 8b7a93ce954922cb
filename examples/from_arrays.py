"""My own loop has masks as arrays, a batch at a time. What is their AP?"""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

import segeval

Image = dict[str, NDArray[np.generic]]
y, x = np.mgrid[:120, :160]
rng = np.random.default_rng(0)


# In place of your loader and your network: cells and small nuclei, and masks off by a pixel
# or so. The network overlooks some objects, the small ones more often.
def disks(centres: NDArray[np.float64], radii: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Round masks, bool, shape (N, 120, 160)."""
    away = [np.hypot(y - centre[0], x - centre[1]) for centre in centres]
    return np.stack(away) <= radii[:, None, None]


def batches() -> Iterator[tuple[list[int], list[Image], list[Image]]]:
    """Ids of four images at a time, what the network predicts in them, and what is there."""
    for first in range(0, 20, 4):
        preds: list[Image] = []
        targets: list[Image] = []
        for _ in range(4):
            labels = np.array([1, 1, 1, 2, 2, 2])
            radii = np.where(labels == 1, 14, 5)
            centres = rng.uniform(15, 105, (6, 2))
            targets.append({"labels": labels, "masks": disks(centres, radii)})
            found = rng.random(6) < np.where(labels == 1, 0.95, 0.75)
            moved = disks(centres + rng.normal(0, 0.9, (6, 2)), radii)[found]
            scores = rng.uniform(0.5, 1, 6)[found]
            preds.append({"scores": scores, "labels": labels[found], "masks": moved})
        yield list(range(first, first + 4)), preds, targets


# The metric takes the batches as they come, from numpy or from a GPU, and does not keep the masks.
metric = segeval.Metric({1: "cell", 2: "nucleus"})
for ids, preds, targets in batches():
    metric.update(ids, preds, targets)
result = metric.compute()
print(f"AP {100 * (result.ap or 0):.1f}, AP50 {100 * (result.ap50 or 0):.1f}")

# A pixel is nothing to a cell and much to a nucleus: its AP75 is the one that falls.
print(result.table("category"))
