"""Size buckets by the part of its image that an object covers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import segeval
from segeval.analysis import count_sizes
from segeval.errors import FormatError, InputError
from segeval.metrics import SizeBucket, buckets
from segeval.metrics.coco.tables import size_table
from segeval.plots.size_scores import size_dots, size_rows
from tests.build import build_gt, build_masks, build_preds
from tests.loop_batches import batch_items, updated
from tests.parity.scenes import clean_pair

PARTS = "relative:0.01,0.1"
MIXED = [SizeBucket("thumbnail", 0, 64), *buckets(PARTS)]


def square(side: int, height: int, width: int) -> np.ndarray[Any, Any]:
    mask = np.zeros((height, width), np.uint8)
    mask[:side, :side] = 1
    return mask


# in 100 x 100 pixels sides are 0.81 %, exactly 1 % and 16 %, in 10 x 20 pixels 0.5 % and 8 %
SIDES = [(1, 9), (1, 10), (1, 40), (2, 1), (2, 4)]
SHAPES = {1: (100, 100), 2: (10, 20)}


def pair(*, found: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Every object in its own category, and the first ones predicted exactly."""
    records: list[dict[str, Any]] = [
        {"image_id": image, "category_id": number, "mask": square(side, *SHAPES[image])}
        for number, (image, side) in enumerate(SIDES, 1)
    ]
    return build_preds(records[:found]), build_gt(list(SHAPES.values()), records)


def test_an_object_counts_by_its_part_of_its_image_both_ends_inclusive() -> None:
    preds, gt = pair(found=2)
    sizes = segeval.average_precision(preds, gt, sizes=PARTS).first.sizes
    # small: 0.81 %, 1 % and 0.5 %; medium: 1 % and 8 %; large: 16 %
    assert [(own.name, own.gt) for own in sizes] == [("small", 3), ("medium", 2), ("large", 1)]
    assert [own.ap for own in sizes] == pytest.approx([2 / 3, 1 / 2, 0.0])


def test_a_share_that_is_an_edge_in_decimals_is_on_the_edge() -> None:
    gt = build_gt([(10, 10)], [{"mask": square(1, 10, 10), "area": 7.0}])  # 0.07 * 100 > 7
    found = segeval.average_precision([], gt, sizes="relative:0.07").first.sizes
    assert [own.gt for own in found] == [1, 1]


@pytest.mark.parametrize("iou", ["segm", "boundary", "bbox"])
@pytest.mark.parametrize("seed", range(4))
def test_in_images_of_one_size_parts_are_areas(seed: int, iou: str) -> None:
    preds, gt = same_images(seed)
    pixels = segeval.average_precision(preds, gt, iou=iou, sizes="area:64,400")
    relative = segeval.average_precision(preds, gt, iou=iou, sizes="relative:0.04,0.25")
    assert [own.gt for own in pixels.first.sizes] == [own.gt for own in relative.first.sizes]
    assert relative.first.means() == pixels.first.means()
    assert 0 < (pixels.first.overall.ap or 0) < 1


