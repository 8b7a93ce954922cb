"""Masks of one row, so that areas and IoU can be read off the column numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from segeval import APResult, average_precision
from segeval.errors import Note
from tests.build import Mask, build_gt, build_preds

Records = list[dict[str, Any]]

WIDTH = 200


def exact(number: float) -> Any:
    """The number but for the last bits: precision is n / (n + 2.2e-16), as in pycocotools."""
    return pytest.approx(number, abs=1e-12)


def strip(start: int, stop: int) -> Mask:
    """The pixels start..stop - 1 of a row of 200."""
    mask = np.zeros((1, WIDTH), np.uint8)
    mask[0, start:stop] = 1
    return mask


def scene(objects: Records, found: Records, *, images: int = 1) -> tuple[Records, dict[str, Any]]:
    """Predictions and ground truth; scores fall in the order of the list unless they are given."""
    falling = [{"score": 0.9 - 0.01 * place, **record} for place, record in enumerate(found)]
    return build_preds(falling), build_gt([(1, WIDTH)] * images, objects)


def evaluate(objects: Records, found: Records, *, images: int = 1, **settings: Any) -> APResult:
    """The result of a scene."""
    return average_precision(*scene(objects, found, images=images), **settings)


def note(result: APResult, code: str) -> Note:
    """The one note of a kind."""
    (found,) = [note for note in result.notes if note.code == code]
    return found


def codes(result: APResult) -> list[str]:
    """The kinds of all notes."""
    return [note.code for note in result.notes]
