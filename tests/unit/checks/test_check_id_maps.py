"""What is wrong with id maps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from segeval import InputError
from segeval.checks import CheckReport, check_id_maps
from segeval.data.id_maps.pieces import pieces

TWO = np.array([[7, 7, 0, 3], [0, 0, 0, 3]])


def save(folder: Path, **maps: NDArray[Any]) -> Path:
    """A folder of maps; "a__b" is the file b.npy of the subfolder a."""
    for name, ids in maps.items():
        path = folder / f"{name.replace('__', '/')}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, ids)
    return folder


def found(report: CheckReport) -> list[tuple[str, str, int]]:
    """Level, code and count of each mistake."""
    return [
        (each.level, each.code, each.count)
        for each in (*report.errors, *report.warnings)
    ]  # fmt: skip


def test_maps_in_order_have_no_findings_and_are_counted(tmp_path: Path) -> None:
    preds, gt = (save(tmp_path / name, one=TWO, two=TWO + 0) for name in ("preds", "gt"))
    report = check_id_maps(preds, gt)
    assert found(report) == []
    assert report.fine == ("files", "id maps", "pieces", "empty maps", "foreground")
    assert report.predictions is not None
    assert (report.predictions.count, report.predictions.images) == (4, 2)
    assert check_id_maps(gt).ground_truth is None


def test_files_of_one_name_in_several_subfolders_go_with_those_of_the_same_path(
    tmp_path: Path,
) -> None:
    wide = np.tile(TWO, (1, 2)) + np.array([0, 0, 0, 0, 10, 10, 0, 10]) * (np.tile(TWO, (1, 2)) > 0)
    preds, gt = (save(tmp_path / name, a__001=TWO, b__001=wide) for name in ("preds", "gt"))
    assert found(check_id_maps(preds, gt)) == []


def test_a_file_without_a_partner_is_an_error(tmp_path: Path) -> None:
    preds, gt = save(tmp_path / "preds", one=TWO), save(tmp_path / "gt", one=TWO, two=TWO)
    [finding] = check_id_maps(preds, gt).errors
    assert finding.kind == "files"
    assert "two" in finding.message


def test_files_without_a_partner_on_either_side_and_mistakes_of_others_are_told_at_once(
    tmp_path: Path,
) -> None:
    preds = save(tmp_path / "preds", one=TWO[:1], two=TWO, extra=TWO)
    gt = save(tmp_path / "gt", one=TWO, two=TWO, three=TWO, four=TWO)
    report = check_id_maps(preds, gt)
    assert found(report) == [("error", "unpaired", 2), ("error", "size-differs", 1)]
    assert report.errors[0].message.endswith(
        f"Only in {preds}: extra.npy. Only in {gt}: four.npy, three.npy."
    )


def test_other_sizes_and_values_that_are_no_ids_are_errors_of_their_files(tmp_path: Path) -> None:
    preds = save(tmp_path / "preds", a=TWO[:1], b=TWO + 0.5, c=TWO[:1])
    gt = save(tmp_path / "gt", a=TWO, b=-TWO, c=TWO)
    report = check_id_maps(preds, gt)
    assert found(report) == [
        ("error", "dtype", 1), ("error", "id-range", 1), ("error", "size-differs", 2),
    ]  # fmt: skip
    assert report.errors[2].message == (
        f"has 1 x 4 pixels, the ground truth {gt / 'a.npy'} 2 x 4. 1 more file like it."
    )


def test_objects_in_pieces_and_empty_maps_are_warnings_with_their_number(tmp_path: Path) -> None:
    split = np.array([[7, 0, 7, 0, 7], [0, 0, 3, 0, 0]])
    folder = save(tmp_path / "gt", a=TWO, b=split, c=split * 0)
    report = check_id_maps(folder)
    assert found(report) == [("warn", "pieces", 1), ("warn", "empty-maps", 1)]
    assert report.warnings[0].message == (
        f"1 object is in several pieces, in 1 map; first {folder / 'b.npy'}: id 7, in 3"
    )
    assert report.warnings[1].message == (
        f"1 map of 3 holds no object, first {folder / 'c.npy'}"
    )  # fmt: skip


def test_files_that_are_not_read_beside_those_of_cellpose_are_told(tmp_path: Path) -> None:
    folder = save(tmp_path / "gt", a_masks=TWO, b_masks=TWO, a=TWO)
    report = check_id_maps(folder)
    assert found(report) == [("warn", "left-out-files", 1)]
    assert report.warnings[0].message.endswith("1 file is not read, as others are *_masks: a.npy")


def test_masks_of_foreground_are_named(tmp_path: Path) -> None:
    ids = (TWO > 0) * 255
    ids[:, 2] = 255
    folder = save(tmp_path / "gt", a=ids, b=ids)
    assert found(check_id_maps(folder)) == [("warn", "one-object", 2)]


def test_a_folder_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no such file or folder"):
        check_id_maps(tmp_path / "nothing")


def flooded(mask: NDArray[np.bool_]) -> int:
    """The pieces of a mask, pixel by pixel."""
    left, number = {*zip(*(each.tolist() for each in np.nonzero(mask)), strict=True)}, 0
    while left:
        number, todo = number + 1, [left.pop()]
        while todo:
            y, x = todo.pop()
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            todo += near
    return number


@pytest.mark.parametrize("seed", range(40))
def test_pieces_are_those_of_a_flood(seed: int) -> None:
    rng = np.random.default_rng(seed)
    ids = rng.choice([0, 0, 2, 9], rng.integers(1, 12, 2)).astype(np.uint16)
    values, number = pieces(ids)
    assert values.tolist() == np.unique(ids[ids > 0]).tolist()
    assert number.tolist() == [flooded(ids == own) for own in values]
