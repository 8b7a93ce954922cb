"""Panoptic files whose ids are text, as those of Cityscapes and ADE20K."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval.checks.search import check
from segeval.data.panoptic.instances import panoptic_to_instances
from segeval.data.panoptic.read import load_panoptic
from segeval.errors import InputError, MismatchError
from segeval.metrics.panoptic import PanopticStatistics, panoptic_quality
from segeval.metrics.panoptic.per_image import image_qualities
from tests.panoptic_build import build, drawing, segment

NAMES = ("town_000001_000019", "town_000000_000019")


def named(path: Path, names: tuple[Any, ...] = NAMES, **fields: Any) -> Path:
    """The file with other image ids, in order."""
    data = json.loads(path.read_text())
    for annotation, name in zip(data["annotations"], names, strict=True):
        annotation["image_id"] = name
    path.write_text(json.dumps({**data, **fields}))
    return path


def two_files(folder: Path, preds: tuple[Any, ...] = NAMES, gt: tuple[Any, ...] = NAMES) -> Any:
    """Two images; of the first half is found, the second is found as a whole."""
    cat, sky = [segment("a", 1)], [segment("b", 7)]
    first, second = drawing("aaaa", "...."), drawing("bbbb", "bbbb")
    found = drawing("aaa.", "....")
    return (
        named(build(folder / "preds.json", (found, cat), (second, sky)), preds),
        named(build(folder / "gt.json", (first, cat), (second, sky), gt=True), gt),
    )


def test_text_in_both_files_is_scored_and_shown(tmp_path: Path) -> None:
    preds, gt = two_files(tmp_path)
    result = panoptic_quality(preds, gt)
    assert result.pq == pytest.approx((0.75 + 1) / 2)
    assert [(image.id, image.pq) for image in image_qualities(result.statistics["segm"])] == [
        ("town_000000_000019", 1.0),
        ("town_000001_000019", 0.75),
    ]
    assert not check(preds, gt).errors


def test_the_order_of_the_images_in_the_two_files_does_not_matter(tmp_path: Path) -> None:
    preds, gt = two_files(tmp_path)
    data = json.loads(preds.read_text())
    preds.write_text(json.dumps({"annotations": data["annotations"][::-1]}))
    assert panoptic_quality(preds, gt).pq == pytest.approx((0.75 + 1) / 2)


def test_statistics_of_parts_merge_by_text(tmp_path: Path) -> None:
    preds, gt = two_files(tmp_path)
    whole = panoptic_quality(preds, gt).statistics["segm"]
    parts = []
    for place in (0, 1):
        for path in (preds, gt):
            data = json.loads(path.read_text())
            one = path.with_name(f"{place}{path.name}")
            one.write_text(json.dumps({**data, "annotations": [data["annotations"][place]]}))
        parts.append(
            panoptic_quality(
                tmp_path / f"{place}preds.json",
                tmp_path / f"{place}gt.json",
                preds_dir=tmp_path / "preds",
                gt_dir=tmp_path / "gt",
            ).statistics["segm"]
        )
    merged = PanopticStatistics.merge(parts)
    assert merged.image_ids == whole.image_ids == sorted(NAMES)
    assert merged.iou_units.tolist() == whole.iou_units.tolist()


def test_parts_with_text_and_with_numbers_are_refused(tmp_path: Path) -> None:
    first = panoptic_quality(*two_files(tmp_path)).statistics["segm"]
    second = panoptic_quality(*two_files(tmp_path, (1, 2), (1, 2))).statistics["segm"]
    with pytest.raises(MismatchError, match="ids of images are text in one part and numbers in"):
        PanopticStatistics.merge([first, second])


def test_instances_keep_the_text(tmp_path: Path) -> None:
    _, gt = two_files(tmp_path)
    found = panoptic_to_instances(load_panoptic(gt))
    assert found.to_dict()["image_id"].tolist() == [NAMES[0]]
    assert found.images.written_ids == list(NAMES)


@pytest.mark.parametrize(
    ("preds", "gt", "message"),
    [
        (
            NAMES,
            (1, 2),
            (
                'annotation #0: image_id is text ("town_000001_000019"), but GT has numbers for '
                "its 2 "
                "images, such as 1, 2. 1 more like it. Write the ids of GT."
            ),
        ),
        (
            ("1.png", "2.png"),
            (1, 2),
            (
                'annotation #0: image_id is text ("1.png"), but GT has numbers for its 2 '
                "images, such "
                'as 1, 2. 1 more like it. "1.png" is the file name of image 1: write its id.'
            ),
        ),
        (
            (1, 2),
            NAMES,
            (
                "annotation #0: image_id is a number (1), but GT has text for its 2 images, "
                "such as "
                '"town_000001_000019", "town_000000_000019". 1 more like it. Write the ids of GT.'
            ),
        ),
        (
            (NAMES[0], "x"),
            NAMES,
            (
                'has no prediction for image_id "town_000000_000019" of GT. Every image needs one; '
                "without segments its segments_info is empty."
            ),
        ),
    ],
)
def test_ids_that_do_not_fit_are_told_from_both_files(
    preds: tuple[Any, ...], gt: tuple[Any, ...], message: str, tmp_path: Path
) -> None:
    files = two_files(tmp_path, preds, gt)
    with pytest.raises(InputError) as error:
        panoptic_quality(*files)
    found = error.value.message.replace(str(files[1]), "GT")
    assert found.removeprefix(f"{files[0]}: ") == message
    assert check(*files).errors[0].refusal().message == error.value.message


def test_ids_of_segments_are_still_colours(tmp_path: Path) -> None:
    preds, gt = two_files(tmp_path)
    data = json.loads(gt.read_text())
    data["annotations"][0]["segments_info"][0]["id"] = "a"
    gt.write_text(json.dumps(data))
    with pytest.raises(
        InputError, match='id is "a", expected a whole number from 1 to 16777215; 0 is void'
    ):
        panoptic_quality(preds, gt)
    data["annotations"][0]["segments_info"][0]["id"] = 1
    gt.write_text(json.dumps({**data, "images": [{"id": None}]}))
    with pytest.raises(InputError, match=r"image #0: id is null, expected a whole number\.$"):
        panoptic_quality(preds, gt)
