"""`segeval models`: a list, settings as TOML, and Table 2."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

import segeval
from segeval.metrics.result import Result
from segeval.models.config import config_from_dict, read_config
from segeval.models.config.presets import PRESETS
from segeval.models.costs.head_costs import HeadCost, HeadCosts, Measured, head_costs
from segeval.models.costs.listed_presets import PRESET_COSTS
from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture(autouse=True)
def _wide(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def models(*words: str) -> int:
    return failures.run(app, ["models", *words])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only two presets."""
    names = "pointrend-r50", "maskrcnn-r50"
    few = tuple(each for each in PRESET_COSTS if each.name in names)
    monkeypatch.setattr("segeval.models.costs.listed_presets.PRESET_COSTS", few)


def test_a_preset_without_show_is_told_the_way(capsys: pytest.CaptureFixture[str]) -> None:
    assert models("maskrcnn-r50") == failures.UNUSABLE_INPUT
    assert "Did you mean segeval models show maskrcnn-r50?" in capsys.readouterr().err


def test_every_preset_is_listed_by_its_whole_name(capsys: pytest.CaptureFixture[str]) -> None:
    assert models() == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    assert {line.split()[0] for line in lines if line.startswith("  ")} >= set(PRESETS)
    assert max(map(len, lines)) <= 80
    [row] = [line for line in lines if line.startswith("  pointrend-r50 ")]
    assert row.split() == ["pointrend-r50", "R50", "60.2M", "224", "800x1344", "303G"]


