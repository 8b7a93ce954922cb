"""Label maps that executors count slice by slice give the result of one evaluation."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from segeval import mean_iou
from segeval.errors import FormatError, InputError
from segeval.metrics.semantic.arguments import Arguments
from segeval.metrics.semantic.parts import (
    evaluate_label_map_parts,
    match_label_map_parts,
    match_label_maps,
)
from tests.unit.metrics.semantic.test_label_map_parts import EVERYTHING, PLAIN, rooms


def processes() -> Executor:
    return ProcessPoolExecutor(2, get_context("spawn"))


@pytest.mark.parametrize("settings", [PLAIN, EVERYTHING])
@pytest.mark.parametrize("shards", [None, 1, 3, 64])
def test_threads_give_the_result_of_one_run(
    tmp_path: Path, settings: dict[str, Any], shards: int | None
) -> None:
    files = rooms(tmp_path)
    told: list[tuple[int, int]] = []
    found = evaluate_label_map_parts(
        *files, Arguments(**settings), executor=lambda: ThreadPoolExecutor(3), shards=shards,
        on_progress=lambda *count: told.append(count),
    )  # fmt: skip
    one, other = (each.to_dict(per_image=True) for each in (found, mean_iou(*files, **settings)))
    for key in ("results", "settings", "notes", "inputs"):
        assert one[key] == other[key]
    assert told[-1][0] == told[-1][1] == len(told)


@pytest.mark.parametrize("executor", [processes, lambda: ThreadPoolExecutor(2)])
def test_the_part_file_is_that_of_one_run(tmp_path: Path, executor: Callable[[], Executor]) -> None:
    files, arguments = rooms(tmp_path), Arguments(**PLAIN)
    match_label_map_parts(*files, tmp_path / "a.match", arguments, executor=executor, shards=3)
    match_label_maps(*files, tmp_path / "b.match", arguments)
    assert (tmp_path / "a.match").read_bytes() == (tmp_path / "b.match").read_bytes()
    assert {each.name for each in tmp_path.iterdir()} == {"a.match", "b.match", "preds", "gt"}


def test_a_map_that_cannot_be_used_is_named_and_nothing_written(tmp_path: Path) -> None:
    preds, gt = rooms(tmp_path)
    Image.new("L", (21, 16), 77).save(preds / "03.png")
    with pytest.raises(FormatError, match=r"03\.png: .*77"):
        match_label_map_parts(
            preds, gt, tmp_path / "a.match", Arguments(**PLAIN), executor=processes, shards=4
        )
    assert {each.name for each in tmp_path.iterdir()} == {"preds", "gt"}


def test_a_number_of_shards_below_one_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="`shards` is 0, expected 1 or more"):
        evaluate_label_map_parts(*rooms(tmp_path), Arguments(**PLAIN), executor=processes, shards=0)
