"""Panoptic quality of folders of id maps."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from segeval import FormatError, InputError, panoptic_errors, panoptic_quality

IMAGES = 3


def maps(seed: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Squares with random pixels of other squares; ids beyond 16 bits."""
    rng = np.random.default_rng(seed)
    gt = np.kron(rng.integers(0, 8, (4, 4)), np.ones((3, 3), int)) * 2_000_000
    pred = np.where(rng.random(gt.shape) < 0.2, rng.integers(0, 8, gt.shape), gt // 2_000_000)
    return pred, gt


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    for place, name in enumerate(("preds", "gt")):
        (tmp_path / name).mkdir()
        for seed in range(IMAGES):
            np.save(tmp_path / name / f"{seed}.npy", maps(seed)[place])
    return tmp_path / "preds", tmp_path / "gt"


def panoptic_file(folder: Path, place: int) -> Path:
    """The same objects in a panoptic JSON file; the background of the ground truth is stuff."""
    pictures = folder / f"panoptic{place}"
    pictures.mkdir()
    annotations: list[dict[str, Any]] = []
    for seed in range(IMAGES):
        ids = maps(seed)[place]
        colours = np.stack([ids & 255, ids >> 8 & 255, ids >> 16], axis=-1).astype(np.uint8)
        segments = [
            {"id": own, "category_id": 1, "area": int((ids == own).sum()), "iscrowd": 0}
            for own in np.unique(ids).tolist()
            if own
        ]
        if place and (ids == 0).any():  # a segment of its own: it is known, not void
            colours[ids == 0] = (0, 0, 255)
            own, area = 255 << 16, int((ids == 0).sum())
            segments.append({"id": own, "category_id": 2, "area": area, "iscrowd": 0})
        Image.fromarray(colours).save(pictures / f"{seed}.png")
        annotations.append(
            {"image_id": seed + 1, "file_name": f"{seed}.png", "segments_info": segments}
        )
    path = pictures.with_suffix(".json")
    categories = [{"id": 1, "name": "object", "isthing": 1}, {"id": 2, "isthing": 0}]
    path.write_text(json.dumps({"annotations": annotations, "categories": categories}))
    return path


@pytest.mark.parametrize("iou", ["segm", "boundary"])
def test_pq_equals_that_of_panoptic_files_to_the_bit(
    folders: tuple[Path, Path], tmp_path: Path, iou: str
) -> None:
    found = panoptic_quality(*folders, iou=iou)
    files = panoptic_quality(panoptic_file(tmp_path, 0), panoptic_file(tmp_path, 1), iou=iou)
    assert found.scores[iou].categories[0] == files.scores[iou].categories[0]
    assert found.pq is not None
    assert 0 < found.pq < 1


def test_pq_equals_its_definition(folders: tuple[Path, Path]) -> None:
    ious, preds, objects = [], 0, 0
    for seed in range(IMAGES):
        sides = [[ids == own for own in np.unique(ids) if own] for ids in maps(seed)]
        preds, objects = preds + len(sides[0]), objects + len(sides[1])
        every = [(a & b).sum() / (a | b).sum() for a in sides[0] for b in sides[1]]
        ious += [iou for iou in every if iou > 0.5]
    expected = sum(ious) / ((preds + objects) / 2)
    # sums of fractions in another order
    assert panoptic_quality(*folders).pq == pytest.approx(expected, abs=1e-12)


def test_a_prediction_in_the_background_is_false(tmp_path: Path) -> None:
    for name, ids in (("preds", [[1, 1, 0, 5, 5]]), ("gt", [[7, 7, 0, 0, 0]])):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.array(ids))
    assert panoptic_quality(tmp_path / "preds", tmp_path / "gt").pq == 1 / 1.5


def test_exactly_half_is_no_match(tmp_path: Path) -> None:
    for name, ids in (("preds", [[1, 0]]), ("gt", [[1, 1]])):
        (tmp_path / name).mkdir()
        np.save(tmp_path / name / "a.npy", np.array(ids))
    assert panoptic_quality(tmp_path / "preds", tmp_path / "gt").pq == 0.0


def test_numbers_do_not_depend_on_threads_and_errors_are_found_too(
    folders: tuple[Path, Path],
) -> None:
    results = [panoptic_quality(*folders, workers=n).to_dict()["results"] for n in (1, 2)]
    assert results[0] == results[1]
    assert panoptic_errors(*folders).quality.to_dict()["results"] == results[0]


def test_folders_of_panoptic_pictures_say_what_to_give(tmp_path: Path) -> None:
    for place in range(2):
        panoptic_file(tmp_path, place)
    with pytest.raises(FormatError) as caught:
        panoptic_quality(tmp_path / "panoptic0", tmp_path / "panoptic1")
    assert caught.value.message == (
        f"{tmp_path}/panoptic0/0.png: has colours (RGB), expected grey of 8 or 16 bits: 0 for "
        "background and an id from 1 for each object. Colours are not ids. Of panoptic files give "
        "the JSON files, not the folders."
    )


def test_folders_of_pictures_do_not_go_with_folders_of_id_maps(
    folders: tuple[Path, Path],
) -> None:
    preds, gt = folders
    with pytest.raises(InputError) as caught:
        panoptic_quality(preds, gt, gt_dir=gt)
    assert caught.value.message == (
        f"`gt_dir` goes with panoptic files, and {preds} is a folder of id maps."
    )