@pytest.mark.usefixtures("few")
def test_json_has_exact_numbers(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    output = tmp_path / "models.csv"
    assert models("--json", "-o", str(output)) == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "segeval/models/1"
    assert [each["parameters"] for each in found["results"]["models"]] == [60_161_792, 44_343_216]
    with output.open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["pointrend-r50", "maskrcnn-r50"]


@pytest.mark.parametrize("name", PRESETS)
def test_what_show_writes_is_read_as_the_same_preset(name: str, tmp_path: Path) -> None:
    output = tmp_path / "any.toml"
    assert models("show", name, "-o", str(output), "--quiet") == failures.DONE
    assert read_config(output) == PRESETS[name]


def test_show_prints_toml(capsys: pytest.CaptureFixture[str]) -> None:
    assert models("show", "pointrend-r50") == failures.DONE
    assert capsys.readouterr().out.startswith('name = "pointrend-r50"\ntask = "instance"\n')
    assert models("show", "pointrend-r50", "--json") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert list(found) == ["schema", "segeval", "config"]
    assert (found["schema"], found["segeval"]) == ("segeval/config/1", segeval.__version__)
    assert config_from_dict(found["config"]) == PRESETS["pointrend-r50"]


@pytest.mark.parametrize(
    ("early", "named"),
    [
        (("--json",), "--json"),
        (("-o", "models.csv"), "--output"),
        (("--quiet",), "--quiet"),
        (("--quiet", "--json"), "--json --quiet"),
    ],
)
@pytest.mark.parametrize("command", [("show", "pointrend-r50"), ("flops",)])
def test_an_option_before_the_command_is_refused(
    early: tuple[str, ...],
    named: str,
    command: tuple[str, ...],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert models(*early, *command) == failures.UNUSABLE_INPUT
    shown = " ".join(capsys.readouterr().err.split())
    assert f"{named.split()[0]}: must stand after the command" in shown
    assert f"segeval models {command[0]} ... {named}" in shown


def test_show_of_no_preset_proposes_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert models("show", "pointrend-r51") == failures.UNUSABLE_INPUT
    assert "Did you mean pointrend-r50?" in capsys.readouterr().err


def test_flops_are_those_of_the_paper(capsys: pytest.CaptureFixture[str]) -> None:
    assert models("flops") == failures.DONE
    rows = [line.split() for line in capsys.readouterr().out.splitlines()]
    assert ["4x", "conv", "28x28", "529.9", "514,304"] in rows
    assert ["4x", "conv", "224x224", "33,910.9", "32,915,456"] in rows
    assert ["PointRend", "224x224", "924.3", "733,520"] in rows


def test_measure_adds_time_and_memory(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = {}

    def measure_heads(**options: object) -> Result[HeadCosts]:
        from segeval.models.costs.head_costs import count_heads

        asked.update(options)
        heads = tuple(
            HeadCost(each.head, each.output, each.cost, 12.5, 2_000_000)
            for each in count_heads().scores.heads
        )
        return head_costs(heads, Measured("cpu", "x86_64", 2, 50, 5, 3))

    monkeypatch.setattr("segeval.models.costs.head_costs.measure_heads", measure_heads)
    words = "--measure", "--boxes", "50", "--batch", "5", "--rounds", "3", "--device", "cpu"
    assert models("flops", *words) == failures.DONE
    asked.pop("on_progress")
    assert asked == {"boxes": 50, "batch": 5, "rounds": 3, "device": "cpu"}
    out = capsys.readouterr().out
    assert "time of 50 boxes on x86_64, 2 threads" in out
    assert "MB of 5 boxes" in out
    assert max(map(len, out.splitlines())) <= 80


def test_an_unknown_device_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert models("flops", "--measure", "--device", "tpu") == failures.UNUSABLE_INPUT
    assert "--device tpu: expected auto, cpu or cuda" in capsys.readouterr().err


@pytest.fixture
def boxes(tmp_path: Path) -> Path:
    """A COCO file with four shapes."""
    sides = [(10, 10), (12, 10), (10, 40), (10, 44)]
    file = tmp_path / "train.json"
    found = {
        "images": [{"id": 1, "width": 99, "height": 99, "file_name": "1.png"}],
        "categories": [{"id": 1, "name": "cup"}],
        "annotations": [
            {"id": i, "image_id": 1, "category_id": 1, "bbox": [0, 0, *each], "iscrowd": 0}
            for i, each in enumerate(sides, start=1)
        ],
    }
    file.write_text(json.dumps(found))
    return file


def test_anchors_are_shown_with_the_settings_that_name_them(
    boxes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("anchors", str(boxes), "--k", "2") == failures.DONE
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    assert lines[0] == "Anchors   train.json   k-means of 2 shapes"
    assert any(
        line.split() == ["k-means,", "free", "2", "93.3", "100.0", "100.0"] for line in lines
    )
    assert "proposals.scales = [2.62, 5.12]" in lines
    assert "proposals.ratios = [1.96]" in lines


def test_anchors_in_json_have_all_digits(boxes: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert models("anchors", str(boxes), "--k", "2", "--config", "maskrcnn-r50", "--json") == 0
    found = json.loads(capsys.readouterr().out)
    assert found["schema"] == "segeval/anchors/1"
    assert found["settings"] == {
        "k": 2, "config": "maskrcnn-r50", "size": [800, 1333], "seed": 0,
    }  # fmt: skip
    results = found["results"]
    assert results["boxes"] == 4
    assert [each["number"] for each in results["anchors"].values()] == [3, 2, 2]
    assert [sorted(each) for each in results["shapes"]] == [
        ["height", "ratio", "scale", "share", "width"]
    ] * 2
    assert len(found["inputs"]["gt"]["sha256"]) == 64


def test_too_many_anchors_are_told_by_the_option(
    boxes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert models("anchors", str(boxes)) == failures.UNUSABLE_INPUT
    error = capsys.readouterr().err
    assert "has 4 distinct shapes, expected at least 9" in error
    assert "Choose a smaller --k." in error


def test_images_without_sizes_are_told_by_the_option(
    boxes: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = json.loads(boxes.read_text())
    del gt["images"][0]["width"]
    boxes.write_text(json.dumps(gt))
    named = ("--k", "1", "--config", "pointrend-r50")
    assert models("anchors", str(boxes), *named) == failures.UNUSABLE_INPUT
    error = " ".join(capsys.readouterr().err.split())
    assert "has no size, expected a width and a height to scale its boxes by" in error
    assert "keep the pixels of the file: leave out --config." in error


def test_a_changed_model_is_counted(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    own = tmp_path / "own.toml"
    own.write_text('base = "pointrend-r50"\n[mask]\nsubdivision_steps = 2\n')
    assert models("count", "maskrcnn-r50", "--set", "mask.kind=none", "--json") == failures.DONE
    [boxes] = json.loads(capsys.readouterr().out)["results"]["models"]
    assert boxes["parameters"] < 44_343_216
    assert models("count", str(own), "--set", "input.test_size=400", "--quiet") == failures.DONE
    row = capsys.readouterr().out.splitlines()[4].split()
    assert row[:4] == ["own", "R50", "60.2M", "28"]


def test_settings_of_a_count_are_those_of_a_configuration(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asked = models("count", "maskrcnn-r50", "--set", "detector.width=3")
    assert asked == failures.UNUSABLE_INPUT
    assert "there is no setting detector.width. Expected one of: kind." in " ".join(
        capsys.readouterr().err.split()
    )
