"""One result of every kind that segeval has, small, for tests of what all have in common."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import segeval
from segeval.analysis import (
    error_differences,
    label_error_differences,
    panoptic_error_differences,
    split_files,
    sweep_max_dets,
)
from segeval.analysis.suspects.run import suspects_of_files
from segeval.data.open_images import ClassTree
from segeval.data.synthetic import furniture
from segeval.ensemble import expand_parents, propose_experts
from segeval.metrics.coco.parts import match_part
from segeval.metrics.coco.parts.result import part_result
from segeval.metrics.result import Result
from segeval.models import average_checkpoints
from segeval.models.anchors.result import suggest_anchors
from segeval.models.costs.listed_presets import list_presets
from segeval.rescore import rescore_calibrate, rescore_cooccurrence
from tests.cityscapes_files import rectangle, write_mask
from tests.open_images_files import Scene, strip
from tests.panoptic_build import build, drawing, segment

ROOMS = furniture(images=24)

KINDS = ("segm", "boundary")


def every_result(folder: Path) -> dict[str, Result[Any]]:
    """Results by what they are of."""
    a, b, gt = ROOMS.weaker, ROOMS.better, ROOMS.ground_truth
    return {
        "ap": segeval.average_precision(a, gt),
        "ap of two kinds": segeval.average_precision(a, gt, iou=KINDS, pool=True),
        "cgf1": segeval.concept_f1(a, gt),
        "comparison": segeval.compare(a, b, gt, resamples=40),
        "comparison of three": segeval.compare(a, b, gt, others=[b[::2]], resamples=40, plan=0.01),
        "errors": segeval.error_kinds(a, gt, per=("category", "size", "confusion")),
        "errors of two kinds": segeval.error_kinds(a, gt, iou=KINDS, ci=True, resamples=40),
        "error differences": error_differences(a, b, gt, per="size", ci=True, resamples=40),
        "operating point": segeval.operating_point(a, gt, calibration=True, resamples=40),
        "oracles": segeval.oracles(a, gt),
        "oracles of two": segeval.oracles([a, b], gt),
        "suspects": suspects_of_files([a, gt]).result,
        "suspects of two": suspects_of_files([a, b, gt]).result,
        "sweep": sweep_max_dets(a, gt, at=[5, 100]),
        "ensemble": segeval.fuse([a, b], fit=segeval.load_ground_truth(gt)),
        "experts": propose_experts(a, gt),
        "rescored": rescore_cooccurrence(a, gt),
        "calibrated": rescore_calibrate(a, gt),
        "part": _part(folder / "all.match"),
        "split": _split(folder),
        "models": list_presets(),
        "anchors": suggest_anchors(gt, k=6),
        "expanded": _expanded(),
        "averaged": _averaged(folder),
        **_label_maps(folder / "maps"),
        **_panoptic(folder),
        "cityscapes": _cityscapes(folder / "cityscapes"),
        "id maps": _id_maps(folder / "idmaps"),
        "open images": _open_images(folder / "openimages"),
    }


def _part(path: Path) -> Result[Any]:
    """A part file."""
    match_part(ROOMS.weaker, ROOMS.ground_truth, path)
    return part_result(path)


def _split(folder: Path) -> Result[Any]:
    """Two parts of a ground truth."""
    (folder / "gt.json").write_bytes(ROOMS.to_json()["gt.json"])
    return split_files(folder / "gt.json", folder=folder / "split", parts={"fit": 0.5, "rest": 0.5})


def _expanded() -> Result[Any]:
    """Copies for the class above."""
    tree = ClassTree.of(
        {"LabelName": "all", "Subcategory": [{"LabelName": "cat", "Subcategory": []}]}
    )
    return expand_parents(
        [{"image_id": "a", "category_id": "cat", "bbox": [0, 0, 9, 9], "score": 0.9}], tree
    )


def _averaged(folder: Path) -> Result[Any]:
    """The mean of two files of weights."""
    paths = [folder / f"{name}.npz" for name in "ab"]
    for place, path in enumerate(paths):
        np.savez(path, weight=np.array([place, 1.0]))
    return average_checkpoints(paths, folder / "mean.npz")


def _label_maps(folder: Path) -> dict[str, Result[Any]]:
    """Label maps of 12 images, and a better model."""
    rng = np.random.default_rng(0)
    for name in ("a", "b", "gt"):
        (folder / name).mkdir(parents=True)
    for place in range(12):
        labels = np.kron(rng.integers(0, 4, (3, 4)), np.ones((8, 8))).astype(np.uint8)
        found = {"gt": labels}
        for name, share in (("a", 0.3), ("b", 0.1)):
            wrong = np.kron(rng.random((6, 8)) < share, np.ones((4, 4))).astype(bool)
            found[name] = np.where(wrong, (labels + 1) % 4, labels).astype(np.uint8)
        for name, own in found.items():
            Image.fromarray(own).save(folder / name / f"{place}.png")
    a, b, gt = (folder / name for name in ("a", "b", "gt"))
    return {
        "miou": segeval.mean_iou(a, gt, classes=4, trimap=[1, 3], boundary_f=0.01),
        "label errors": segeval.label_errors(a, gt, classes=4),
        "label error differences": label_error_differences(
            a, b, gt, classes=4, ci=True, resamples=40
        ),
        "label map ensemble": segeval.fuse_label_maps([a, b], folder / "fused", fit=gt, classes=4),
    }


def _panoptic(folder: Path) -> dict[str, Result[Any]]:
    """One image of three segments, and a model that finds two of them."""
    truth = drawing("aabb", "aacc"), [segment("a", 1), segment("b", 2), segment("c", 7)]
    found = drawing("aabb", "aabb"), [segment("a", 1), segment("b", 2)]
    preds = build(folder / "pq.json", found)
    gt = build(folder / "pq_gt.json", truth, gt=True)
    return {
        "pq": segeval.panoptic_quality(preds, gt),
        "panoptic errors": segeval.panoptic_errors(preds, gt),
        "panoptic error differences": panoptic_error_differences(preds, preds, gt),
    }


def _cityscapes(folder: Path) -> Result[Any]:
    """One image with a car."""
    mask = rectangle((24, 40), 2, 3, 14, 20)
    preds, gt = folder / "preds", folder / "gt"
    for path in (preds, gt):
        path.mkdir(parents=True)
    frame = "ulm_000000_000019"
    labels = np.where(mask, 26001, 7).astype(np.uint16)
    Image.fromarray(labels).save(gt / f"{frame}_gtFine_instanceIds.png")
    write_mask(preds / f"{frame}.png", mask)
    (preds / f"{frame}.txt").write_text(f"{frame}.png 26 0.9")
    return segeval.cityscapes_ap(preds, gt)


def _id_maps(folder: Path) -> Result[Any]:
    """One image with two cells, one of them found."""
    ids = np.zeros((20, 30), np.uint16)
    ids[2:12, 3:13], ids[14:18, 20:28] = 4, 9
    for name, drawn in (("gt", ids), ("preds", np.where(ids == 4, ids, 0))):
        (folder / name).mkdir(parents=True)
        Image.fromarray(drawn).save(folder / name / "a.png")
    return segeval.id_maps_ap(folder / "preds", folder / "gt")


def _open_images(folder: Path) -> Result[Any]:
    """One object of each of two classes, one of them found."""
    scene = Scene().gt(strip(0, 40)).gt(strip(50, 90), "dog").pred(strip(0, 40), 0.9)
    files = scene.write(folder)
    return segeval.open_images_ap(files.pop("preds"), files.pop("gt"), **files)
