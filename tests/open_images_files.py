"""Small CSV files of Open Images for tests."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from segeval.data.open_images.mask_text import mask_text
from segeval.masks import compress, encode

BOX = ("XMin", "XMax", "YMin", "YMax")
BOXES = ("ImageID", "LabelName", "Confidence", *BOX, "IsGroupOf")
MASKS = ("ImageID", "LabelName", "ImageWidth", "ImageHeight", *BOX, "IsGroupOf", "Mask")
LABELS = ("ImageID", "LabelName", "Confidence")
PREDS = ("ImageID", "ImageWidth", "ImageHeight", "LabelName", "Score", "Mask")
BOX_PREDS = ("ImageID", "LabelName", "Score", *BOX)

Mask = NDArray[np.uint8]


def text_of(mask: Mask) -> str:
    """A dense mask as Open Images writes it."""
    return mask_text(compress(encode([mask])).bytes_of(0))


def strip(start: int, stop: int, width: int = 100) -> Mask:
    """The pixels start..stop - 1 of a row."""
    mask = np.zeros((1, width), np.uint8)
    mask[0, start:stop] = 1
    return mask


def sides_of(mask: Mask) -> tuple[float, float, float, float]:
    """XMin, XMax, YMin, YMax around a mask, as parts of the image; all 0 for an empty one."""
    rows, columns = np.nonzero(mask)
    if not len(rows):
        return 0.0, 0.0, 0.0, 0.0
    height, width = mask.shape
    return (
        float(columns.min() / width),
        float((columns.max() + 1) / width),
        float(rows.min() / height),
        float((rows.max() + 1) / height),
    )


def write_csv(path: Path, header: Sequence[str], rows: Iterable[Sequence[Any]]) -> Path:
    """A CSV file."""
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(header)
        writer.writerows(rows)
    return path


@dataclass
class Scene:
    """Rows of all files, filled by `gt`, `box`, `label` and `pred`."""

    boxes: list[tuple[Any, ...]] = field(default_factory=list)
    masks: list[tuple[Any, ...]] = field(default_factory=list)
    labels: list[tuple[Any, ...]] = field(default_factory=list)
    preds: list[tuple[Any, ...]] = field(default_factory=list)

    def gt(self, mask: Mask, label: str = "cat", image: str = "a", *, group: int = 0) -> Scene:
        """An object with a mask and a box."""
        height, width = mask.shape
        sides = sides_of(mask)
        self.boxes.append((image, label, 1, *sides, group))
        self.masks.append((image, label, width, height, *sides, group, text_of(mask)))
        return self

    def box(self, mask: Mask, label: str = "cat", image: str = "a", *, group: int = 0) -> Scene:
        """An object that has the box of a mask alone."""
        self.boxes.append((image, label, 1, *sides_of(mask), group))
        return self

    def label(self, label: str, image: str = "a", *, present: int = 1) -> Scene:
        """A verified label."""
        self.labels.append((image, label, present))
        return self

    def pred(self, mask: Mask, score: float, label: str = "cat", image: str = "a") -> Scene:
        """A prediction."""
        height, width = mask.shape
        self.preds.append((image, width, height, label, score, text_of(mask)))
        return self

    def write(self, folder: Path) -> dict[str, Any]:
        """Arguments of `open_images_ap`: the paths of the files."""
        folder.mkdir(exist_ok=True)
        files: dict[str, Any] = {
            "preds": write_csv(folder / "preds.csv", PREDS, self.preds),
            "gt": write_csv(folder / "masks.csv", MASKS, self.masks),
            "boxes": write_csv(folder / "boxes.csv", BOXES, self.boxes),
        }
        if self.labels:
            files["labels"] = write_csv(folder / "labels.csv", LABELS, self.labels)
        return files
