"""Cityscapes' files of instances for tests: pictures of ids, masks, and lists that name them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

ROAD, PERSON, CAR, BUS = 7, 24, 26, 28
FRAME = "ulm_000000_000019"

Prediction = tuple[NDArray[Any], int, float]
"""A mask (H, W), a label id and a confidence."""


def write_frame(
    folder: Path,
    labels: NDArray[Any],
    predictions: Sequence[Prediction] = (),
    *,
    frame: str = FRAME,
) -> tuple[Path, Path]:
    """One image with its predictions, in folder/preds and folder/gt; returns both."""
    preds, gt = folder / "preds", folder / "gt"
    for path in (preds, gt):
        path.mkdir(exist_ok=True)
    Image.fromarray(labels.astype(np.uint16)).save(gt / f"{frame}_gtFine_instanceIds.png")
    lines = []
    for place, (mask, label, score) in enumerate(predictions):
        name = f"{frame}_{place}.png"
        write_mask(preds / name, mask)
        lines.append(f"{name} {label} {float(score)!r}\n")
    (preds / f"{frame}.txt").write_text("".join(lines))
    return preds, gt


def write_mask(path: Path, mask: NDArray[Any]) -> None:
    """A mask as an 8-bit picture."""
    Image.fromarray((mask != 0).astype(np.uint8) * np.uint8(255)).save(path)


def rectangle(size: tuple[int, int], top: int, left: int, height: int, width: int) -> Any:
    """A rectangle in an image of some size, bool."""
    mask = np.zeros(size, bool)
    mask[top : top + height, left : left + width] = True
    return mask
