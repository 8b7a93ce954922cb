"""A page with as many pictures as pages have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import segeval
from segeval.reports.picture_sections import MOST
from tests.build import build_gt, build_preds
from tests.page_reader import assert_sound

IMAGES = 24

HEIGHT, WIDTH, CELL, SIDE = 480, 640, 80, 60
"""Pixels of images, of the places that objects have in them, and of objects."""

MOST_BYTES = 6_000_000
"""Of a page with the options that it has by default."""

KINDS = (
    "False, with a high score", "Not found", "Poor masks", "Duplicates", "Wrong categories",
    "Missing in the ground truth?",
)  # fmt: skip
"""Galleries."""


def square(place: int, moved: int = 0) -> Any:
    """The mask of an object in one of 48 places, moved to the right."""
    row, column = divmod(place, WIDTH // CELL)
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    left = column * CELL + moved
    mask[row * CELL : row * CELL + SIDE, left : left + SIDE] = 1
    return mask


def scene() -> tuple[Any, Any]:
    """Predictions and ground truth: in every image errors of each kind.

    Places 0 to 3 hold true predictions of IoU 45/75, with a score so low that all others count;
    one more has a better prediction and a duplicate, one is taken for another category, one is not
    found; three predictions are where nothing is.
    """
    objects, found = [], []
    for image in range(1, IMAGES + 1):
        of_image = {"image_id": image}
        objects += [{**of_image, "mask": square(place)} for place in range(7)]
        found += [{**of_image, "mask": square(n, 15), "score": 0.5} for n in range(4)]
        found += [
            {**of_image, "mask": square(4), "score": 0.9},
            {**of_image, "mask": square(4, 5), "score": 0.8},
            {**of_image, "mask": square(5), "score": 0.8, "category_id": 2},
        ]
        found += [{**of_image, "mask": square(n), "score": 0.7} for n in (20, 22, 24)]
    objects.append({"image_id": 1, "mask": square(40), "category_id": 2})
    return build_preds(found), build_gt([(HEIGHT, WIDTH)] * IMAGES, objects)


def photographs(folder: Path) -> Path:
    """A folder with a detailed photograph of every image."""
    folder.mkdir()
    random = np.random.default_rng(0)
    coarse = random.integers(0, 255, (HEIGHT // 4, WIDTH // 4, 3), np.uint8)
    large = Image.fromarray(coarse).resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)
    for image in range(1, IMAGES + 1):
        large.save(folder / f"{image}.jpg", quality=90)
    return folder


def test_a_page_with_24_images_and_full_galleries_has_at_most_six_megabytes(
    tmp_path: Path,
) -> None:
    page = segeval.report(*scene(), photos=photographs(tmp_path / "photos"), resamples=2)
    read = assert_sound(page.html)
    ids = [str(own.get("id")) for tag, own in read.attributes if tag == "image"]
    assert sum(each.startswith("photo-image-") for each in ids) == IMAGES
    assert set(KINDS) <= set(read.texts)
    crops = [each for each in ids if each.startswith(("photo-crop-", "photo-suspect-"))]
    assert len(crops) == len(KINDS) * MOST
    assert len(page.html.encode()) <= MOST_BYTES
    assert [each.code for each in page.notes] == ["rough-intervals"]  # of 2 draws
