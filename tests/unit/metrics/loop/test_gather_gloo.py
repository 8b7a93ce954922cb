"""One collective on every path: processes with images, without any, and with a failed update."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision
from tests.loop_batches import numbers
from tests.parity.scenes import clean_pair


def of_two_processes(second: str, folder: Path) -> list[dict[str, Any]]:
    """What two gloo processes print."""
    folder.mkdir(exist_ok=True)
    command = [sys.executable, "-m", "tests.gathering", str(folder / "meeting")]
    running = [
        subprocess.Popen([*command, str(rank), second], stdout=subprocess.PIPE, text=True)
        for rank in range(2)
    ]
    told = [process.communicate(timeout=120)[0] for process in running]
    assert [process.returncode for process in running] == [0, 0]
    return [json.loads(text) for text in told]


@pytest.mark.parametrize("second", ["half", "none"])
def test_two_gloo_processes_have_the_numbers_of_files_by_one_call(
    second: str, tmp_path: Path
) -> None:
    found = of_two_processes(second, tmp_path)
    preds, gt = clean_pair(6)
    expected = json.loads(json.dumps(numbers(average_precision(preds, gt))))
    assert [each["numbers"] for each in found] == [expected, expected]
    assert [each["calls"] for each in found] == [1, 1]
    assert sum(each["own"] for each in found) == len(gt["images"])


def test_of_a_copy_by_which_a_sampler_pads_the_same_one_counts_wherever_it_is(
    tmp_path: Path,
) -> None:
    found = [
        each
        for second in ("padded", "swapped")
        for each in of_two_processes(second, tmp_path / second)
    ]
    assert [each["calls"] for each in found] == [1, 1, 1, 1]
    assert len({each["bytes"] for each in found}) == 1
    assert found[0]["numbers"] == found[2]["numbers"]
    assert found[0]["notes"] == found[2]["notes"]
    assert found[0]["notes"][-1] == (
        "1 image came again with other content: of each the copy with the smaller digest counts"
    )


def test_an_update_that_failed_on_one_process_is_raised_by_both(tmp_path: Path) -> None:
    found = of_two_processes("bad", tmp_path)
    expected = "FormatError: process 1: image 7: `preds` has no scores, it is empty."
    assert [each["error"] for each in found] == [expected, expected]
    assert [each["calls"] for each in found] == [1, 1]
