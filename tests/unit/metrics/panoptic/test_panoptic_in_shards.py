"""Panoptic images that executors match slice by slice give the result of one evaluation."""

from __future__ import annotations

from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from segeval.errors import InputError
from segeval.metrics.panoptic import panoptic_quality
from segeval.metrics.panoptic.parts import (
    evaluate_panoptic_parts,
    match_panoptic,
    match_panoptic_parts,
)
from tests.unit.metrics.panoptic.test_panoptic_parts import BOTH, scene


def processes() -> Executor:
    return ProcessPoolExecutor(2, get_context("spawn"))


@pytest.mark.parametrize("settings", [{}, BOTH, {"compat": "official"}])
@pytest.mark.parametrize("shards", [None, 1, 3, 64])
def test_threads_give_the_result_of_one_run(
    tmp_path: Path, settings: dict[str, Any], shards: int | None
) -> None:
    files = scene(tmp_path)
    told: list[tuple[int, int]] = []
    found = evaluate_panoptic_parts(
        *files, executor=lambda: ThreadPoolExecutor(3), shards=shards,
        on_progress=lambda *count: told.append(count), **settings,
    )  # fmt: skip
    expected = panoptic_quality(*files, **settings)
    one, other = (each.to_dict(per_image=True) for each in (found, expected))
    for key in ("results", "settings", "notes", "inputs"):
        assert one[key] == other[key]
    assert told[-1][0] == told[-1][1] == len(told)


def test_processes_write_the_part_file_of_one_run(tmp_path: Path) -> None:
    preds, gt = scene(tmp_path)
    folders: dict[str, Any] = {"preds_dir": tmp_path / "preds", "gt_dir": tmp_path / "gt"}
    match_panoptic_parts(
        preds, gt, tmp_path / "a.match", executor=processes, shards=3, **folders, **BOTH
    )
    match_panoptic(preds, gt, tmp_path / "b.match", **BOTH)
    assert (tmp_path / "a.match").read_bytes() == (tmp_path / "b.match").read_bytes()


def test_a_picture_that_is_missing_is_named_and_nothing_written(tmp_path: Path) -> None:
    files = scene(tmp_path)
    gone = sorted((tmp_path / "preds").iterdir())[7]
    gone.unlink()
    before = {each.name for each in tmp_path.iterdir()}
    with pytest.raises(InputError, match=gone.name):
        match_panoptic_parts(*files, tmp_path / "a.match", executor=processes, shards=4)
    assert {each.name for each in tmp_path.iterdir()} == before
