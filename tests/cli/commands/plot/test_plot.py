"""`segeval plot size-hist`: files in, figures, tables and drawings out."""

from __future__ import annotations

import csv
import gzip
import io
import json
import sys
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small data set."""
    folder = tmp_path_factory.mktemp("plot")
    for name, data in furniture(images=4).to_json().items():
        (folder / name).write_bytes(data)
    return folder


@pytest.fixture
def in_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(folder)
    monkeypatch.setenv("COLUMNS", "80")
    return folder


def size_hist(*words: str) -> int:
    return failures.run(app, ["plot", "size-hist", *words])


def rows_of(path: Path) -> list[list[str]]:
    with path.open(newline="") as file:
        return list(csv.reader(file))


def test_without_output_it_draws_in_the_terminal(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert size_hist("gt.json", "--sizes", "3dfuture", "--title", "Rooms") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "Rooms"
    assert lines[1].startswith("gt.json   ")
    assert lines[-1].strip() == "square root of box area (px)"
    assert len(lines) == 21
    assert max(map(len, lines)) <= 80


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg", ".PNG"])
def test_output_is_a_figure(
    suffix: str, in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    output = tmp_path / f"sizes{suffix}"
    words = ("gt.json", "model_a.json", "--log", "--by", "mask", "--title", "Rooms")
    assert size_hist(*words, "-o", str(output)) == failures.DONE
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err.splitlines()[-1] == f"wrote {output}"
    assert output.stat().st_size > 1000


def test_csv_holds_the_data_behind_the_figure(in_folder: Path, tmp_path: Path) -> None:
    output = tmp_path / "sizes.csv"
    words = ("gt.json", "model_b.json", "--sizes", "3dfuture", "--quiet")
    assert size_hist(*words, "-o", str(output)) == failures.DONE
    header, *rows = rows_of(output)
    assert header == ["part", "from_px", "to_px", "gt.json", "model_b.json"]
    bins = [row for row in rows if row[0] == "bin"]
    assert [row[0] for row in rows[len(bins) :]] == ["small", "medium", "large"]
    made = furniture(images=4)
    objects = [a for a in made.ground_truth["annotations"] if not a["iscrowd"]]
    assert sum(int(row[3]) for row in bins) == len(objects)
    assert sum(int(row[4]) for row in bins) == len(made.weaker)


def test_a_sample_is_repeatable_and_depends_on_the_seed(in_folder: Path, tmp_path: Path) -> None:
    tables = []
    for seed in ("1", "1", "2"):
        output = tmp_path / "sizes.csv"
        words = ("--sample", "12", "--seed", seed, "--quiet", "--overwrite", "-o", str(output))
        assert size_hist("gt.json", "model_a.json", *words) == failures.DONE
        tables.append(rows_of(output))
    assert tables[0] == tables[1] != tables[2]
    for place in (3, 4):
        assert sum(int(row[place]) for row in tables[0][1:] if row[0] == "bin") == 12


@pytest.mark.parametrize("name", ["gt.json", "model_a.json"])
def test_standard_input_is_read(
    name: str, in_folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(Path(name).read_bytes())))
    assert size_hist("-") == failures.DONE
    assert capsys.readouterr().out.startswith("standard input   ")


def test_gzip_and_json_lines_are_read(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    packed, lines = tmp_path / "gt.json.gz", tmp_path / "one.jsonl"
    packed.write_bytes(gzip.compress(Path("gt.json").read_bytes()))
    lines.write_text('{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 9, 9]}\n')
    assert size_hist(str(packed), str(lines)) == failures.DONE
    assert "one.jsonl   1 object   small 1" in capsys.readouterr().out


def test_files_of_one_name_are_told_apart_by_their_folders(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "gt.json").write_bytes(Path("gt.json").read_bytes())
    assert size_hist("gt.json", str(tmp_path / "gt.json")) == failures.DONE
    # A long path may be cut by the end of a line.
    assert "gt.json" in capsys.readouterr().out.replace("\n", "")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("gt.json", "-o", "sizes.gif"), "expected one of .png, .pdf, .svg, .csv"),
        (("gt.json", "--sizes", "96,32"), "edges must increase"),
        (("gt.json", "gt.json"), "gt.json: given twice"),
        (("gt.json", "./gt.json"), "./gt.json: given twice, also as gt.json"),
        (("nothing.json",), "nothing.json: no such file"),
        (("empty.json",), "empty.json: holds no objects to count"),
        (("boxes.json", "--by", "mask"), "prediction #0 (image_id 1) has no segmentation"),
        (("-", "-"), "standard input"),
        (("gt.json", "--sample", "0"), "--sample"),
        ((), "FILE"),
    ],
)
def test_mistakes_are_named(
    words: tuple[str, ...],
    message: str,
    in_folder: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    Path("empty.json").write_text("[]")
    Path("boxes.json").write_text(
        '[{"image_id": 1, "category_id": 1, "score": 0.5, "bbox": [0, 0, 9, 9]}]'
    )
    assert size_hist(*words) == failures.UNUSABLE_INPUT
    shown = capsys.readouterr()
    assert shown.out == ""
    assert message in shown.err


@pytest.mark.parametrize(
    "command", [["ap", "-", "gt.json"], ["check", "-"], ["plot", "size-hist", "-"]]
)
@pytest.mark.parametrize("records", [1, 2])
@pytest.mark.parametrize("form", ["list", "lines"])
def test_every_command_takes_the_same_for_json_lines_on_standard_input(
    command: list[str], records: int, form: str, in_folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = json.loads(Path("model_a.json").read_text())[:records]
    found = [{**record, "bbox": [0, 0, 5, 5]} for record in found]
    lines = "\n".join(map(json.dumps, found))
    text = json.dumps(found) if form == "list" else lines
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    assert failures.run(app, command) == failures.DONE
