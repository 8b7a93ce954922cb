"""Weights of images are the official rules on files that repeat them, by evaluators of others."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval import panoptic_quality
from segeval.analysis.key_paths import KeyPath
from segeval.analysis.resampling.resampled import resampled
from segeval.data.open_images import ClassTree
from segeval.metrics.cityscapes import cityscapes_ap
from segeval.metrics.open_images import open_images_ap
from segeval.metrics.result import Result
from tests.parity.cityscapes_reference import CLASSES, reference_table
from tests.parity.open_images_reference import average_precisions
from tests.parity.panoptic_reference import reference
from tests.parity.panoptic_scenes import random_set
from tests.parity.test_cityscapes import random_pictures, write
from tests.parity.test_open_images import TREE, RandomScene
from tests.unit.metrics.semantic.test_statistics import blocks, evaluated, ious_of

TOLERANCE = 1e-12


def random_weights(seed: int, images: int) -> NDArray[np.int64]:
    """Weights of which at least one is 2."""
    weights = np.random.default_rng([seed, 7]).integers(0, 4, images)
    weights[seed % images] = 2
    return weights


def weighted(result: Result[Any], weights: NDArray[np.int64]) -> dict[KeyPath, float]:
    """The numbers of a result by their place in JSON, for weights of the images."""
    own = resampled(result)
    return dict(zip(own.paths, own.numbers(weights[np.newaxis])[0].tolist(), strict=True))


@pytest.mark.parametrize("seed", range(30))
def test_cityscapes(seed: int, tmp_path: Path) -> None:
    pictures = random_pictures(seed)
    weights = random_weights(seed, len(pictures))
    preds, gt = write(tmp_path, pictures)
    found = weighted(cityscapes_ap(preds, gt), weights)
    copies = [each for each, times in zip(pictures, weights, strict=True) for _ in range(times)]
    table = [[np.nan if v is None else v for v in row] for row in reference_table(copies, None)]
    for label, row in zip(CLASSES, table, strict=True):
        own = [found["segm", "categories", label, key] for key in ("ap", "ap50")]
        assert own == pytest.approx([np.mean(row), row[0]], abs=TOLERANCE, nan_ok=True)
    defined = [row for row in table if not np.isnan(row[0])]
    mean = np.mean(defined) if defined else np.nan
    assert found["segm", "ap"] == pytest.approx(mean, abs=TOLERANCE, nan_ok=True)


@pytest.mark.parametrize("official", [True, False])
@pytest.mark.parametrize("seed", range(20))
def test_panoptic_quality(seed: int, tmp_path: Path, *, official: bool) -> None:
    files = random_set(tmp_path, 300 + seed, sloppy=official)
    ids = sorted(each["image_id"] for each in json.loads(files[1].read_text())["annotations"])
    weights = random_weights(seed, len(ids))
    compat = "official" if official else None
    whole = panoptic_quality(*files, iou=("segm", "boundary"), compat=compat)
    found = weighted(whole, weights)
    preds, gt = (repeated(path, dict(zip(ids, weights.tolist(), strict=True))) for path in files)
    for kind in ("segm", "boundary"):
        counts = reference(preds, gt, boundary=kind == "boundary", official=official)
        qualities = []
        for category, (iou, tp, fp, fn) in counts.items():
            parts = tp + fp / 2 + fn / 2
            wanted = (iou / parts, iou / max(tp, 1), tp / parts) if parts else (np.nan,) * 3
            own = [found[kind, "categories", category, key] for key in ("pq", "sq", "rq")]
            assert own == pytest.approx(wanted, abs=TOLERANCE, nan_ok=True)
            qualities += [wanted] * bool(parts)
        own = [found[kind, "all", key] for key in ("pq", "sq", "rq")]
        means = np.mean(qualities, axis=0) if qualities else np.full(3, np.nan)
        assert own == pytest.approx(means, abs=TOLERANCE, nan_ok=True)


def repeated(path: Path, times: dict[int, int]) -> Path:
    """A panoptic file that has each image so many times."""
    data = json.loads(path.read_text())
    other = path.with_name(f"repeated_{path.name}")
    other.with_suffix("").mkdir()
    annotations = []
    for each in data["annotations"]:
        for copy in range(times[each["image_id"]]):
            name = f"{copy}_{each['file_name']}"
            number = 100 * each["image_id"] + copy
            shutil.copy(path.with_suffix("") / each["file_name"], other.with_suffix("") / name)
            annotations.append({**each, "image_id": number, "file_name": name})
    other.write_text(json.dumps({**data, "annotations": annotations}))
    return other


@pytest.mark.parametrize("kind", ["segm", "bbox"])
@pytest.mark.parametrize("weight", [1.0, 0.0, 0.3])
def test_open_images(tmp_path: Path, weight: float, kind: str) -> None:
    for seed in range(20):
        scene = RandomScene(seed)
        files = scene.files.write(tmp_path)
        result = open_images_ap(
            files.pop("preds"),
            files.pop("gt"),
            **files,
            hierarchy=ClassTree.of(TREE),
            iou=kind,
            group_of_weight=weight,
        )
        (tmp_path / "labels.csv").unlink(missing_ok=True)
        keys = resampled(result).image_ids
        weights = random_weights(seed, len(keys))
        # images with nothing but predictions are not judged, and not here
        times = dict(zip(keys, weights.tolist(), strict=True))
        found = weighted(result, weights)
        expected = average_precisions(
            [
                replace(f, image=f"{f.image}{k}")
                for f in scene.found
                for k in range(times.get(f.image, 0))
            ],
            [
                replace(o, image=f"{o.image}{k}")
                for o in scene.objects
                for k in range(times.get(o.image, 0))
            ],
            [
                (f"{i}{k}", label, known)
                for i, label, known in scene.verified
                for k in range(times.get(i, 0))
            ],
            TREE,
            by_box=kind == "bbox",
            weight=weight,
        )
        defined = {name: ap for name, ap in expected.items() if ap is not None}
        for name, ap in defined.items():
            assert found[kind, "categories", name, "ap50"] == pytest.approx(ap, abs=TOLERANCE)
        others = [path[2] for path in found if len(path) == 4 and path[2] not in defined]
        assert all(np.isnan(found[kind, "categories", name, "ap50"]) for name in others)
        mean = np.mean([*defined.values()]) if defined else np.nan
        assert found[kind, "ap50"] == pytest.approx(mean, abs=TOLERANCE, nan_ok=True)


@pytest.mark.parametrize("absent", ["cityscapes", "zero", "detectron2"])
@pytest.mark.parametrize("seed", range(5))
def test_label_maps(seed: int, absent: Any) -> None:
    maps = blocks(6, classes=9, seed=seed)
    weights = random_weights(seed, 6)
    found = weighted(evaluated(maps, 9, absent=absent), weights)
    copies = [pair for pair, times in zip(maps, weights, strict=True) for _ in range(times)]
    wanted = np.array(ious_of(copies, 9, absent), float)
    own = [found["categories", label, "iou"] for label in range(9)]
    assert own == pytest.approx(wanted, abs=TOLERANCE, nan_ok=True)
    assert found["miou",] == pytest.approx(np.nanmean(wanted), abs=TOLERANCE)
