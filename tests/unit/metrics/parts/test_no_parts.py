"""Merging no parts at all is refused, whatever the task."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval.errors import InputError
from segeval.metrics.coco.parts import merge_parts
from segeval.metrics.panoptic.parts import merge_panoptic_parts
from segeval.metrics.parts.files import task_of_parts
from segeval.metrics.semantic.parts import merge_label_map_parts


@pytest.mark.parametrize("merge", [merge_parts, merge_label_map_parts, merge_panoptic_parts])
def test_no_parts_are_refused_and_nothing_is_written(
    tmp_path: Path, merge: Callable[[list[str], Path], Any]
) -> None:
    with pytest.raises(InputError, match=r"^`parts` is empty, expected at least one\.$") as caught:
        merge([], tmp_path / "all.match")
    assert caught.value.option == "parts"
    assert not [*tmp_path.iterdir()]


def test_no_parts_have_no_task() -> None:
    with pytest.raises(InputError, match="`parts` is empty"):
        task_of_parts([])
