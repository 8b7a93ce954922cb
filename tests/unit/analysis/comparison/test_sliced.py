"""Results of parts of the images are those of files that hold no other images."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import segeval
from segeval.analysis.comparison.own_slices import slice_numbers
from segeval.analysis.comparison.slice_tables import slice_rows
from segeval.errors import InputError
from segeval.metrics.coco.parts import ap_of_part, match_part
from tests.build import build_gt, build_preds
from tests.cityscapes_files import rectangle, write_mask
from tests.open_images_files import BOX_PREDS, write_csv
from tests.parity.scenes import clean_pair
from tests.unit.analysis.comparison.test_label_map_numbers import EVERYTHING, maps_of


def square(left: int) -> np.ndarray[Any, Any]:
    mask = np.zeros((20, 20), np.uint8)
    mask[4:12, left : left + 8] = 1
    return mask


def by_hand() -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rain in images 1 and 3, where one of two objects is found; sun in 2, where it is."""
    gt = build_gt([(20, 20)] * 4, [{"image_id": own, "mask": square(4)} for own in (1, 2, 3)])
    for image, weather in zip(gt["images"], ("rain", "sun", "rain"), strict=False):
        image["weather"] = weather
    found = [{"image_id": own, "mask": square(4), "score": own / 10} for own in (1, 2)]
    return build_preds([*found, {"image_id": 3, "mask": square(12), "score": 0.05}]), gt


def test_each_value_of_a_field_has_the_numbers_of_its_images() -> None:
    preds, gt = by_hand()
    result = segeval.average_precision(preds, gt, thresholds=0.5)
    rain, sun = result.sliced("weather", gt=gt).values()
    # rain: one of two objects at precision 1: 51 of 101 recall points
    assert rain.ap == pytest.approx(51 / 101)
    assert (rain.ar, sun.ap) == (0.5, pytest.approx(1.0))
    assert (rain.settings["slice"], rain.inputs["gt"]["images"]) == ("rain", 2)
    assert (rain.first.overall.gt, sun.first.overall.gt) == (2, 1)


def test_the_table_counts_images_and_says_how_many_are_in_no_slice() -> None:
    preds, gt = by_hand()
    found = slice_rows(segeval.average_precision(preds, gt), "weather", gt=gt)
    table = found.table()
    keys = ["slice", "images", "gt", "ap", "ap50", "ap75", "ar"]
    assert [field.key for field in table.fields] == keys
    assert [row[:3] for row in table.rows] == [("rain", 2, 2), ("sun", 1, 1)]
    [note] = found.notes
    assert note.message == "1 image has no label and is in no slice"


def test_json_has_slices_beside_the_numbers_of_every_kind() -> None:
    preds, gt = by_hand()
    result = segeval.average_precision(preds, gt, iou=["segm", "bbox"])
    document = slice_rows(result, "weather", gt=gt).into(result.to_dict())
    assert document["settings"]["slices"] == "weather"
    for kind in ("segm", "bbox"):
        rain, sun = document["results"][kind]["slices"]
        assert (rain["name"], rain["images"], rain["gt"], rain["preds"]) == ("rain", 2, 2, 2)
        assert set(sun) == {
            "name", "images", "ap", "ap50", "ap75", "ar", "gt", "preds", "ar_by_max_dets",
        }  # fmt: skip


