"""Every format of input, as sound files and the call that reads them."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

import segeval
from segeval import (
    average_precision,
    check,
    cityscapes_ap,
    id_maps_ap,
    mean_iou,
    open_images_ap,
    panoptic_quality,
)
from segeval.data import load_ground_truth
from segeval.data.coco.image_list import read_image_list
from segeval.data.label_maps.classes import label_classes
from segeval.data.pictures.photos import read_photo
from segeval.data.saved_results import read_result
from segeval.data.synthetic import furniture
from segeval.ensemble import apply_recipe, to_image
from tests.check_cases import as_lvis, clean_gt, clean_preds
from tests.cityscapes_files import CAR, rectangle, write_frame
from tests.fuzz import drawn_formats
from tests.fuzz.mutations import mutated
from tests.fuzz.part_formats import (
    HEADER,
    MEMBERS,
    PART,
    of_ap,
    of_errors,
    of_label_maps,
    of_panoptic,
)
from tests.open_images_files import Scene, strip
from tests.panoptic_build import build, drawing, segment


@dataclass(frozen=True)
class Format:
    """One format.

    Attributes:
        name: of the format.
        make: writes sound files into an empty folder.
        spoilt: the files among these that are changed, one at a time; patterns stand for any file
            that fits.
        run: reads them; anything but a result or a `SegevalError` is a fault.
    """

    name: str
    make: Callable[[Path], object]
    spoilt: tuple[str, ...]
    run: Callable[[Path], object]

    def spoil(self, folder: Path, seed: int) -> None:
        """Change one file; equal seeds make equal changes."""
        rng = random.Random(f"{self.name} {seed}")
        name = rng.choice(self.spoilt)
        path = rng.choice(sorted(folder.glob(name))) if "*" in name else folder / name
        is_json = path.suffix == ".json"
        path.write_bytes(mutated(path.read_bytes(), rng, is_json=is_json))


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value))


def _gt_with_everything() -> Any:
    """Polygons, run lengths as text and as a list, a crowd, boxes."""
    gt = clean_gt()
    for place, record in enumerate(gt["annotations"]):
        record["bbox"] = [3, 2, 10, 10]
        if place == 0:
            record["segmentation"] = [[3, 2, 13, 2, 13, 12, 3, 12], [4, 3, 6, 3, 6, 5, 4, 5]]
    extra = dict(gt["annotations"][1], id=77, iscrowd=1)
    extra["segmentation"] = {"size": [20, 30], "counts": [62, 10, 528]}
    gt["annotations"].append(extra)
    return gt


def _coco(folder: Path, *, lvis: bool = False) -> None:
    gt, preds = _gt_with_everything(), clean_preds()
    preds[0]["bbox"] = [3, 2, 10, 10]
    preds[1] |= {"segmentation": [[3, 2, 13, 2, 13, 12, 3, 12]]}
    _write_json(folder / "gt.json", as_lvis(gt) if lvis else gt)
    _write_json(folder / "preds.json", preds)
    (folder / "preds.jsonl").write_text("".join(json.dumps(one) + "\n" for one in preds))


def _ap(preds: str, **how: Any) -> Callable[[Path], object]:
    def run(folder: Path) -> None:
        files = folder / preds, folder / "gt.json"
        check(*files)
        result = average_precision(*files, workers=1, **how)
        result.to_dict(per_image=True)
        repr(result)

    return run


def _panoptic(folder: Path) -> None:
    gt = drawing("aabb", "aabb", "bbbb", "bbbb"), [segment("a", 1), segment("b", 7)]
    preds = drawing("aabb", "abbb", "bbbb", "bbbb"), [segment("a", 1), segment("b", 7)]
    build(folder / "gt.json", gt, gt=True)
    build(folder / "preds.json", preds)


def _pq(folder: Path) -> None:
    files = folder / "preds.json", folder / "gt.json"
    check(*files)
    segeval.panoptic_quality(*files, iou=("segm", "boundary"), workers=1).to_dict(per_image=True)


def _label_maps(folder: Path) -> None:
    truth = np.zeros((8, 9), np.uint8)
    truth[2:5, 3:7], truth[6:] = 1, 255
    for side in ("preds", "gt"):
        (folder / side).mkdir()
        Image.fromarray(truth).save(folder / side / "a.png")
        np.save(folder / side / "b.npy", truth)
    (folder / "classes.txt").write_text("0 road\n1 car\n# void\n255 ignored\n")


def _miou(folder: Path) -> None:
    mean_iou(
        folder / "preds", folder / "gt", classes=2, ignore=255, trimap=[1, 3], boundary=True,
        boundary_f=True, workers=1,
    ).to_dict(per_image=True)  # fmt: skip


def _models_of_label_maps(folder: Path) -> None:
    _label_maps(folder)
    (folder / "more").mkdir()
    for name in ("a.png", "b.npy"):
        (folder / "more" / name).write_bytes((folder / "preds" / name).read_bytes())


def _fused_label_maps(folder: Path) -> None:
    segeval.fuse_label_maps(
        [folder / "preds", folder / "more"], folder / "fused", strategy="s003", classes=2,
        ignore=255, fit=folder / "gt", overwrite=True, workers=1,
    ).to_dict()  # fmt: skip


def _classes(folder: Path) -> None:
    found = label_classes(folder / "classes.txt")
    assert len(found.ids) == len(found.names)


def _open_images(folder: Path) -> None:
    scene = Scene().gt(strip(0, 50)).gt(strip(50, 90), "dog").pred(strip(0, 40), 0.9)
    scene.pred(strip(50, 80), 0.5, "dog").label("cat").label("dog", present=0)
    scene.write(folder)
    tree = {"LabelName": "all", "Subcategory": [{"LabelName": "cat"}, {"LabelName": "dog"}]}
    _write_json(folder / "tree.json", tree)


def _oi(folder: Path) -> None:
    open_images_ap(
        folder / "preds.csv", folder / "masks.csv", boxes=folder / "boxes.csv",
        labels=folder / "labels.csv", hierarchy=folder / "tree.json", workers=1,
    ).to_dict()  # fmt: skip


def _cityscapes(folder: Path) -> None:
    labels = np.full((20, 30), 7, np.uint16)
    labels[2:12, 3:13] = 26001
    write_frame(folder, labels, [(rectangle((20, 30), 2, 3, 10, 9), CAR, 0.9)])


def _frames(folder: Path) -> None:
    cityscapes_ap(folder / "preds", folder / "gt", workers=1).to_dict()


def _id_maps(folder: Path) -> None:
    ids = np.zeros((20, 30), np.uint16)
    ids[2:12, 3:13], ids[14:18, 20:28] = 400, 9
    rows = ["image,id,score", "a.png,400,0.5", "a.png,9,0.4", "b.npy,400,1", "b.npy,9,0"]
    rows += [f"{name}#{page},{own},0.5" for name in "cd" for page in (0, 1) for own in (400, 9)]
    (folder / "scores.csv").write_text("\n".join(rows))
    pages = [Image.fromarray(ids), Image.fromarray(ids[::-1].copy())]
    for name in ("preds", "gt"):
        (folder / name).mkdir()
        pages[0].save(folder / name / "a.png")
        np.save(folder / name / "b.npy", ids)
        for file, how in (("c.tif", None), ("d.tiff", "tiff_lzw")):
            path = folder / name / file
            pages[0].save(path, save_all=True, append_images=pages[1:], compression=how)


def _read_id_maps(folder: Path) -> None:
    preds, gt = folder / "preds", folder / "gt"
    id_maps_ap(preds, gt, scores=folder / "scores.csv", workers=1).to_dict()
    panoptic_quality(preds, gt, workers=1).to_dict()


def _photos(folder: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (12, 10, 3), dtype=np.uint8)
    for suffix in ("png", "jpg", "bmp", "webp"):
        Image.fromarray(pixels).save(folder / f"a.{suffix}")


def _photo(folder: Path) -> None:
    for path in sorted(folder.iterdir()):
        read_photo(path)


def _saved(folder: Path) -> None:
    gt = np.array([[0, 1, 1], [0, 0, 1]], np.uint8)
    result = mean_iou([gt], [gt], classes=2, trimap=[1, 2], workers=1)
    _write_json(folder / "result.json", result.to_dict())


def _read_saved(folder: Path) -> None:
    from segeval.plots.trimap import trimap_curve

    found = read_result(folder / "result.json", "segeval/miou/1", "segeval/miou/2")
    trimap_curve(found, "result.json")


def _matches(folder: Path) -> None:
    _coco(folder)
    made = segeval.match(folder / "preds.json", folder / "gt.json", workers=1)
    (folder / "part.match").write_bytes(made.to_bytes())


def _read_matches(folder: Path) -> None:
    found = segeval.Matches.from_bytes((folder / "part.match").read_bytes())
    found.curves()


def _image_list(folder: Path) -> None:
    _coco(folder)


def _read_list(folder: Path) -> None:
    read_image_list(folder / "gt.json")


def _tiles(folder: Path) -> None:
    preds = clean_preds()
    places = [f"{each['image_id']}-{place % 2}" for place, each in enumerate(preds)]
    tiled = [{**each, "image_id": tile} for each, tile in zip(preds, places, strict=True)]
    _write_json(folder / "tiled.json", tiled)
    _write_json(folder / "preds.json", preds)
    _write_json(folder / "gt.json", clean_gt())
    rows = ["tile_id,image_id,x,y,width,height"]
    rows += [f"{tile},{tile[:-2]},{9 * int(tile[-1])},-1,35,45" for tile in sorted(set(places))]
    (folder / "tiles.csv").write_text("\n".join(rows))


def _merge_tiles(folder: Path) -> None:
    segeval.fuse(
        [folder / "tiled.json"], strategy="nms", tiles=folder / "tiles.csv", views="hflip+scale=1.5"
    )


def _map_views(folder: Path) -> None:
    preds = segeval.load_predictions(folder / "preds.json")
    views = ("vflip", None), ("scale=2+factors=1/2/3", None), ("offset=3,-2+hflip", "gt.json")
    for view, images in views:
        with suppress(segeval.SegevalError):
            to_image(preds, view, images=None if images is None else folder / images, workers=1)


def _recipes(folder: Path) -> None:
    """Recipes of a search, and of calibrated scores with weights by category."""
    for name, records in zip(("a.json", "b.json"), (ROOMS.better, ROOMS.weaker), strict=True):
        _write_json(folder / name, records)
    files = [folder / "a.json", folder / "b.json"]
    for name, how in (
        ("search.json", {"strategy": "search", "max_evals": 2}),
        ("modern.json", {"strategy": "modern"}),
    ):  # fmt: skip
        found = segeval.fuse(files, fit=load_ground_truth(ROOMS.ground_truth), workers=1, **how)
        found.save_recipe(folder / name)


def _apply_recipes(folder: Path) -> None:
    for name in ("search.json", "modern.json"):
        apply_recipe([folder / "a.json", folder / "b.json"], folder / name, workers=1)


ROOMS = furniture(images=4)

PARTS = {
    "ap": of_ap(_coco),
    "errors": of_errors(_coco),
    "miou": of_label_maps(_label_maps),
    "pq": of_panoptic(_panoptic),
}

PLAIN = (
    Format("coco-predictions", _coco, ("preds.json",), _ap("preds.json", iou=("segm", "bbox"))),
    Format("coco-lines", _coco, ("preds.jsonl",), _ap("preds.jsonl")),
    Format("coco-ground-truth", _coco, ("gt.json",), _ap("preds.json", iou=("segm", "boundary"))),
    Format(
        "lvis",
        lambda folder: _coco(folder, lvis=True),
        ("gt.json", "preds.json"),
        _ap("preds.json", protocol="lvis"),
    ),
    Format("panoptic-json", _panoptic, ("gt.json", "preds.json"), _pq),
    Format("panoptic-png", _panoptic, ("gt/1.png", "preds/1.png"), _pq),
    Format("label-maps", _label_maps, ("preds/a.png", "gt/a.png"), _miou),
    Format("npy", _label_maps, ("preds/b.npy", "gt/b.npy"), _miou),
    Format(
        "fused-label-maps",
        _models_of_label_maps,
        ("preds/a.png", "more/a.png", "more/b.npy", "gt/a.png"),
        _fused_label_maps,
    ),
    Format("classes", _label_maps, ("classes.txt",), _classes),
    Format("open-images", _open_images, ("preds.csv", "masks.csv", "boxes.csv", "labels.csv"), _oi),
    Format("hierarchy", _open_images, ("tree.json",), _oi),
    Format("cityscapes-list", _cityscapes, ("preds/ulm_000000_000019.txt",), _frames),
    Format(
        "cityscapes-png",
        _cityscapes,
        ("preds/ulm_000000_000019_0.png", "gt/ulm_000000_000019_gtFine_instanceIds.png"),
        _frames,
    ),
    Format(
        "id-maps",
        _id_maps,
        ("preds/a.png", "gt/b.npy", "preds/c.tif", "gt/d.tiff", "scores.csv"),
        _read_id_maps,
    ),
    Format("photos", _photos, ("a.png", "a.jpg", "a.bmp", "a.webp"), _photo),
    Format("saved-results", _saved, ("result.json",), _read_saved),
    Format("matches", _matches, ("part.match",), _read_matches),
    Format("image-list", _image_list, ("gt.json",), _read_list),
    Format("tiles", _tiles, ("tiles.csv", "tiled.json"), _merge_tiles),
    Format(
        "yolo",
        drawn_formats.yolo,
        ("labels/a.txt", "preds/a.txt", "data.yaml", "images/a.png"),
        drawn_formats.read_yolo,
    ),
    Format("cvat", drawn_formats.cvat, ("annotations.xml",), drawn_formats.read_cvat),
    Format(
        "voc",
        drawn_formats.voc,
        ("boxes/Annotations/a.xml", "masks/*/a.png"),
        drawn_formats.read_voc,
    ),
    Format("labelme", drawn_formats.labelme, ("labels/a.json",), drawn_formats.read_labelme),
    Format("recipes", _recipes, ("search.json", "modern.json"), _apply_recipes),
    Format("views", _tiles, ("preds.json", "gt.json"), _map_views),
    *(
        Format(f"part-{task}", each.make_file, (PART,), each.run_file)
        for task, each in PARTS.items()
    ),
    *(
        Format(
            f"part-{task}-members",
            each.make_members,
            (f"{MEMBERS}/{HEADER}", f"{MEMBERS}/**/*.npy"),
            each.run_members,
        )
        for task, each in PARTS.items()
    ),
)
"""Formats that need no PyTorch."""


@cache
def formats() -> dict[str, Format]:
    """Every format by its name; those of models where PyTorch is there."""
    found = {each.name: each for each in PLAIN}
    try:
        from tests.fuzz.model_formats import OF_MODELS
    except ImportError:
        return found
    return found | {each.name: each for each in OF_MODELS}
