"""The files of one ensemble appear together or not at all; bad names are refused before work."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app
from tests.full_disk import most_bytes

SCENE = furniture(images=12)
MERGED = ["ensemble", "model_a.json", "model_b.json", "--strategy", "nms", "-q"]


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two models."""
    for name, content in SCENE.to_json().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_a_full_disk_leaves_none_of_the_outputs(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = sorted(each.name for each in in_folder.iterdir())
    outputs = ["-o", "out.json.gz", "--explain", "why.jsonl", "--recipe-out", "recipe.json"]
    with most_bytes(28_000):  # the compressed rows fit, the reasons do not
        assert failures.run(app, [*MERGED, *outputs]) == failures.UNUSABLE_INPUT
    assert "error: why.jsonl: File too large." in capsys.readouterr().err
    assert sorted(each.name for each in in_folder.iterdir()) == before
    assert failures.run(app, [*MERGED, *outputs]) == failures.DONE
    assert (in_folder / "recipe.json").is_file()


@pytest.mark.parametrize("name", ["out.gz", "out.txt.gz", "OUT.JSON"])
def test_a_name_that_the_writer_refuses_is_refused_before_work(
    in_folder: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, [*MERGED, "-o", name]) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == (
        f"error: --output {name}: the suffix says what to write, expected one of .json, .jsonl, "
        ".json.gz, .jsonl.gz.\n"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (
            ["--per-category"],
            "--per-category would change nothing here: it shows gains, which",
        ),
        (["--images", "gt.json"], "--images would change nothing here: it gives the sizes of"),
        (["--mask-threshold", "0.1,0.2"], "--mask-threshold 0.1,0.2: expected one number, or exp"),
    ],
)
def test_words_that_would_be_ignored_are_refused(
    in_folder: Path, words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, [*MERGED, "-o", "out.json", *words]) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(f"error: {said}")
    assert not (in_folder / "out.json").exists()
