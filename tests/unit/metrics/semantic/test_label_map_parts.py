"""Parts of label maps merge in any order to the numbers and notes of one evaluation."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval import mean_iou
from segeval.errors import FormatError, InputError, MismatchError
from segeval.metrics.parts.files import PartReader, written_part
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts import (
    match_label_maps,
    mean_iou_of_part,
    merge_label_map_parts,
)
from segeval.metrics.semantic.parts.layout import read_part
from tests.unit.metrics.semantic.test_instance_iou import street

PLAIN: dict[str, Any] = {"classes": 5, "ignore": 255}
EVERYTHING: dict[str, Any] = {
    **PLAIN, "trimap": [1, 3], "trimap_void": "edge", "boundary": True, "boundary_px": 2,
    "boundary_f": True,
}  # fmt: skip
SETTINGS: tuple[dict[str, Any], ...] = (
    PLAIN,
    EVERYTHING,
    {**PLAIN, "compat": "detectron2"},
    {"classes": 5, "ignore": "others", "absent": "zero", "trimap": 4, "trimap_total_width": True},
    {"classes": "0=road,3=car,4=sky", "ignore": [1, 2, 255]},
)


def rooms(folder: Path, images: int = 20, *, seed: int = 0) -> tuple[Path, Path]:
    """Boxes of five labels and void, and predictions that are shifted and noisy."""
    rng = np.random.default_rng(seed)
    for place in range(images):
        truth = np.full((16, 21), rng.integers(0, 5), np.uint8)
        for _ in range(6):
            y, x = rng.integers(0, (12, 16))
            truth[y : y + 6, x : x + 7] = rng.choice([0, 1, 2, 3, 255])
        pred = np.roll(truth, 1, 1)
        pred[pred == 255] = 0
        noise = rng.random(pred.shape) < 0.1
        pred[noise] = rng.choice([0, 1, 4, 255], noise.sum())
        for side, labels in (("preds", pred), ("gt", truth)):
            (folder / side).mkdir(exist_ok=True)
            Image.fromarray(labels).save(folder / side / f"{place * 7 % 20:02}.png")
    return folder / "preds", folder / "gt"


def in_parts(
    folder: Path, preds: Any, gt: Any, number: int, *, seed: int = 0, **settings: Any
) -> list[Path]:
    """Part files of contiguous slices of the images, in random order."""
    paths = [folder / f"{place}-of-{number}.match" for place in range(1, number + 1)]
    for place, path in enumerate(paths, 1):
        match_label_maps(preds, gt, path, Arguments(**settings), shard=(place, number))
    random.Random(seed).shuffle(paths)
    return paths


def merged(parts: Sequence[Path], folder: Path) -> Path:
    merge_label_map_parts(parts, folder / "all.match")
    return folder / "all.match"


def assert_same_result(path: Path, preds: Any, gt: Any, **settings: Any) -> None:
    found = mean_iou_of_part(path).to_dict(per_image=True)
    expected = mean_iou(preds, gt, **settings).to_dict(per_image=True)
    for key in ("settings", "notes", "results"):
        assert found[key] == expected[key]


@pytest.mark.parametrize("number", [1, 2, 7, 20])
@pytest.mark.parametrize("settings", SETTINGS)
def test_slices_give_the_result_of_one_run(
    tmp_path: Path, number: int, settings: dict[str, Any]
) -> None:
    preds, gt = rooms(tmp_path)
    parts = in_parts(tmp_path, preds, gt, number, seed=number, **settings)
    assert_same_result(merged(parts, tmp_path), preds, gt, **settings)


@pytest.mark.parametrize("settings", SETTINGS)
def test_parts_that_share_some_images_say_what_one_run_says(
    tmp_path: Path, settings: dict[str, Any]
) -> None:
    preds, gt = rooms(tmp_path)
    parts = [*in_parts(tmp_path, preds, gt, 2, **settings)]
    parts += in_parts(tmp_path, preds, gt, 3, **settings)[:2]
    assert_same_result(merged(parts, tmp_path), preds, gt, **settings)


@pytest.mark.parametrize("classes", ["cityscapes", "cityscapes-train"])
@pytest.mark.parametrize("number", [1, 3, 7])
def test_groups_and_instances_are_those_of_one_run(
    tmp_path: Path, number: int, classes: str
) -> None:
    street(tmp_path, images=7)
    files = tmp_path / "preds", tmp_path / "gt"
    settings: dict[str, Any] = {"classes": classes, "trimap": 2, "boundary": True}
    if classes == "cityscapes-train":
        settings |= {"ignore": "others"}
        for path in (tmp_path / "gt").glob("*_labelIds.png"):
            path.rename(path.with_name(path.name.replace("labelIds", "labelTrainIds")))
    parts = in_parts(tmp_path, *files, number, **settings)
    assert_same_result(merged(parts, tmp_path), *files, **settings)
    assert mean_iou_of_part(tmp_path / "all.match").scores.groups


def test_a_lacking_file_of_instances_holds_for_all_slices(tmp_path: Path) -> None:
    street(tmp_path, images=6)
    (tmp_path / "gt" / "town_000004_000019_gtFine_instanceIds.png").unlink()
    files = tmp_path / "preds", tmp_path / "gt"
    parts = in_parts(tmp_path, *files, 6, classes="cityscapes")
    assert_same_result(merged(parts, tmp_path), *files, classes="cityscapes")
    [note] = [n for n in mean_iou_of_part(tmp_path / "all.match").notes if n.code == "instances"]
    assert note.message == "1 image has no *_instanceIds.png, so there is no iIoU"


def test_any_grouping_gives_the_same_bytes(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path)
    parts = in_parts(tmp_path, preds, gt, 9, **EVERYTHING)
    whole = merged(parts, tmp_path).read_bytes()
    left, right = tmp_path / "left.match", tmp_path / "right.match"
    merge_label_map_parts(parts[:4], left)
    merge_label_map_parts(parts[4:], right)
    assert merged([right, left], tmp_path).read_bytes() == whole


def turned(folder: Path) -> tuple[Path, Path]:
    preds, gt = rooms(folder)
    for path in preds.iterdir():
        Image.fromarray(np.array(Image.open(gt / path.name))[::-1]).save(path)
    return preds, gt


def off_by_one(folder: Path) -> tuple[Path, Path]:
    preds, gt = rooms(folder)
    for path in preds.iterdir():
        truth = np.array(Image.open(gt / path.name))
        Image.fromarray(np.where(truth > 3, truth, truth + 1)).save(path)
    return preds, gt


def blurred(folder: Path) -> tuple[Path, Path]:
    preds, gt = rooms(folder)
    for path in preds.iterdir():
        truth = np.array(Image.open(gt / path.name).resize((84, 64), Image.Resampling.NEAREST))
        truth[truth == 255] = 0
        Image.fromarray(truth).save(gt / path.name)
        small = Image.fromarray(truth[::4, ::4])
        small.resize((84, 64), Image.Resampling.BILINEAR).save(path)
    return preds, gt


def nearly_void(folder: Path) -> tuple[Path, Path]:
    preds, gt = rooms(folder)
    for path in preds.iterdir():
        pixels = np.array(Image.open(path))
        pixels[2:] = 255
        Image.fromarray(pixels).save(path)
    return preds, gt


@pytest.mark.parametrize("make", [turned, off_by_one, blurred, nearly_void])
@pytest.mark.parametrize("number", [1, 4, 20])
def test_causes_that_need_the_pictures_are_told_without_them(
    tmp_path: Path, make: Any, number: int
) -> None:
    preds, gt = make(tmp_path)
    parts = in_parts(tmp_path, preds, gt, number, **PLAIN)
    codes = {note.code for note in mean_iou(preds, gt, **PLAIN).notes}
    wanted = {
        turned: "misplaced-labels", off_by_one: "shifted-labels", blurred: "blended-labels",
        nearly_void: "ignored-predictions",
    }  # fmt: skip
    assert wanted[make] in codes
    assert_same_result(merged(parts, tmp_path), preds, gt, **PLAIN)


def test_label_maps_of_hardly_anything_but_void_are_refused_where_they_are_read(
    tmp_path: Path,
) -> None:
    preds, gt = rooms(tmp_path)
    for path in preds.iterdir():
        Image.fromarray(np.full((16, 21), 255, np.uint8)).save(path)
    with pytest.raises(MismatchError) as expected:
        mean_iou(preds, gt, **PLAIN)
    parts = in_parts(tmp_path, preds, gt, 3, **PLAIN)
    with pytest.raises(MismatchError) as found:
        mean_iou_of_part(merged(parts, tmp_path))
    assert found.value.message == expected.value.message


def test_without_the_first_slice_no_cause_is_made_up(tmp_path: Path) -> None:
    preds, gt = nearly_void(tmp_path)
    match_label_maps(preds, gt, tmp_path / "a.match", Arguments(**PLAIN), shard=(2, 2))
    [note] = [
        n for n in mean_iou_of_part(tmp_path / "a.match").notes if n.code == "ignored-predictions"
    ]
    assert note.message.endswith("predicted as ignored labels and count as misses")


def test_equal_images_of_two_parts_count_once(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path)
    parts = in_parts(tmp_path, preds, gt, 4, **PLAIN)
    match_label_maps(preds, gt, tmp_path / "whole.match", Arguments(**PLAIN))
    [note] = merge_label_map_parts([*parts, tmp_path / "whole.match"], tmp_path / "all.match")
    assert note.message == "20 images are in several parts with equal content"
    assert_same_result(tmp_path / "all.match", preds, gt, **PLAIN)


def test_one_image_with_two_contents_is_refused(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path)
    match_label_maps(preds, gt, tmp_path / "a.match", Arguments(**PLAIN), shard=(1, 2))
    changed = np.array(Image.open(preds / "03.png"))
    changed[0] = 1
    Image.fromarray(changed).save(preds / "03.png")
    match_label_maps(preds, gt, tmp_path / "b.match", Arguments(**PLAIN))
    with pytest.raises(
        MismatchError, match=r"b.match: image '03.png' is also in .*a.match, with other predictions"
    ):
        merge_label_map_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")
    assert not (tmp_path / "all.match").exists()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"classes": 6}, "classes is '6', in .*a.match it is '5'"),
        ({"classes": "0=a,1=b,2=c,3=d,4=e"}, "classes is"),
        ({"ignore": [255, 254]}, r"ignore is \[254, 255\], in .*a.match it is \[255\]"),
        ({"absent": "zero"}, "absent is 'zero'"),
        ({"trimap": 3}, r"trimap is \[3.0\], in .*a.match it is \[\]"),
        ({"boundary": True}, "boundary_ratio is 0.02"),
        ({"boundary_f": 2.0}, "boundary_f is 2.0"),
        ({"compat": "detectron2"}, "absent is 'detectron2'"),
    ],
)
def test_parts_by_other_rules_are_refused(
    tmp_path: Path, settings: dict[str, Any], words: str
) -> None:
    preds, gt = rooms(tmp_path)
    match_label_maps(preds, gt, tmp_path / "a.match", Arguments(**PLAIN), shard=(1, 2))
    other = Arguments(**{**PLAIN, **settings})
    match_label_maps(preds, gt, tmp_path / "b.match", other, shard=(2, 2))
    with pytest.raises(MismatchError, match=f"b.match: {words}"):
        merge_label_map_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_other_names_of_the_same_ids_are_refused(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path)
    listed = tmp_path / "classes.txt"
    for name, names in (("a", "abcde"), ("b", "edcba")):
        listed.write_text("\n".join(f"{place} {each}" for place, each in enumerate(names)))
        own = Arguments(classes=listed, ignore=255)
        match_label_maps(preds, gt, tmp_path / f"{name}.match", own)
    with pytest.raises(MismatchError, match=r"b.match: table of classes is '[0-9a-f]{20}"):
        merge_label_map_parts([tmp_path / "a.match", tmp_path / "b.match"], tmp_path / "all.match")


def test_a_damaged_part_is_refused(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path, images=4)
    path, bad = tmp_path / "a.match", tmp_path / "b.match"
    match_label_maps(preds, gt, path, Arguments(**EVERYTHING))
    data, expected = path.read_bytes(), mean_iou_of_part(path).to_dict()["results"]
    for cut in range(0, len(data), max(len(data) // 60, 1)):
        for damaged in (data[:cut], data[:cut] + bytes([data[cut] ^ 1]) + data[cut + 1 :]):
            bad.write_bytes(damaged)
            try:
                found = mean_iou_of_part(bad).to_dict()["results"]
            except FormatError:
                continue
            assert found == expected  # in what nobody reads


def test_slices_must_exist(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path, images=4)
    path = tmp_path / "a.match"
    for shard in ((0, 2), (3, 2)):
        with pytest.raises(InputError, match=f"`shard` is {shard[0]}/2, expected 1/2 to 2/2"):
            match_label_maps(preds, gt, path, Arguments(**PLAIN), shard=shard)
    with pytest.raises(InputError, match=r"`shard` asks for 9 slices, and .* has only 4 images"):
        match_label_maps(preds, gt, path, Arguments(**PLAIN), shard=(1, 9))


def test_arrays_can_be_counted_in_parts(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    gt = [rng.integers(0, 5, (9, 8), np.uint8) for _ in range(12)]
    preds = [np.where(rng.random(each.shape) < 0.3, 0, each).astype(np.uint8) for each in gt]
    parts = in_parts(tmp_path, preds, gt, 5, classes=5)
    assert_same_result(merged(parts, tmp_path), preds, gt, classes=5)


def test_hashes_of_the_files_are_kept(tmp_path: Path) -> None:
    preds, _ = rooms(tmp_path, images=3)
    match_label_maps(preds, preds, tmp_path / "a.match", Arguments(**PLAIN))
    with PartReader(tmp_path / "a.match") as reader:
        of_preds, of_gt = (reader.array(f"files/{side}_digest") for side in ("preds", "gt"))
        assert reader.header["task"] == "miou"
    assert np.array_equal(of_preds, of_gt)
    assert len(set(of_preds.tolist())) == 3


def tampered(path: Path, **columns: Any) -> None:
    """Write the part anew, with other columns of its statistics and right hashes."""
    part, _ = read_part(path)
    changed: Any = part.tables["statistics"]
    own = replace(changed, **{name: make(getattr(changed, name)) for name, make in columns.items()})
    replace(part, tables={**part.tables, "statistics": own}).write(path, "miou")


@pytest.mark.parametrize(
    ("column", "make"),
    [
        ("category", lambda own: own + 5),
        ("category", lambda own: own[::-1]),
        ("category", lambda own: own.astype(np.int64) - 1),
        ("category", lambda own: own.astype(np.float64)),
        ("pixels", lambda own: own[:, :1]),
        ("pixels", lambda own: own[..., ::-1]),
        ("boundary", lambda own: own[:, ::-1]),
        ("edges", lambda own: own[:, ::-1]),
        ("offsets", lambda own: own[::-1]),
        ("offsets", lambda own: own + 1),
        ("keys", lambda own: own[::-1]),
        ("keys", lambda own: tuple(range(len(own)))),
    ],
)
def test_columns_that_no_label_maps_have_are_refused(
    tmp_path: Path, column: str, make: Any
) -> None:
    path = tmp_path / "a.match"
    match_label_maps(*rooms(tmp_path, 4), path, Arguments(**EVERYTHING))
    if column == "offsets":
        rewritten(path, "statistics/offsets", make)
    else:
        tampered(path, **{column: make})
    with pytest.raises(FormatError, match=r"a.match: is no part .* damaged \((?!digest)"):
        mean_iou_of_part(path)


def rewritten(path: Path, name: str, make: Any) -> None:
    """Write the part anew with another array."""
    with PartReader(path) as reader:
        header = {key: value for key, value in reader.header.items() if key != "schema"}
        arrays = {each: reader.array(each) for each in sorted(reader.names - {"header"})}
    arrays[name] = make(arrays[name])
    with written_part(path, header) as writer:
        for each, array in arrays.items():
            writer.add(each, array)


@pytest.mark.parametrize(
    ("place", "value"),
    [
        (("shared", "settings", "absent"), "else"),
        (("shared", "settings", "trimap"), [3, 1]),
        (("shared", "settings", "trimap"), ["1"]),
        (("shared", "settings", "boundary_px"), -1),
        (("shared", "settings", "boundary_f"), True),
        (("shared", "settings", "instances"), True),
        (("shared", "settings"), {}),
        (("shared", "table_of_classes", "ids"), [0, 1, 2, 3, 3]),
        (("shared", "table_of_classes"), None),
        (("brought", "origins"), []),
        (("brought", "samples"), [{"seen": []}]),
        (("brought",), []),
    ],
)
def test_headers_that_no_run_has_are_refused(
    tmp_path: Path, place: tuple[str, ...], value: Any
) -> None:
    path = tmp_path / "a.match"
    match_label_maps(*rooms(tmp_path, 4), path, Arguments(**EVERYTHING))
    with PartReader(path) as reader:
        header = {key: value for key, value in reader.header.items() if key != "schema"}
        arrays = {each: reader.array(each) for each in sorted(reader.names - {"header"})}
    inner = header
    for name in place[:-1]:
        inner = inner[name]
    inner[place[-1]] = value
    with written_part(path, header) as writer:
        for each, array in arrays.items():
            writer.add(each, array)
    with pytest.raises(FormatError, match=r"a.match: is no part of .* damaged \(header\)"):
        mean_iou_of_part(path)
