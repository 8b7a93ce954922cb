"""Files that grow are those that are written at once, and appear whole or not at all."""

from __future__ import annotations

import gzip
import json
import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import segeval
from segeval.data import whole_files
from segeval.data.coco.write import save_predictions
from segeval.data.coco.write_stream import stream_images, stream_predictions
from segeval.errors import FormatError, InputError


def preds(*images: int) -> segeval.Predictions:
    mask = {"size": [3, 3], "counts": "013000"}
    return segeval.load_predictions(
        [
            {"image_id": image, "category_id": 1, "score": 0.5, "segmentation": mask}
            for image in images
        ]
    )


@pytest.mark.parametrize("suffix", [".json", ".jsonl", ".json.gz", ".jsonl.gz"])
@pytest.mark.parametrize("parts", [[], [()], [(1, 2), (), (3,)]])
def test_parts_give_the_bytes_of_the_whole(
    tmp_path: Path, suffix: str, parts: list[tuple[int, ...]]
) -> None:
    streamed, whole = tmp_path / f"a{suffix}", tmp_path / f"b{suffix}"
    with stream_predictions(streamed) as add:
        for part in parts:
            add(preds(*part))
    save_predictions(preds(*(image for part in parts for image in part)), whole)
    assert streamed.read_bytes() == whole.read_bytes()


def test_nothing_is_left_of_a_file_that_was_not_finished(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text("before")
    with suppress(KeyError), stream_predictions(tmp_path / "a.json") as add:
        add(preds(1))
        raise KeyError
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "before"


KILLED = """
import os, signal, sys
from segeval.data.coco.write_stream import stream_images
with stream_images(sys.argv[1], []) as add:
    add(1, "a" * 100_000, (4, 6))
    os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="needs files without a name")
def test_nothing_is_left_of_a_file_whose_process_was_killed(tmp_path: Path) -> None:
    unnamed = whole_files._unnamed_file(tmp_path)
    if unnamed is None:
        pytest.skip("this file system has no files without a name")
    unnamed.close()
    (tmp_path / "a.json").write_text("before")
    ended = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path / "a.json")], check=False)
    assert ended.returncode == -signal.SIGKILL
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]
    assert (tmp_path / "a.json").read_text() == "before"


@pytest.mark.parametrize("fails", ["open", "link"])
def test_where_a_file_must_have_a_name_it_is_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: str
) -> None:
    def refused(*args: Any, **kwargs: Any) -> int:
        raise OSError("not here")

    with stream_predictions(tmp_path / "a.json") as add:
        add(preds(1, 2))
    monkeypatch.setattr(os, fails, refused)
    with stream_predictions(tmp_path / "b.json") as add:
        add(preds(1, 2))
    monkeypatch.undo()
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.json", "b.json"]


def test_a_score_that_is_not_finite_is_refused(tmp_path: Path) -> None:
    wrong = preds(1)
    wrong.score[:] = float("nan")
    with pytest.raises(FormatError, match="score"), stream_predictions(tmp_path / "a.json") as add:
        add(wrong)
    assert list(tmp_path.iterdir()) == []


def test_the_suffix_says_the_format(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="the suffix gives the format"):
        stream_predictions(tmp_path / "a.txt").__enter__()


def test_images_are_a_coco_file_without_annotations(tmp_path: Path) -> None:
    with stream_images(tmp_path / "a.json", [(3, "sofa"), (5, "lämp")]) as add:
        add(1, "b/c.jpg", (4, 6))
        add(2, "d.jpg", (5, 7))
    content = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert content["images"][1] == {"id": 2, "height": 5, "width": 7, "file_name": "d.jpg"}
    gt = segeval.load_ground_truth(tmp_path / "a.json")
    assert gt.images.id.tolist() == [1, 2]
    assert gt.categories.names == ("sofa", "lämp")


def test_images_may_be_compressed_and_none(tmp_path: Path) -> None:
    with stream_images(tmp_path / "a.json.gz", []):
        pass
    content = json.loads(gzip.decompress((tmp_path / "a.json.gz").read_bytes()))
    assert content == {"images": [], "categories": [], "annotations": []}
