"""`segeval plot trimap`: saved results in, figures, tables and drawings out."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import mean_iou
from segeval_cli import failures
from segeval_cli.main import app


def saved(seed: int, **settings: Any) -> str:
    """What `segeval miou --json` prints for a small random pair of maps."""
    rng = np.random.default_rng(seed)
    gt = np.kron(rng.integers(0, 3, (4, 5)), np.ones((8, 8), np.int64))
    pred = np.roll(gt, 1 + seed, axis=1)
    found = mean_iou([pred], [gt], classes=3, **{"trimap": [1, 3, 8], **settings})
    return json.dumps(found.to_dict())


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the results of two models and some others."""
    for name, text in (
        ("a.json", saved(0)),
        ("b.json", saved(1)),
        ("plain.json", saved(0, trimap=())),
        ("edge.json", saved(1, trimap_void="edge")),
        (
            "c.json",
            saved(1)
            .replace("segeval/miou/2", "segeval/miou/1")
            .replace('"categories"', '"classes"'),
        ),
        ("broken.json", '{"schema": '),
        ("other.json", '{"schema": "segeval/ap/1"}'),
        ("list.json", "[]"),
    ):
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def test_results_of_the_old_schema_are_drawn(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trimap("b.json") == failures.DONE
    own = capsys.readouterr().out
    assert trimap("c.json") == failures.DONE
    assert capsys.readouterr().out.replace(" c ", " b ") == own
    assert trimap("a.json", "c.json") == failures.DONE


def trimap(*words: str) -> int:
    return failures.run(app, ["plot", "trimap", *words])


def test_without_output_it_draws_in_the_terminal(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trimap("a.json", "b.json", "--title", "Two models") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[:2] == ["Two models", "mIoU (%) by trimap width (px, on either side)"]
    assert [line.split()[:2] for line in lines if line[:3].strip()][2:] == [
        ["1", "a"],
        ["3", "a"],
        ["8", "a"],
        ["all", "a"],
    ]
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_output_is_a_figure(
    suffix: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = f"trimap{suffix}"
    words = ("a.json", "b.json", "--log", "--title", "Two models", "-o", output)
    assert trimap(*words) == failures.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == f"wrote {output}"
    assert Path(output).stat().st_size > 1000


def test_csv_holds_the_data_behind_the_figure(in_folder: Path) -> None:
    assert trimap("a.json", "b.json", "-q", "-o", "trimap.csv") == failures.DONE
    with Path("trimap.csv").open(newline="") as file:
        header, *rows = csv.reader(file)
    assert header == ["model", "width_px", "miou", "pixels"]
    assert [row[:2] for row in rows] == [
        [model, width] for model in "ab" for width in ("1.0", "3.0", "8.0", "all")
    ]
    results = json.loads(Path("b.json").read_text())["results"]
    assert [float(row[2]) for row in rows[4:]] == [
        *(band["miou"] for band in results["trimap"]),
        results["miou"],
    ]


def test_standard_input_and_gzip_are_read(
    in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("packed.json.gz").write_bytes(gzip.compress(Path("b.json").read_bytes()))
    text = io.TextIOWrapper(io.BytesIO(Path("a.json").read_bytes()))
    monkeypatch.setattr(sys, "stdin", text)
    assert trimap("-", "packed.json.gz") == failures.DONE
    assert "  1  standard input " in (shown := capsys.readouterr().out)
    assert "     packed " in shown


def test_files_of_one_name_are_told_apart_by_their_folders(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("x").mkdir()
    Path("x", "a.json").write_bytes(Path("b.json").read_bytes())
    assert trimap("a.json", "x/a.json") == failures.DONE
    assert "     x/a.json " in capsys.readouterr().out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("a.json", "-o", "a.gif"), "expected one of .png, .pdf, .svg, .csv"),
        (("a.json", "a.json"), "a.json: given twice"),
        (("a.json", "--log"), "--log is for figures: write one, such as -o trimap.pdf."),
        (("a.json", "--log", "-o", "a.csv"), "--log is for figures"),
        (("nothing.json",), "nothing.json: no such file"),
        (("plain.json",), "plain: has no trimaps. Make it with segeval miou --trimap"),
        (("a.json", "edge.json"), "edge: trimap_void is edge, but a has ignore"),
        (("broken.json",), "broken.json: not valid JSON"),
        (("other.json",), "other.json: schema is 'segeval/ap/1', expected what `segeval miou"),
        (("list.json",), "list.json: has no schema, expected what `segeval miou --json` prints"),
        (("-", "-"), "standard input"),
        ((), "FILE"),
    ],
)
def test_mistakes_are_named(
    words: tuple[str, ...],
    message: str,
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    before = sorted(Path().iterdir())
    assert trimap(*words) == failures.UNUSABLE_INPUT
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in " ".join(shown.err.split())
    assert sorted(Path().iterdir()) == before


def test_a_file_of_nested_lists_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "deep.json"
    path.write_text("[" * 100_000)
    assert failures.run(app, ["plot", "trimap", str(path)]) == failures.UNUSABLE_INPUT
    assert "not valid JSON (nested too deep)" in capsys.readouterr().err
