"""`segeval report` where the disk is full, somebody interrupts it, or a folder is none."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from segeval.data.synthetic import furniture
from segeval.data.whole_files import whole_file
from segeval.pictures import photograph_or_placeholder, tiles
from segeval.reports import result
from segeval_cli import failures
from segeval_cli.commands.report import command
from segeval_cli.main import app
from segeval_cli.streams import emit
from tests.full_disk import most_bytes
from tests.page_reader import assert_sound

SCENE = furniture(images=4)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with predictions, ground truth and photographs."""
    random = np.random.default_rng(0)
    for name, content in (("a", SCENE.weaker), ("gt", SCENE.ground_truth)):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    for each in SCENE.ground_truth["images"]:
        pixels = random.integers(0, 255, (each["height"], each["width"], 3)).astype(np.uint8)
        path = tmp_path / "photos" / each["file_name"]
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*words: str) -> int:
    return failures.run(app, ["report", "a.json", "gt.json", "--resamples", "10", *words])


def names(folder: Path) -> set[str]:
    """Everything in a folder, hidden files too."""
    return {each.name for each in folder.iterdir()}


def test_a_full_disk_is_said_and_leaves_nothing(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = names(in_folder)
    with most_bytes(50_000):
        assert report("-o", "out.html") == failures.UNUSABLE_INPUT
    assert "error: out.html: " in capsys.readouterr().err
    assert names(in_folder) == before


def test_a_full_disk_keeps_the_page_that_was_there(in_folder: Path) -> None:
    (in_folder / "out.html").write_text("an older page")
    with most_bytes(50_000):
        assert report("-o", "out.html", "--overwrite") == failures.UNUSABLE_INPUT
    assert (in_folder / "out.html").read_text() == "an older page"


def interrupted(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function that somebody interrupts once it has done its work."""

    def own(*given: Any, **named: Any) -> Any:
        found = function(*given, **named)
        signal.raise_signal(signal.SIGINT)
        return found

    return own


def interrupted_in_writing(writing: Any) -> Any:
    """A file that somebody interrupts when half of it is written."""

    @contextmanager
    def own(path: Path) -> Iterator[Any]:
        class Half:
            def write(self, content: bytes) -> None:
                file.write(content[: len(content) // 2])
                signal.raise_signal(signal.SIGINT)

        with writing(path) as file:
            yield Half()

    return own


WHEN = ("before all", *range(1, 7), "drawing", "printing", "writing")
"""Before the files are read, after each step of computing, and after that."""


@pytest.mark.parametrize("when", WHEN)
def test_an_interrupted_report_ends_with_130_and_leaves_nothing(
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    when: str | int,
) -> None:
    @contextmanager
    def working(*told: Any, **how: Any) -> Iterator[Callable[[int, int], None]]:
        if when == "before all":
            signal.raise_signal(signal.SIGINT)
        yield lambda done, _: signal.raise_signal(signal.SIGINT) if done == when else None

    monkeypatch.setattr(command, "working", working)
    if when == "drawing":
        monkeypatch.setattr(
            tiles, "photograph_or_placeholder", interrupted(photograph_or_placeholder)
        )
    if when == "printing":
        monkeypatch.setattr(command, "emit", interrupted(emit))
    if when == "writing":
        monkeypatch.setattr(result, "whole_file", interrupted_in_writing(whole_file))
    before = names(in_folder)
    assert report("--images", "photos", "--top", "2", "-o", "out.html") == failures.INTERRUPTED
    assert capsys.readouterr().err.endswith("interrupted\n")
    if when == "printing":  # what is known is written whole
        assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))
        before.add("out.html")
    assert names(in_folder) == before


@pytest.mark.skipif(os.name != "posix", reason="needs a shell of Unix")
@pytest.mark.parametrize("more", [">&-", "| true", ">&- 2>&- <&-"])
def test_the_page_is_written_where_standard_output_is_closed(in_folder: Path, more: str) -> None:
    words = "report a.json gt.json --resamples 30 -o out.html"
    done = subprocess.run(
        f"set -o pipefail; {sys.executable} -m segeval_cli {words} {more}",
        shell=True, executable="/bin/bash", capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )  # fmt: skip
    assert done.returncode == failures.DONE
    assert "Traceback" not in done.stderr
    assert_sound((in_folder / "out.html").read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["-o", "nowhere/out.html"], "error: --output nowhere/out.html: "),
        (["-o", "photos"], "error: --output photos: the suffix says what to write"),
        (["-o", "folder.html"], "error: --output folder.html: is a folder"),
        (
            ["--images", "gt.json", "-o", "out.html"],
            "error: gt.json: is a file, not a folder, expected the photographs in it.",
        ),
        (
            ["--images", "nowhere", "-o", "out.html"],
            "error: nowhere: no such folder, expected the photographs in it.",
        ),
        (["--margin", "-1", "-o", "out.html"], "error: --margin -1: expected points from 0 to"),
    ],
)
def test_what_cannot_be_used_is_said_before_anything_is_read(
    in_folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    (in_folder / "folder.html").mkdir()
    (in_folder / "a.json").write_text("no JSON")  # would be said if it were read
    assert report(*words) == failures.UNUSABLE_INPUT
    assert " ".join(capsys.readouterr().err.split()).startswith(message)
