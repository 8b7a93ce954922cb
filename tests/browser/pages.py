"""Pages of made data with photographs, and of what is odd or hostile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import segeval
from segeval.data.synthetic import furniture

FEW: dict[str, Any] = {"resamples": 30}
"""Draws that are enough for tests."""

MARK = "window.marked=1"
"""What hostile names would do."""

NAMES = (
    f"<script>{MARK}</script>",
    f"</script><script>{MARK}</script>",
    f"</title></style><img src=x onerror={MARK}>",
    f"\" autofocus onfocus='{MARK}' tabindex=0 x=\"",
    f"</svg><svg onload={MARK}>",
    f"<!--<script>--><script>{MARK}</script>",
    f"javascript:{MARK}",
    "abc\u202egnp.exe\u202c",
    "a\x00b\x1b[2J\x07\r\nc",
    "n" * 10_000,
)
"""Names that a file may hold."""


def photographs(folder: Path, gt: dict[str, Any]) -> Path:
    """A folder with a photograph for every image but the second, and a broken one of the third."""
    folder.mkdir()
    random = np.random.default_rng(0)
    for place, each in enumerate(gt["images"]):
        coarse = random.integers(0, 255, (12, 12, 3), np.uint8)
        picture = Image.fromarray(coarse).resize(
            (each["width"], each["height"]), Image.Resampling.BICUBIC
        )
        path = folder / each["file_name"]
        if place == 2:
            path.write_bytes(b"no picture")
        elif place != 1:
            picture.save(path, compress_level=1)
    return folder


def page_of_one(folder: Path) -> Path:
    """The page of one model with 24 pictures, of which two are missing."""
    scene = furniture(images=24)
    photos = photographs(folder / "one", scene.ground_truth)
    files = (scene.weaker, scene.ground_truth)
    return segeval.report(*files, photos=photos, **FEW).save(folder / "one.html")


def page_of_two(folder: Path) -> Path:
    """The page of two models with a few pictures, and two kinds of IoU."""
    scene = furniture(images=12)
    photos = photographs(folder / "two", scene.ground_truth)
    files = (scene.weaker, scene.better, scene.ground_truth)
    page = segeval.report(*files, photos=photos, top=4, iou=("segm", "boundary"), **FEW)
    return page.save(folder / "two.html")


def hostile_page(folder: Path) -> Path:
    """A page whose title, categories and files have hostile names."""
    scene = furniture(images=12)
    gt = scene.ground_truth
    named = {
        **gt,
        "categories": [
            {**each, "name": f"{NAMES[place]}{place}"}
            for place, each in enumerate(gt["categories"])
        ],
        "images": [
            {**each, "file_name": f"{NAMES[place % len(NAMES)]}{place}.jpg"}
            for place, each in enumerate(gt["images"])
        ],
    }
    (folder / "empty").mkdir()
    files = (scene.weaker, scene.better, named)
    page = segeval.report(*files, title=NAMES[0], photos=folder / "empty", top=12, **FEW)
    return page.save(folder / "hostile.html")


def odd_pages(folder: Path) -> dict[str, Path]:
    """Pages of sets that are larger, smaller or emptier than others, by what is odd."""
    scene = furniture(images=12)
    gt, preds = scene.ground_truth, scene.weaker
    first = gt["images"][0]["id"]
    many = [{"id": k, "name": f"category {k}"} for k in range(1, 1204)]
    files: dict[str, tuple[Any, ...]] = {
        "1203 categories": (preds, {**gt, "categories": many}),
        "one image": (
            [each for each in preds if each["image_id"] == first],
            {
                **gt,
                "images": gt["images"][:1],
                "annotations": [each for each in gt["annotations"] if each["image_id"] == first],
            },
        ),
        "no predictions": ([], gt),
        "half of the categories have no objects": (
            preds,
            {**gt, "annotations": [each for each in gt["annotations"] if each["category_id"] % 2]},
        ),
    }
    return {
        odd: segeval.report(*own, top=2, resamples=5).save(folder / f"odd-{place}.html")
        for place, (odd, own) in enumerate(files.items())
    }
