"""From images to masks with a loaded model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.errors import Note
from segeval.models import PredictionOptions, predict_images
from segeval.models.config import Config, changed
from segeval.models.files.model_file import Loaded
from tests.bright_models import SEEN, BrightObjects, BrightPixels

CPU = PredictionOptions(device="cpu")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A picture that is bright on its right half."""
    pixels = np.zeros((40, 60, 3), np.uint8)
    pixels[:, 30:] = 255
    Image.fromarray(pixels).save(tmp_path / "half.png")
    return tmp_path


def loaded(model: Any, categories: Any = None, **sections: Any) -> Loaded:
    config = changed(Config(), "bright", input=vars(SEEN), classes=2, **sections)
    return Loaded(model, config, categories, report=None)  # type: ignore[arg-type]


def test_objects_have_the_categories_of_the_checkpoint(folder: Path) -> None:
    model = loaded(BrightObjects(), ((7, "sofa"), (9, "lamp")))
    (found,) = predict_images(model, [folder], options=CPU)
    assert (found.photo.id, found.photo.name, found.size) == (1, "half.png", (40, 60))
    preds: Any = found.found
    assert preds.category_id.tolist() == [7]


def test_without_them_they_count_from_one_and_a_note_says_so(folder: Path) -> None:
    notes: list[Note] = []
    model = loaded(BrightObjects())
    (found,) = predict_images(model, [folder / "half.png"], options=CPU, on_note=notes.append)
    preds: Any = found.found
    assert preds.category_id.tolist() == [1]
    assert [note.code for note in notes] == ["categories"]


def test_a_semantic_model_gives_label_maps(folder: Path) -> None:
    (found,) = predict_images(loaded(BrightPixels(), task="semantic"), [folder], options=CPU)
    labels: Any = found.found
    assert labels.shape == (40, 60)
    assert set(np.unique(labels)) == {0, 1}
