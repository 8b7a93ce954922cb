"""Comparisons of label maps, panoptic files, and instances of Cityscapes and Open Images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval import InputError
from segeval.analysis import result_intervals
from segeval.analysis.comparison.some_images import of_images
from segeval.analysis.resampling.resampled import resampled
from tests.cityscapes_files import rectangle, write_mask
from tests.open_images_files import BOX_PREDS, write_csv

IMAGES = 14


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Label maps gt, a (moved by up to 3 pixels) and b (by up to 1), and the same as segments."""
    folder = tmp_path_factory.mktemp("kinds")
    rng = np.random.default_rng(0)
    lists: dict[str, list[dict[str, object]]] = {"gt": [], "a": [], "b": []}
    for name in lists:
        (folder / name).mkdir()
        (folder / f"panoptic_{name}").mkdir()
    for place in range(IMAGES):
        gt = np.zeros((30, 40), np.uint8)
        for label in (1, 2, 3):
            y, x = rng.integers(0, 18), rng.integers(0, 25)
            gt[y : y + 12, x : x + 15] = label
        moved = [np.roll(gt, rng.integers(-step, step + 1, 2), (0, 1)) for step in (3, 1)]
        for name, labels in zip(lists, (gt, *moved), strict=True):
            Image.fromarray(labels).save(folder / name / f"{place:02}.png")
            picture = np.zeros((30, 40, 3), np.uint8)
            picture[..., 0] = labels + 1
            Image.fromarray(picture).save(folder / f"panoptic_{name}" / f"{place:02}.png")
            found = np.unique(labels).tolist()
            segments = [{"id": k + 1, "category_id": k + 1, "iscrowd": 0} for k in found]
            for each, k in zip(segments, found, strict=True):
                each["area"] = int((labels == k).sum())
            lists[name].append(
                {
                    "image_id": place,
                    "file_name": f"{place:02}.png",
                    "segments_info": segments,
                }
            )
    categories = [{"id": k + 1, "name": f"kind {k}", "isthing": k % 2} for k in range(4)]
    for name, listed in lists.items():
        document = {"annotations": listed, "categories": categories}
        (folder / f"panoptic_{name}.json").write_text(json.dumps(document))
    return folder


def test_label_maps_are_recognised_and_compared(folder: Path) -> None:
    found = segeval.compare(
        folder / "a", folder / "b", folder / "gt", classes=4, trimap=(2,), resamples=50
    )
    own = [segeval.mean_iou(folder / name, folder / "gt", classes=4).miou for name in "ab"]
    assert [found["mIoU"].a, found["mIoU"].b] == own
    results = found.to_dict()["results"]
    assert set(results) >= {"miou", "pixel_accuracy", "categories", "trimap", "images"}
    assert results["categories"][1]["iou"]["verdict"] in ("better", "undecided")
    assert results["trimap"][0]["width"] == 2
    assert found.verdict == "better"


def test_label_maps_need_their_classes(folder: Path) -> None:
    with pytest.raises(InputError, match="label maps are evaluated by their classes"):
        segeval.compare(folder / "a", folder / "b", folder / "gt")


def test_panoptic_files_are_recognised_and_compared(folder: Path) -> None:
    a, b, gt = (folder / f"panoptic_{name}.json" for name in ("a", "b", "gt"))
    found = segeval.compare(a, b, gt, resamples=50)
    own = [segeval.panoptic_quality(preds, gt).pq for preds in (a, b)]
    assert [found["PQ"].a, found["PQ"].b] == own
    assert found["PQ_th"].a == segeval.panoptic_quality(a, gt).first.things.pq
    assert found.to_dict()["results"]["segm"]["all"]["pq"]["verdict"] == "better"


@pytest.mark.parametrize("kind", ["maps", "panoptic"])
def test_a_part_of_statistics_has_the_numbers_of_its_images(folder: Path, kind: str) -> None:
    results: list[Any] = []
    for name in "ab":
        if kind == "maps":
            own = segeval.mean_iou(folder / name, folder / "gt", classes=4, trimap=2)
            results.append(own)
        else:
            preds, gt = (folder / f"panoptic_{each}.json" for each in (name, "gt"))
            results.append(segeval.panoptic_quality(preds, gt))
    kept = np.arange(IMAGES) % 3 > 0
    whole = [resampled(result) for result in results]
    parts = [of_images(result, kept) for result in results]
    ones = np.ones((1, int(kept.sum())), np.uint16)
    for every, part in zip(whole, parts, strict=True):
        expected = every.numbers(kept[None].astype(np.uint16))
        np.testing.assert_allclose(part.numbers(ones), expected, atol=1e-12)  # sums of fewer rows
    none = parts[0].mixed(parts[1], np.zeros((1, int(kept.sum())), np.bool_))
    np.testing.assert_allclose(none[0], parts[0].numbers(ones), atol=1e-12)  # as above


def test_slices_of_label_maps_come_from_a_table(folder: Path, tmp_path: Path) -> None:
    table = tmp_path / "light.csv"
    table.write_text("".join(f"{k:02},{'day' if k < 10 else 'night'}\n" for k in range(IMAGES)))
    found = segeval.compare(
        folder / "a", folder / "b", folder / "gt", classes=4, slices=table, resamples=50
    )
    day, night = found.scores.pairs[0].slices
    assert (day.images, night.images) == (10, 4)
    assert night.differences["miou",].verdict == "too few images"
    with pytest.raises(InputError, match="this ground truth has no fields of images"):
        segeval.compare(folder / "a", folder / "b", folder / "gt", classes=4, slices="light")


