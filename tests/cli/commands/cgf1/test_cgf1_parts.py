"""`segeval cgf1 --ci` and `--slice`: intervals, and parts of the images."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval import concept_f1
from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.analysis.resampling.test_concepts import files, phrases

LIGHTS = ("day", "night")


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Predictions and two annotators of 30 phrases in 10 photographs, by day and by night."""
    preds, truths = files(*phrases(0, 30), list(range(30)))
    for gt in truths:
        for image in gt["images"]:
            image["file_name"] = f"{image['id'] % 10}.jpg"
            image["light"] = LIGHTS[image["id"] % 3 == 0]
    for name, content in zip(("preds", "a", "b"), (preds, *truths), strict=True):
        (tmp_path / f"{name}.json").write_text(json.dumps(content))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def cgf1(*words: str) -> int:
    return failures.run(app, ["cgf1", "preds.json", "a.json", "b.json", "--iou", "bbox", *words])


def cut(name: str, light: str) -> Any:
    """A file with the images of one light alone."""
    gt = json.loads(Path("a.json").read_text())
    kept = {image["id"] for image in gt["images"] if image["light"] == light}
    content = json.loads(Path(name).read_text())
    if name == "preds.json":
        return [each for each in content if each["image_id"] in kept]
    return content | {
        "images": [each for each in content["images"] if each["id"] in kept],
        "annotations": [each for each in content["annotations"] if each["image_id"] in kept],
    }


def test_the_numbers_of_a_slice_are_those_of_files_cut_to_it(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("--slice", "light", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    slices = document["results"]["slices"]
    assert [(own["name"], own["images"]) for own in slices] == [("day", 20), ("night", 10)]
    for own in slices:
        names = ("preds.json", "a.json", "b.json")
        preds, *gt = (cut(name, own["name"]) for name in names)
        alone = concept_f1(preds, gt, iou="bbox").to_dict()["results"]
        expected = {key: value for key, value in alone.items() if key != "thresholds"}
        assert {key: own[key] for key in expected} == expected
    result = concept_f1("preds.json", ["a.json", "b.json"], iou="bbox")
    day = result.sliced("light", gt="a.json")["day"]
    assert day.primary == slices[0]["cgf1"]
    assert "20 images with their phrases" in day.summary


@pytest.mark.parametrize(
    ("metric", "judged"),
    [
        ("cgF1", ["cgF1"]),
        ("image_level.mcc", ["image-level IL_MCC"]),
        ("thresholds.0.50.pmf1", ["pmF1 at IoU 0.50"]),
        ("slices.night.pmf1", ["pmF1 of night"]),
        ("slices.worst.cgf1", ["cgF1 of day", "cgF1 of night"]),
    ],
)
def test_fail_under_judges_the_number_that_is_named(
    in_folder: Path, capsys: pytest.CaptureFixture[str], metric: str, judged: list[str]
) -> None:
    words = ("--slice", "light", "-q", "--metric", metric)
    assert cgf1(*words, "--fail-under", "0.9999") == failures.ANSWER_IS_NO
    said = capsys.readouterr().err.splitlines()
    assert [line.partition(" is ")[0] for line in said] == judged
    assert cgf1(*words) == failures.UNUSABLE_INPUT


def test_slices_have_a_row_each_with_intervals_where_asked_for(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("--slice", "light", "--ci", "--resamples", "100") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    head = next(k for k, line in enumerate(lines) if line.split()[:2] == ["slice", "images"])
    assert lines[head].split()[2:6] == ["cgF1", "95", "%", "pmF1"]
    assert lines[head].split()[-1] == "IL_MCC"
    assert [line.split()[:2] for line in lines[head + 2 : head + 4]] == [
        ["day", "20"],
        ["night", "10"],
    ]
    assert max(map(len, lines)) <= 80


def test_intervals_stand_beside_cgf1_at_every_threshold(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("--ci", "--resamples", "200", "--replicates", "drawn.csv") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert lines[2].split()[:4] == ["IoU", "cgF1", "95", "%"]
    assert all(".." in line for line in lines[4:5] + lines[6:16])
    first = Path("drawn.csv").read_text().splitlines()[0].split(",")
    assert first[1] == "cgf1"
    assert {"thresholds.0.50.pmf1", "image_level.mcc"} <= {*first}


def test_phrases_of_a_photograph_are_drawn_together_by_its_file_name(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cgf1("--ci", "--resamples", "50", "--groups", "file_name", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["settings"]["groups"] == "file_name"
    assert document["results"]["intervals"]["cgf1"] is not None


def test_options_of_intervals_need_ci(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cgf1("--seed", "3") == failures.UNUSABLE_INPUT
    assert "--seed goes with --ci, which is not given." in capsys.readouterr().err
