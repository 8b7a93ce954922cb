"""Where two models lose panoptic quality."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis import panoptic_error_differences
from segeval.analysis.errors.panoptic_shares import GROUPS, PANOPTIC_KINDS
from segeval.errors import InputError
from tests.panoptic_build import build
from tests.unit.analysis.errors.panoptic_scene import GT, two_images
from tests.unit.metrics.panoptic.test_statistics import random_images


def files(folder: Path, images: int = 12) -> tuple[Path, Path, Path]:
    """Segments moved by two pixels more, those moved by a few, and ground truth."""
    preds, gt = random_images(images, seed=9)
    worse = [(np.roll(ids, 2, 1), segments) for ids, segments in preds]
    return (
        build(folder / "a.json", *worse),
        build(folder / "b.json", *preds),
        build(folder / "gt.json", *gt, gt=True),
    )


def test_the_numbers_are_those_of_each_model_and_their_difference(tmp_path: Path) -> None:
    a, b, gt = files(tmp_path)
    iou: Any = {"iou": ("segm", "boundary"), "boundary_px": 1}
    found = panoptic_error_differences(a, b, gt, **iou)
    first, second = (segeval.panoptic_errors(each, gt, **iou) for each in (a, b))
    for kind, own in found.scores.items():
        one, two = first.scores[kind], second.scores[kind]
        pairs = [(getattr(own, g), getattr(one, g), getattr(two, g)) for g in GROUPS]
        pairs += [
            (each.lost, x, y)
            for each, x, y in zip(own.categories, one.categories, two.categories, strict=True)
        ]
        for both, x, y in pairs:
            assert (both.pq.a, both.pq.b, both.pq.difference) == (x.pq, y.pq, y.pq - x.pq)
            assert (both.recognition.a, both.recognition.b) == (x.recognition, y.recognition)
            lost = 0.0
            for name in PANOPTIC_KINDS:
                share = both.kinds[name].share
                assert (share.a, share.b) == (x.kinds[name].share, y.kinds[name].share)
                assert both.kinds[name].count.b == y.kinds[name].count
                lost += share.difference or 0.0
            assert both.pq.difference == pytest.approx(-lost, abs=1e-14)


def test_intervals_are_those_of_compare_on_the_same_draws(tmp_path: Path) -> None:
    a, b, gt = files(tmp_path)
    found = panoptic_error_differences(a, b, gt, ci=True, resamples=100, seed=4)
    usual = segeval.compare(a, b, gt, resamples=100, seed=4)
    assert found.first.all.pq.interval == pytest.approx(usual.difference.interval, abs=1e-12)
    interval = found.first.all.kinds["segmentation"].share.interval
    assert interval is not None
    assert len(interval) == 2
    low, high = interval
    assert low < (found.first.all.kinds["segmentation"].share.difference or 0.0) < high
    assert (found.settings["resamples"], found.settings["seed"]) == (100, 4)
    own = found.first.all
    tests = {kind: own.kinds[kind].share.test for kind in PANOPTIC_KINDS}
    shown = [kind for kind, test in tests.items() if test and test.verdict == "better"]
    assert shown == ["segmentation", "false", "missed"]
    assert own.pq.test is None
    assert found.first.things.kinds["missed"].share.test is None


def test_too_few_images_have_no_intervals_which_is_said(tmp_path: Path) -> None:
    found = panoptic_error_differences(*files(tmp_path, 3), ci=True, resamples=20)
    assert found.first.all.pq.interval is None
    assert [note.code for note in found.notes] == ["few-images"]


def test_groups_without_intervals_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="without `ci=True`"):
        panoptic_error_differences(*files(tmp_path, 2), groups="video")


def test_tables_and_sentences_say_what_is_won(tmp_path: Path) -> None:
    preds, gt = two_images(tmp_path)
    found = panoptic_error_differences(preds, build_perfect(tmp_path), gt)
    [sentence] = found.sentences
    assert sentence == (
        "B wins 27.8 points on wrong categories, 16.7 on false segments, 11.1 on the masks of true "
        "segments and 11.1 on missed segments"
    )
    kinds, categories = found.tables
    assert [row[0] for row in kinds.rows][:2] == ["confusion", "false"]
    assert kinds.rows[0][-1] == (2, 0)
    assert [row[0] for row in categories.rows] == ["mean", "cat", "sky", "dog"]
    assert found.summary == "2 images, 3 categories, 4 segments"
    assert "segm PQ 33.3 and 100.0" in found.headline


def build_perfect(folder: Path) -> Path:
    """Predictions that are the ground truth."""
    return build(folder / "perfect.json", *GT)


def test_the_document_has_both_numbers_of_every_kind(tmp_path: Path) -> None:
    found = panoptic_error_differences(*files(tmp_path)).to_dict()
    assert found["schema"] == "segeval/errors/1"
    every = found["results"]["segm"]["all"]
    assert {*every} == {"pq", "recognition", "kinds"}
    assert {*every["kinds"]["false"]["share"]} == {"a", "b", "difference"}
    assert [each["id"] for each in found["results"]["segm"]["categories"]] == [1, 2, 7]
