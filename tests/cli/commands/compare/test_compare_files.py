"""Files that `segeval compare` reads and writes: their names, and what becomes of each."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segeval_cli import failures
from segeval_cli.main import app


def compare(*words: str) -> int:
    return failures.run(app, ["compare", *words, "--resamples", "50"])


def test_replicates_of_models_with_any_name_are_written(
    in_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, source in (("file", "a.json"), ("paths", "b.json"), ("=1+1", "b.json")):
        Path(name).write_bytes((in_folder / source).read_bytes())
    Path("gt.json").write_bytes((in_folder / "gt.json").read_bytes())
    assert compare("file", "paths", "gt.json", "--replicates", "r.npz") == failures.DONE
    arrays = np.load("r.npz")
    assert set(arrays) == {"paths", "file", "paths (model)"}
    assert arrays["file"].shape == (50, len(arrays["paths"]))
    assert compare("file", "=1+1", "gt.json", "--replicates", "r.csv") == failures.DONE
    assert {line.split(",")[0] for line in Path("r.csv").read_text().splitlines()} == {
        "model",
        "file",
        "'=1+1",
    }


def test_replicates_are_told_like_any_other_file(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "r.csv"
    assert compare("a.json", "b.json", "gt.json", "--replicates", str(target)) == failures.DONE
    assert f"wrote {target}\n" in capsys.readouterr().err


def test_one_file_cannot_be_both_outputs(
    in_folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "r.csv"
    words = ["-o", str(target), "--replicates", str(target)]
    assert compare("a.json", "b.json", "gt.json", *words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == f"error: --replicates {target}: must differ from --output.\n"
    assert not target.exists()


@pytest.mark.parametrize("runs", ["a.json,,b.json", "a.json,", ",a.json", ","])
def test_an_empty_name_between_commas_is_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str], runs: str
) -> None:
    assert compare(runs, "b.json", "gt.json") == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == "error: the name of a file is empty. Is a variable not set?\n"


def test_only_images_that_changed_are_shown_unasked(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert compare("b.json", "b.json", "gt.json") == failures.DONE
    out = capsys.readouterr().out
    assert "  image " not in out
    assert "images: 0 better, 0 worse, 40 the same" in out
    assert compare("b.json", "b.json", "gt.json", "--by", "image") == failures.DONE
    assert "  image " in capsys.readouterr().out


def test_a_name_in_brackets_is_no_argument_of_latex(in_folder: Path, tmp_path: Path) -> None:
    labels, path = tmp_path / "labels.csv", tmp_path / "c.tex"
    ids = range(1, 41)
    labels.write_text("".join(f"{own},{'[b]' if own % 2 else '*a'}\n" for own in ids))
    words = ["--slice", str(labels), "-o", str(path)]
    assert compare("a.json", "b.json", "gt.json", *words) == failures.DONE
    text = path.read_text()
    assert "\\\\\n{}[b] & 20 &" in text
    assert "\\midrule\n{}*a & 20 &" in text
