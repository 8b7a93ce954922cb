"""Views that find objects by themselves, merged as several models."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from segeval.data import Predictions
from segeval.errors import FormatError, InputError, Note
from segeval.masks import decode
from segeval.models.config import Config, InputConfig, changed
from segeval.models.predict.options import PredictionOptions
from segeval.models.predict.photo_queue import Photo
from segeval.models.predict.predictor import predict
from segeval.models.predict.views import views_of
from tests.bright_models import SEEN, BrightObjects


def corner(folder: Path, **others: Any) -> Photo:
    """A picture of 64 x 80 pixels whose upper left part of 32 x 40 is white."""
    pixels = np.zeros((64, 80, 3), np.uint8)
    pixels[:32, :40] = 255
    Image.fromarray(pixels).save(folder / "a.png")
    return Photo(folder / "a.png", "a", "a.png", **others)


def found_in(photo: Photo, model: Any = None, **options: Any) -> Predictions:
    options = {"device": "cpu", "flip": True, **options}
    chosen = PredictionOptions(**options)
    model = model or BrightObjects()
    (found,) = predict(model, [photo], SEEN, category_ids=[7], options=chosen)
    assert isinstance(found.found, Predictions)
    return found.found


@pytest.mark.parametrize("merge", ["nms", "soft-nms", "wbf", "nmw", "vote"])
def test_what_both_views_find_is_one_object(tmp_path: Path, merge: str) -> None:
    found = found_in(corner(tmp_path), merge=merge)
    place = int(found.score.argmax())
    assert found.image_id.tolist()[0] == 0
    assert found.image_keys == ("a",)
    assert found.category_id[place] == 7
    assert found.boxes[place].tolist() == pytest.approx([0, 0, 40, 32], abs=0.01)
    mask = decode(found.segmentations.strings.decode())[place]
    assert mask[:31, :39].all()
    assert not mask[33:].any()
    if merge != "soft-nms":
        assert len(found) == 1


def test_an_object_of_one_view_gets_its_share_of_the_score(tmp_path: Path) -> None:
    class OneEyed(BrightObjects):
        """Sees nothing in mirrored images, whose left upper corner is dark."""

        def forward(self, images: Any, sizes: Any) -> Any:
            bright = images[:, :, 0, 0].mean() > 0
            return super().forward(images if bright else torch.full_like(images, -1), sizes)

    photo = corner(tmp_path)
    both, one = found_in(photo, merge="wbf"), found_in(photo, OneEyed(), merge="wbf")
    assert both.score.tolist() == pytest.approx([0.9])
    assert one.score.tolist() == pytest.approx([0.45])


def test_a_single_view_has_nothing_to_merge_and_a_note_says_so(tmp_path: Path) -> None:
    notes: list[Note] = []
    options = PredictionOptions(device="cpu", merge="wbf")
    found = predict(
        BrightObjects(), [corner(tmp_path)], SEEN, category_ids=[7], options=options,
        on_note=notes.append,
    )  # fmt: skip
    assert len(list(found)) == 1
    assert [each.message for each in notes] == [
        "`merge` is for what several views find, and there is one view: add `flip` or `scales`"
    ]


def test_a_picture_without_objects_has_none(tmp_path: Path) -> None:
    Image.new("RGB", (30, 20)).save(tmp_path / "a.png")
    assert len(found_in(Photo(tmp_path / "a.png", 1, "a.png"), merge="wbf")) == 0


def test_views_have_the_sizes_of_the_settings() -> None:
    settings = InputConfig(
        test_size=64, test_max=96, test_flip=True, test_views=((64, 96), (80, 90)), test_merge="wbf"
    )
    options = PredictionOptions.of(settings, scales=(32,), device="cpu")
    assert options.merge == "wbf"
    seen = [(view.short, view.longest, view.mirrored) for view in views_of(settings, options)]
    sizes = [(64, 96), (32, 48), (80, 90)]
    assert seen == [(*size, mirrored) for size in sizes for mirrored in (False, True)]


def test_label_maps_are_not_merged(tmp_path: Path) -> None:
    with pytest.raises(
        FormatError, match=r"input\.test_merge is 'wbf', expected \"\" for semantic"
    ):
        changed(Config(), "maps", task="semantic", input={"test_merge": "wbf"})
    options = PredictionOptions(device="cpu", merge="wbf", flip=True)
    with pytest.raises(InputError, match="`merge` is for objects"):
        list(
            predict(
                BrightObjects(), [corner(tmp_path)], SEEN, category_ids=[7], semantic=True,
                options=options,
            )
        )  # fmt: skip


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(InputError, match="merge"):
        PredictionOptions(merge="interp", flip=True)


def test_views_too_large_for_memory_are_refused() -> None:
    with pytest.raises(FormatError, match=r"input\.test_views is .* expected views of at most"):
        changed(Config(), "large", input={"test_views": [[100_000, 100_000]]})
