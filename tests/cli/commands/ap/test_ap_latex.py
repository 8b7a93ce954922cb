"""`-o table.tex` writes the tables that are shown, for LaTeX with booktabs."""

from __future__ import annotations

from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app

LONG = "a name of more than 28 characters & more"


@pytest.fixture(autouse=True)
def _files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rooms = furniture(images=12)
    rooms.ground_truth["categories"][0]["name"] = LONG
    for name, content in rooms.to_json().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)


def run(*words: str) -> list[str]:
    """The lines of the file that a command writes."""
    command = [*words, "model_a.json", "gt.json", "-o", "t.tex", "-q", "--overwrite"]
    assert failures.run(app, command) == failures.DONE
    return Path("t.tex").read_text().splitlines()


def test_names_are_whole_and_numbers_have_signs() -> None:
    lines = run("ap", "--per", "category", "--ci", "--resamples", "20")
    assert lines[:2] == [
        "% Mask AP, model_a.json vs gt.json, coco protocol, 0.50:0.95, max_dets 100",
        r"% needs \usepackage{booktabs}",
    ]
    [own] = [line for line in lines if line.startswith("a name")]
    assert own.startswith(r"a name of more than 28 characters \& more & ")
    assert " to " in lines[7]
    assert lines[-1].startswith(r"\par\smallskip\noindent{\footnotesize AR by max\_dets: ")


@pytest.mark.parametrize("words", [["errors"], ["threshold", "--resamples", "20"], ["oracles"]])
def test_other_results_are_written_alike(words: list[str]) -> None:
    text = "\n".join(run(*words))
    assert text.count(r"\toprule") == text.count(r"\end{tabular}") > 0
    assert " -- " in text