def filtered(
    preds: Sequence[dict[str, Any]], gt: dict[str, Any], ids: set[int]
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Both files without other images."""
    records = [each for each in gt["annotations"] if each["image_id"] in ids]
    images = [each for each in gt["images"] if each["id"] in ids]
    own = [each for each in preds if each["image_id"] in ids]
    return own, {**gt, "images": images, "annotations": records}


@pytest.mark.parametrize(
    "how",
    [
        {"iou": ["segm", "boundary", "bbox"]},
        {"protocol": "coco", "pool": True, "sizes": "relative:0.01,0.1", "max_dets": [1, 2]},
        {"protocol": "lvis", "pool": True, "max_dets": 6},
        {"protocol": "lvis-fixed", "max_dets": 3},
    ],
)
@pytest.mark.parametrize("seed", range(4))
def test_ap_of_a_slice_is_that_of_filtered_files_to_the_bit(how: Any, seed: int) -> None:
    preds, gt = clean_pair(seed, lvis=str(how.get("protocol")).startswith("lvis"))
    labels = {each["id"]: "ab"[place % 2] for place, each in enumerate(gt["images"])}
    found = segeval.average_precision(preds, gt, **how).sliced(labels)
    for name, part in found.items():
        ids = {own for own, label in labels.items() if label == name}
        alone = segeval.average_precision(*filtered(preds, gt, ids), **how)
        assert part.to_dict()["results"] == alone.to_dict()["results"]


def test_quantiles_stay_those_of_all_images() -> None:
    preds, gt = clean_pair(1, lvis=False)
    labels = {each["id"]: "ab"[place % 2] for place, each in enumerate(gt["images"])}
    result = segeval.average_precision(preds, gt, sizes="quantiles:3")
    for part in result.sliced(labels).values():
        assert part.settings["sizes"] == result.settings["sizes"]


def test_a_part_file_has_slices_by_a_table(tmp_path: Path) -> None:
    preds, gt = clean_pair(2, lvis=False)
    labels = {each["id"]: "ab"[place % 2] for place, each in enumerate(gt["images"])}
    table = tmp_path / "labels.csv"
    table.write_text("image,label\n" + "".join(f"{k},{v}\n" for k, v in labels.items()))
    match_part(preds, gt, tmp_path / "all.match")
    whole = segeval.average_precision(preds, gt).sliced(labels)
    found = ap_of_part(tmp_path / "all.match").sliced(table)
    assert [part.to_dict()["results"] for part in found.values()] == [
        part.to_dict()["results"] for part in whole.values()
    ]


def test_label_maps_of_a_slice_are_those_of_its_files_to_the_bit(tmp_path: Path) -> None:
    a, _, gt = maps_of(tmp_path)
    labels = {f"town_{number:02}.png": ("sun", "rain")[number % 2] for number in range(12)}
    result = segeval.mean_iou(a, gt, **EVERYTHING)
    found = result.sliced(labels)
    for name, part in found.items():
        own = [path for path in sorted(gt.iterdir()) if labels[path.name] == name]
        alone = segeval.mean_iou([a / path.name for path in own], own, **EVERYTHING)
        assert part.to_dict()["results"] == alone.to_dict()["results"]
    shown = slice_rows(result, labels)
    assert [row[:2] for row in shown.table().rows] == [("rain", 6), ("sun", 6)]
    rain = shown.into(result.to_dict())["results"]["slices"][0]
    assert (rain["name"], rain["images"], rain["miou"]) == ("rain", 6, found["rain"].miou)
    assert rain["boundary"]["miou"] == found["rain"].scores.boundary.miou
    assert not {"categories", "trimap"} & set(rain)


def test_panoptic_quality_of_a_slice_is_that_of_its_images_to_the_bit(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    maps = rng.integers(1, 4, (8, 6, 4, 4)).repeat(5, axis=2).repeat(5, axis=3)
    images = {"preds": maps[:, 0], "gt": maps[:, 0].copy()}
    images["gt"][:, 3:12, 2:9] = 2

    def write(ids: Sequence[int], folder: Path) -> list[Path]:
        categories = [{"id": k, "name": f"kind {k}", "isthing": k % 2} for k in (1, 2, 3)]
        for name, pictures in images.items():
            (folder / name).mkdir(parents=True)
            listed = []
            for own in ids:
                picture = np.zeros((20, 20, 3), np.uint8)
                picture[..., 0] = pictures[own]
                Image.fromarray(picture).save(folder / name / f"{own}.png")
                segments = [
                    {
                        "id": k,
                        "category_id": k,
                        "iscrowd": 0,
                        "area": int((pictures[own] == k).sum()),
                    }
                    for k in np.unique(pictures[own]).tolist()
                ]
                listed.append(
                    {"image_id": own, "file_name": f"{own}.png", "segments_info": segments}
                )
            document = {"annotations": listed, "categories": categories}
            (folder / f"{name}.json").write_text(json.dumps(document))
        return [folder / "preds.json", folder / "gt.json"]

    kinds = ("segm", "boundary")
    whole = segeval.panoptic_quality(*write(range(8), tmp_path / "all"), iou=kinds)
    found = whole.sliced({own: "few" if own < 3 else "many" for own in range(8)})
    few = segeval.panoptic_quality(*write(range(3), tmp_path / "few"), iou=kinds)
    many = segeval.panoptic_quality(*write(range(3, 8), tmp_path / "many"), iou=kinds)
    assert found["few"].to_dict()["results"] == few.to_dict()["results"]
    assert found["many"].to_dict()["results"] == many.to_dict()["results"]
    table = slice_rows(whole, {0: "x"}).table()
    assert [field.title for field in table.fields] == [
        "slice", "images", "PQ", "SQ", "RQ", "boundary PQ", "boundary SQ", "boundary RQ",
    ]  # fmt: skip


def test_instances_of_cityscapes_have_slices_of_both_protocols(tmp_path: Path) -> None:
    names = [f"ulm_{place:06}_000019" for place in range(6)]
    for side in ("gt", "preds"):
        (tmp_path / side).mkdir()
    for place, frame in enumerate(names):
        labels = np.where(rectangle((24, 40), 4, 4, 14, 20), 26001, 7).astype(np.uint16)
        Image.fromarray(labels).save(tmp_path / "gt" / f"{frame}_gtFine_instanceIds.png")
        moved = rectangle((24, 40), 4 + place % 4, 4, 14, 20)
        write_mask(tmp_path / "preds" / f"{frame}.png", moved)
        (tmp_path / "preds" / f"{frame}.txt").write_text(f"{frame}.png 26 0.{place + 1}")
    result = segeval.cityscapes_ap(tmp_path / "preds", tmp_path / "gt", coco_style=True)
    found = result.sliced(dict.fromkeys(names[:4], "first"))
    shutil.copytree(tmp_path / "gt", tmp_path / "less")
    shutil.copytree(tmp_path / "preds", tmp_path / "fewer")
    for name in names[4:]:
        (tmp_path / "less" / f"{name}_gtFine_instanceIds.png").unlink()
        (tmp_path / "fewer" / f"{name}.txt").unlink()
    alone = segeval.cityscapes_ap(tmp_path / "fewer", tmp_path / "less", coco_style=True)
    assert found["first"].to_dict()["results"] == alone.to_dict()["results"]
    assert [row[:3] for row in slice_rows(result, {names[0]: "x"}).table().rows] == [("x", 1, 1)]


def test_open_images_has_slices_of_every_kind(tmp_path: Path) -> None:
    header = ("ImageID", "LabelName", "XMin", "XMax", "YMin", "YMax", "IsGroupOf")
    ids = [f"{place:016x}" for place in range(6)]
    rows = [(own, "cat", 0.1, 0.5, 0.1, 0.5, 0) for own in ids]
    scored = [
        (own, "cat", place / 7, 0.1, 0.5 - 0.06 * place, 0.1, 0.5) for place, own in enumerate(ids)
    ]
    preds = write_csv(tmp_path / "preds.csv", BOX_PREDS, scored)
    gt = write_csv(tmp_path / "gt.csv", header, rows)
    result = segeval.open_images_ap(preds, gt, iou="bbox")
    found = result.sliced(dict.fromkeys(ids[:4], "first"))
    alone = segeval.open_images_ap(
        write_csv(tmp_path / "fewer.csv", BOX_PREDS, scored[:4]),
        write_csv(tmp_path / "less.csv", header, rows[:4]),
        iou="bbox",
    )
    assert found["first"].to_dict()["results"] == alone.to_dict()["results"]
    assert slice_rows(result, {ids[0]: "x"}).table().rows == (("x", 1, 1.0, 1, 0, 1),)


def test_intervals_stand_beside_the_numbers_of_slices() -> None:
    preds, gt = clean_pair(5, lvis=False)
    labels = {each["id"]: "all" for each in gt["images"]}
    result = segeval.average_precision(preds, gt)
    found = slice_rows(result, labels, resamples=20)
    [own] = found.into(result.to_dict())["results"]["segm"]["slices"]
    [known] = slice_numbers(result, labels, resamples=20)
    assert own["ap"] == result.ap
    ends = known.intervals["segm", "ap"]
    assert own["intervals"]["ap"] == (None if ends is None else [*ends])


def test_a_field_is_read_from_the_file_that_was_evaluated(tmp_path: Path) -> None:
    preds, gt = by_hand()
    path = tmp_path / "gt.json"
    path.write_text(json.dumps(gt))
    assert list(segeval.average_precision(preds, path).sliced("weather")) == ["rain", "sun"]
    with pytest.raises(InputError, match="`slices` is 'weather', but this ground truth has no"):
        segeval.average_precision(preds, gt).sliced("weather")
