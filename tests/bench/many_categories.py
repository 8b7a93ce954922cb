"""Boxes of as many categories as there are in Open Images, each with some objects.

    python -m tests.bench.many_categories FOLDER

writes gt.json and preds.json.
"""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

CATEGORIES, BOXES, IMAGES = 13_204, 30_000, 2_000


def write(folder: Path) -> None:
    """Write both files; every box is predicted as it is."""
    rng = random.Random(0)
    records = [
        {
            "image_id": 1 + number % IMAGES,
            "category_id": 1 + rng.randrange(CATEGORIES),
            "bbox": [rng.randrange(400), rng.randrange(400), 40, 40],
        }
        for number in range(BOXES)
    ]
    truth = {
        "images": [{"id": n + 1, "height": 480, "width": 480} for n in range(IMAGES)],
        "categories": [{"id": n + 1, "name": f"category {n + 1}"} for n in range(CATEGORIES)],
        "annotations": [
            {**record, "id": n + 1, "area": 1600, "iscrowd": 0} for n, record in enumerate(records)
        ],
    }
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "gt.json").write_text(json.dumps(truth))
    scored = [{**record, "score": rng.random()} for record in records]
    (folder / "preds.json").write_text(json.dumps(scored))


if __name__ == "__main__":
    write(Path(sys.argv[1]))