def same_images(seed: int) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Masks in images of 40 x 40, each predicted with a row less."""
    masks = [each for each in build_masks(24, 40, 40, seed=seed) if each.any()]
    records: list[dict[str, Any]] = [
        {"image_id": 1 + place % 3, "category_id": 1 + place % 2, "mask": mask}
        for place, mask in enumerate(masks)
    ]
    gt = build_gt([(40, 40)] * 3, records)
    for place, record in enumerate(records):
        thinner = record["mask"].copy()
        thinner[thinner.any(axis=1).argmax()] = 0
        record |= {"mask": thinner, "score": (7 * place % len(records)) / len(records)}
    return build_preds(records), gt


def test_oracles_put_predictions_into_the_same_buckets() -> None:
    preds, gt = pair(found=5)
    found = segeval.oracles(preds, gt, sizes=PARTS).to_dict()["results"]["segm"]
    [model] = found["models"]
    assert {name: own["gt"] for name, own in model["sizes"].items()} == {
        "small": 3, "medium": 2, "large": 1,
    }  # fmt: skip
    alone = segeval.average_precision(preds, gt, sizes=PARTS).first.sizes
    assert [own["ap"] for own in model["sizes"].values()] == [own.ap for own in alone]


def test_parts_of_the_images_merge_and_come_back_from_bytes() -> None:
    preds, gt = pair(found=3)
    whole = segeval.match(preds, gt, sizes=PARTS)
    parts = [segeval.match(preds, gt, sizes=PARTS, images=[image]) for image in (2, 1)]
    merged = segeval.Matches.merge([segeval.Matches.from_bytes(own.to_bytes()) for own in parts])
    assert merged.buckets == whole.buckets
    for name in ("small", "medium", "large"):
        assert merged.curves(name).ap() == whole.curves(name).ap()


def test_a_loop_gives_the_numbers_of_files() -> None:
    preds, gt = pair(found=3)
    metric = segeval.Metric(gt["categories"], sizes=PARTS, box_format="xywh")
    found = updated(metric, batch_items(preds, gt)).compute()
    assert found.first.means() == segeval.average_precision(preds, gt, sizes=PARTS).first.means()


def test_tables_show_percent_of_the_image_and_json_says_what_ends_are() -> None:
    preds, gt = pair(found=5)
    result = segeval.average_precision(preds, gt, sizes=PARTS)
    table = size_table(result)
    assert table.fields[1].title == "% of image"
    assert [row[1] for row in table.rows] == ["0 - 100", "0 - 1", "1 - 10", "10 - 100"]
    assert [field.key for field in table.fields[:3]] == ["size", "area_percent", "gt"]
    document = result.to_dict()
    medium = {"min_area": 0.01, "max_area": 0.1, "relative": True}
    assert document["settings"]["sizes"][1] == {"name": "medium", **medium}
    assert medium.items() <= document["results"]["segm"]["sizes"]["medium"].items()


def test_lvis_names_its_groups_of_categories_in_the_column_of_percent() -> None:
    preds, gt = clean_pair(0, lvis=True)
    table = size_table(segeval.average_precision(preds, gt, sizes=PARTS))
    rare = next(row for row in table.rows if row[0] == "rare")
    assert "categor" in str(rare[1])


def test_the_data_of_a_figure_and_errors_by_size_say_what_ends_are() -> None:
    preds, gt = pair(found=2)
    rows = size_rows(size_dots(segeval.average_precision(preds, gt, sizes=PARTS)))
    assert rows[0][:5] == ("iou", "size", "min_area", "max_area", "relative")
    assert [row[4] for row in rows[1:]] == ["false", "true", "true", "true"]
    plain = size_rows(size_dots(segeval.average_precision(preds, gt)))
    assert "relative" not in plain[0]
    errors = segeval.error_kinds(preds, gt, per="size", sizes=PARTS).to_dict()
    assert errors["results"]["segm"]["sizes"]["small"]["relative"] is True


def test_a_report_shows_percent_of_the_image() -> None:
    preds, gt = pair(found=2)
    page = segeval.report(preds, gt, sizes=PARTS).html
    assert "area in % of image" in page
    assert "<td>1 to 10</td>" in page.replace(' class="text"', "")


def test_ends_of_different_units_have_them_beside() -> None:
    preds, gt = pair(found=5)
    table = size_table(segeval.average_precision(preds, gt, sizes=MIXED))
    assert table.fields[1].title == "area"
    assert [row[1] for row in table.rows][:3] == [
        "0 - inf px2", "0 - 8^2 px2", "0 - 1 % of image",
    ]  # fmt: skip


def test_an_image_without_a_size_is_named() -> None:
    preds, gt = pair(found=0)
    del gt["images"][1]["width"]
    how: dict[str, Any] = {"iou": "bbox", "area_from": "bbox"}
    assert segeval.average_precision(preds, gt, **how).first.overall.gt == 5
    with pytest.raises(FormatError) as caught:
        segeval.average_precision(preds, gt, sizes=PARTS, **how)
    assert caught.value.message == (
        "ground truth: image 2 has no width: write width and height. Size buckets relative to the "
        "image need it."
    )


@pytest.mark.parametrize("compat", ["official", "pycocotools"])
def test_the_official_packages_know_no_parts_of_images(compat: str) -> None:
    with pytest.raises(InputError, match="`sizes` relative to the image do not go with `compat`"):
        segeval.average_precision(*pair(found=1), sizes=PARTS, compat=compat)


def test_a_histogram_of_sides_refuses_parts_of_images() -> None:
    with pytest.raises(InputError, match="relative to the image have no side in pixels"):
        count_sizes({"gt": np.array([4.0])}, buckets=buckets(PARTS))
