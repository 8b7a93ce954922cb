"""Labels that fit once they are moved, and blended ones, are told where a label is no class."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import check, mean_iou
from segeval.errors import FormatError

IDS = " Both sides must have the ids of the classes."


def grid(classes: int = 6) -> Any:
    """A label map of squares of 8 pixels, uint8, shape (64, 96)."""
    labels = np.random.default_rng(1).integers(0, classes, (8, 12)).astype(np.uint8)
    return np.kron(labels, np.ones((8, 8), np.uint8))


def blend(labels: Any) -> Any:
    """The same, made smaller and larger again with interpolation."""
    small = Image.fromarray(labels[::2, ::2])
    return np.asarray(small.resize(labels.shape[::-1], Image.Resampling.BILINEAR))


def refused(preds: Any, gt: Any, classes: Any = 6) -> str:
    """The error about labels that are no class."""
    with pytest.raises(FormatError) as caught:
        mean_iou([preds], [gt], classes=classes)
    assert caught.value.code == "unknown-label"
    return caught.value.message


def test_unknown_labels_of_a_shift_by_one_are_told_whichever_side_has_them() -> None:
    truth = grid()
    told = " agree with 100.0 % of the ground truth, as they are with 0.0 %: off by one?" + IDS
    assert refused(truth + 1, truth).endswith("more like it. Predictions - 1" + told)
    assert refused(truth, truth + 1).endswith("more like it. Predictions + 1" + told)


def test_labels_that_were_spread_to_be_looked_at_are_told() -> None:
    truth = grid()
    share = 100 * (truth == 0).mean()
    assert refused(truth * 51, truth).endswith(
        f"Predictions / 51 agree with 100.0 % of the ground truth, as they are with {share:.1f} %: "
        "are they scaled to be looked at?" + IDS
    )
    assert "Predictions * 40 agree with 100.0 % of the ground" in refused(truth, truth * 40)


def test_labels_that_only_happen_to_be_unknown_are_not_moved() -> None:
    truth = grid()
    preds = np.where(truth == 5, 9, truth).astype(np.uint8)
    assert refused(preds, truth).endswith(
        "Predictions must have the ids of the ground truth, which has 0..5."
    )


def test_unknown_labels_at_borders_are_told_as_interpolation() -> None:
    truth = grid() * 40
    classes = "0=a,40=b,80=c,120=d,160=e,200=f"
    told = (
        "Such labels lie between those of their neighbours at borders: resized with interpolation? "
        "Label maps are resized by nearest neighbour."
    )
    assert refused(blend(truth), truth, classes).endswith(told)
    assert refused(truth, blend(truth), classes).endswith(told)


@pytest.mark.parametrize("side", ["preds", "gt"])
def test_label_maps_that_were_resized_with_interpolation_are_told(tmp_path: Any, side: str) -> None:
    truth = grid()
    maps = {"preds": truth, "gt": truth} | {side: blend(truth)}
    for name, labels in maps.items():
        (tmp_path / name).mkdir()
        Image.fromarray(labels).save(tmp_path / name / "a.png")
    preds, gt = tmp_path / "preds", tmp_path / "gt"
    [note] = [n for n in mean_iou(preds, gt, classes=6).notes if n.code == "blended-labels"]
    assert note.message.startswith(
        f"{tmp_path / side}: labels lie between those of their neighbours at "
    )
    assert note.message.endswith(
        " % of the borders, at 0 % in the other label maps. Resized with interpolation? Label maps "
        "are resized by nearest neighbour"
    )
    [found] = check(preds, gt, classes=6).warnings
    assert found.message in note.message


def test_sharp_label_maps_and_labels_in_steps_on_both_sides_are_left_alone() -> None:
    truth = grid()
    steps = np.tile(np.repeat(np.arange(6, dtype=np.uint8), 2), (20, 1))
    for preds, gt in ((np.roll(truth, 1, axis=1), truth), (np.roll(steps, 1, axis=1), steps)):
        codes = {note.code for note in mean_iou([preds], [gt], classes=6).notes}
        assert "blended-labels" not in codes
