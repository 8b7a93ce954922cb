"""`segeval ap --ci`: intervals beside the numbers."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import segeval
from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.comparison.scenes import rooms, some_rooms


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    _, preds, gt = rooms()
    (tmp_path / "preds.json").write_text(json.dumps(preds))
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    (tmp_path / "few.json").write_text(json.dumps(some_rooms(9)[2]))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def ap(*words: str) -> int:
    return failures.run(app, ["ap", "preds.json", *words])


def test_intervals_stand_beside_ap(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ap("gt.json", "--ci", "--resamples", "50") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    low, high = segeval.average_precision("preds.json", "gt.json").interval(resamples=50) or (0, 0)
    assert "AP           95 %   AP50" in lines[2]
    assert f"72.4   {100 * low:.1f} .. {100 * high:.1f}" in lines[4]


def test_json_has_intervals_of_every_object(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ap("gt.json", "--ci", "--resamples", "50", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    own = document["results"]["segm"]
    assert set(own["intervals"]) == {"ap", "ap50", "ap75", "ar", "ar_by_max_dets"}
    assert own["intervals"]["ap"][0] < own["ap"] < own["intervals"]["ap"][1]
    assert own["sizes"]["small"]["intervals"]["ap"] is None
    assert own["categories"][3]["intervals"]["ap75"][0] < own["categories"][3]["ap75"]
    assert document["settings"]["seed"] == 0
    assert "interval" not in own


def test_csv_has_both_ends(in_folder: Path) -> None:
    assert ap("gt.json", "--ci", "--resamples", "50", "-o", "ap.csv") == failures.DONE
    first = next(csv.DictReader(Path("ap.csv").read_text().splitlines()))
    assert float(first["ap_low"]) < float(first["ap"]) < float(first["ap_high"])


def test_replicates_are_written(in_folder: Path) -> None:
    words = ["gt.json", "--ci", "--resamples", "50", "--replicates", "r.npz"]
    assert ap(*words) == failures.DONE
    arrays = np.load("r.npz")
    assert arrays["numbers"].shape == (50, len(arrays["paths"]))


def test_fewer_than_ten_images_have_null_intervals_and_a_note(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ap("few.json", "--ci", "--skip-unknown", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    own = document["results"]["segm"]
    assert own["ap"] is not None
    by_cap = dict.fromkeys(own["ar_by_max_dets"])
    means = dict.fromkeys(("ap", "ap50", "ap75", "ar"))
    assert own["intervals"] == {**means, "ar_by_max_dets": by_cap}
    assert document["notes"][-1]["code"] == "few-images"


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--ci", "--resamples", "0"], "error: --resamples is 0, expected a whole number from 1"),
        (["--seed", "3"], "error: --seed goes with --ci, which is not given.\n"),
        (["--replicates", "r.csv"], "error: --replicates goes with --ci, which is not given.\n"),
        (["--ci", "--replicates", "r.txt"], "error: --replicates r.txt: the suffix says"),
    ],
)
def test_impossible_options_are_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str], words: list[str], message: str
) -> None:
    assert ap("gt.json", *words) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err.startswith(message)
    assert not Path("r.csv").exists()


def test_without_intervals_no_analysis_is_imported(in_folder: Path) -> None:
    code = (
        "import sys; from segeval_cli import failures; from segeval_cli.main import app; "
        "failures.run(app, ['ap', 'preds.json', 'gt.json', '-q']); "
        "print([name for name in sys.modules if name.startswith('segeval.analysis')])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.splitlines()[-1] == "[]"


def test_groups_of_images_are_drawn_together(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    found = []
    for more in ([], ["--groups", "scene"]):
        assert ap("gt.json", "--ci", "--resamples", "50", "--json", *more) == failures.DONE
        found.append(json.loads(capsys.readouterr().out))
    alone, grouped = (each["results"]["segm"]["intervals"]["ap"] for each in found)
    assert alone != grouped
    assert [each["settings"]["groups"] for each in found] == [None, "scene"]


def test_few_groups_have_no_intervals(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ap("gt.json", "--ci", "--groups", "weather", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["results"]["segm"]["intervals"]["ap"] is None
    assert "3 groups" in document["notes"][-1]["message"]