def test_intervals_of_a_mean_iou_and_of_a_panoptic_quality(folder: Path) -> None:
    miou = segeval.mean_iou(folder / "a", folder / "gt", classes=4)
    low, high = miou.interval(resamples=50) or (1.0, 0.0)
    assert miou.miou is not None
    assert low < miou.miou < high
    pq = segeval.panoptic_quality(folder / "panoptic_a.json", folder / "panoptic_gt.json")
    low, high = pq.interval("PQ_st", resamples=50) or (1.0, 0.0)
    assert pq.first.stuff.pq is not None
    assert low < pq.first.stuff.pq < high


@pytest.fixture
def streets(tmp_path: Path) -> Path:
    """Cityscapes' instances of 12 images; the boxes of a are further off than those of b."""
    rng = np.random.default_rng(2)
    for place in range(12):
        top, left = rng.integers(2, 8, 2)
        frame = f"ulm_{place:06}_000019"
        gt = rectangle((24, 40), top, left, 14, 20)
        labels = np.where(gt, 26001, 7).astype(np.uint16)
        (tmp_path / "gt").mkdir(exist_ok=True)
        Image.fromarray(labels).save(tmp_path / "gt" / f"{frame}_gtFine_instanceIds.png")
        for name, off in (("a", 2), ("b", rng.integers(0, 2))):
            (tmp_path / name).mkdir(exist_ok=True)
            mask = rectangle((24, 40), top + off, left + off, 14, 20)
            write_mask(tmp_path / name / f"{frame}.png", mask)
            (tmp_path / name / f"{frame}.txt").write_text(f"{frame}.png 26 0.{place + 10}")
    return tmp_path


def test_instances_of_cityscapes_are_recognised_by_their_lists(streets: Path) -> None:
    found = segeval.compare(streets / "a", streets / "b", streets / "gt", resamples=50)
    own = [segeval.cityscapes_ap(streets / name, streets / "gt").ap for name in "ab"]
    assert [found["AP"].a, found["AP"].b] == own
    assert found.verdict == "better"
    assert len(found.scores.pairs[0].images) == 12
    assert found.scores.pairs[0].image_counts["worse"] == 0


def test_slices_of_cityscapes_are_those_of_its_images(streets: Path, tmp_path: Path) -> None:
    names = [f"ulm_{place:06}_000019" for place in range(12)]
    labels = dict.fromkeys(names[:10], "all but two")
    found = segeval.compare(
        streets / "a", streets / "b", streets / "gt", slices=labels, resamples=20
    )
    for name in names[10:]:
        (streets / "gt" / f"{name}_gtFine_instanceIds.png").unlink()
        for model in "ab":
            (streets / model / f"{name}.txt").unlink()
    alone = segeval.cityscapes_ap(streets / "a", streets / "gt")
    [part] = found.scores.pairs[0].slices
    assert part.images == 10
    assert part.differences["segm", "ap"].a == pytest.approx(alone.ap, abs=1e-12)  # as weights


def test_open_images_is_recognised_by_its_tables(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    header = ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax", "IsGroupOf")
    ids = [f"{place:016x}" for place in range(12)]
    gt = write_csv(
        tmp_path / "gt.csv", header, [(own, "cat", 0.1, 0.5, 0.1, 0.5, 0) for own in ids]
    )
    files = []
    for name, right in (("a", 0.4), ("b", 1.0)):
        rows = [
            (own, "cat", rng.random(), 0.1, 0.5 if rng.random() < right else 0.15, 0.1, 0.5)
            for own in ids
        ]
        files.append(write_csv(tmp_path / f"{name}.csv", BOX_PREDS, rows))
    found = segeval.compare(files[0], files[1], gt, iou="bbox", resamples=50)
    own = [segeval.open_images_ap(preds, gt, iou="bbox").ap50 for preds in files]
    assert [found["AP50"].a, found["AP50"].b] == own
    assert found.verdict == "better"
    labels = dict.fromkeys(ids[:11], "first")
    sliced = segeval.compare(files[0], files[1], gt, iou="bbox", resamples=50, slices=labels)
    [part] = sliced.scores.pairs[0].slices
    assert (part.images, part.differences["bbox", "ap50"].verdict) == (11, "better")


def test_names_of_flat_have_intervals_for_label_maps_and_panoptic_files(folder: Path) -> None:
    miou = segeval.mean_iou(folder / "a", folder / "gt", classes=4, boundary=True)
    pq = segeval.panoptic_quality(
        folder / "panoptic_a.json", folder / "panoptic_gt.json", iou=("segm", "boundary")
    )
    of_maps, of_segments = {"mIoU", "fwIoU", "boundary_IoU"}, {"segm/PQ", "boundary/PQ_things"}
    for result, names in ((miou, of_maps), (pq, of_segments)):
        found = result_intervals(result, resamples=10)
        known = {name: found.of(name) for name in result.flat()}
        assert all(known[name] is not None for name in names)
    assert result_intervals(miou, resamples=10).of("boundary_IoU") == (
        result_intervals(miou, resamples=10).of("boundary.miou")
    )
