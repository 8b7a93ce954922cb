"""Pages of made data with photographs, and of what is odd or hostile."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import segeval
from segeval.data.synthetic import furniture
from tests.unit.reports.panoptic_files import panoptic_files
from tests.unit.reports.panoptic_files import photographs as noise

FEW: dict[str, Any] = {"resamples": 30}
"""Draws that are enough for tests."""

MARK = "window.marked=1"
"""What hostile names would do."""

COLOUR = (190, 40, 120)
"""Of photographs with hostile names; nothing else on a page has it."""

LONGEST_FILE_NAME = 256
"""Bytes that the name of a file cannot have."""

NAMES = (
    f"<script>{MARK}</script>",
    f"</script><script>{MARK}</script>",
    f"</title></style><img src=x onerror={MARK}>",
    f"\" autofocus onfocus='{MARK}' tabindex=0 x=\"",
    f"<img src=x onerror={MARK}>",
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
            picture.save(path, "JPEG")  # whatever its name says: read and written much faster
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


def page_of_label_maps(folder: Path) -> Path:
    """The page of two models whose classes have hostile names, with some photographs."""
    photos = folder / "street"
    photos.mkdir()
    random = np.random.default_rng(0)
    models: tuple[list[Any], ...] = ([], [], [])
    for place in range(12):
        gt = np.kron(random.integers(0, len(NAMES), (6, 8)), np.ones((40, 40))).astype(np.uint8)
        strong = np.roll(gt, 2, 1)
        weak = np.where(random.random(gt.shape) < 0.02, 0, np.roll(gt, 6, 0))
        weak[gt == 3] = 5
        weak[40:80] = np.roll(gt[40:80], 25, 1)
        for maps, own in zip(models, (weak.astype(np.uint8), strong, gt), strict=True):
            maps.append(own)
        if place % 3 == 0:
            photo = np.stack([20 * gt, 250 - 20 * gt, gt], 2)
            Image.fromarray(photo).save(photos / f"{place:02}.jpg")
        elif place % 3 == 1:
            (photos / f"{place:02}.jpg").write_bytes(b"no picture")
    classes = dict(enumerate(NAMES))
    made = segeval.report(*models, classes=classes, photos=photos, top=5, **FEW)
    return made.save(folder / "labels.html")


def page_of_panoptic_files(folder: Path) -> Path:
    """The page of one model with a few pictures."""
    own = folder / "panoptic"
    _, better, gt = panoptic_files(own)
    photos = noise(own / "photos")
    return segeval.report(better, gt, photos=photos, top=4, **FEW).save(folder / "panoptic.html")


def hostile_photographs(folder: Path, gt: dict[str, Any]) -> list[str]:
    """Photographs of one colour with the names that files may have: neither "/" nor zero bytes."""
    folder.mkdir()
    written = []
    for each in gt["images"]:
        name = each["file_name"]
        if "/" not in name and "\0" not in name and len(name.encode()) < LONGEST_FILE_NAME:
            picture = Image.new("RGB", (each["width"], each["height"]), COLOUR)
            picture.save(folder / name, "JPEG", quality=95)
            written.append(name)
    return written


def hostile_page(folder: Path) -> tuple[Path, list[str]]:
    """A page whose title, categories and files have hostile names, and those of its photographs."""
    scene = furniture(images=12)
    gt = scene.ground_truth
    named = {
        **gt,
        "categories": [
            {**each, "name": f"{NAMES[place % len(NAMES)]}{place}"}
            for place, each in enumerate(gt["categories"])
        ],
        "images": [
            {**each, "file_name": f"{NAMES[place % len(NAMES)]}{place}.jpg"}
            for place, each in enumerate(gt["images"])
        ],
    }
    names = hostile_photographs(folder / "hostile", named)
    files = (scene.weaker, scene.better, named)
    page = segeval.report(*files, title=NAMES[0], photos=folder / "hostile", top=12, **FEW)
    return page.save(folder / "hostile.html"), names


def odd_pages(folder: Path) -> dict[str, Path]:
    """Pages of sets that are larger, smaller or emptier than others, by what is odd."""
    scene = furniture(images=12)
    gt, preds = scene.ground_truth, scene.weaker
    first = gt["images"][0]["id"]
    many = [{"id": k, "name": f"category {k}"} for k in range(1, 1204)]
    files: dict[str, tuple[Any, ...]] = {
        "1203 categories, and half of those that are predicted have no objects": (
            preds,
            {
                **gt,
                "categories": many,
                "annotations": [each for each in gt["annotations"] if each["category_id"] % 2],
            },
        ),
        "one image": (
            [each for each in preds if each["image_id"] == first],
            {
                **gt,
                "images": gt["images"][:1],
                "annotations": [each for each in gt["annotations"] if each["image_id"] == first],
            },
        ),
        "no predictions": ([], gt),
    }
    return {
        odd: segeval.report(*own, top=2, resamples=5).save(folder / f"odd-{place}.html")
        for place, (odd, own) in enumerate(files.items())
    }
