"""`segeval ensemble`: files, tables and refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from segeval import load_predictions, save_predictions
from segeval.data.synthetic import furniture
from segeval.ensemble import to_image
from segeval_cli import failures
from segeval_cli.main import app

SCENE = furniture(images=12)


@pytest.fixture
def in_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with two models and ground truth."""
    for name, content in SCENE.to_json().items():
        (tmp_path / name).write_bytes(content)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    return tmp_path


def ensemble(*words: str) -> int:
    return failures.run(app, ["ensemble", "model_a.json", "model_b.json", *words])


def test_the_result_is_a_results_file(in_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ensemble("--scores", "77.4,77.2", "-o", "out.json") == failures.DONE
    out, err = capsys.readouterr()
    assert out.splitlines()[0] == (
        "Ensemble by interp   model_a.json + model_b.json   by bbox IoU   max_dets 100"
    )
    assert err == "wrote out.json\n"
    rows = json.loads((in_folder / "out.json").read_text())
    assert rows[0].keys() == {"image_id", "category_id", "score", "segmentation"}


def test_the_gain_is_shown_with_its_interval(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert ensemble("--fit", "gt.json", "-o", "out.json", "--json") == failures.DONE
    results = json.loads(capsys.readouterr().out)["results"]
    assert results["gain"]["how"] == "5 folds of gt.json"
    assert len(results["gain"]["over_best"]["interval"]) == 2
    assert results["worth_from"] == "gt.json"


def test_every_row_can_be_explained(in_folder: Path) -> None:
    words = ("--strategy", "wbf", "-q", "-o", "out.json", "--explain", "why.jsonl")
    assert ensemble(*words) == failures.DONE
    rows = json.loads((in_folder / "out.json").read_text())
    reasons = [json.loads(line) for line in (in_folder / "why.jsonl").read_text().splitlines()]
    assert [each["score"] for each in reasons] == [each["score"] for each in rows]
    assert {member["role"] for each in reasons for member in each["members"]} == {"lead", "support"}


def test_strategies_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert failures.run(app, ["ensemble", "--strategy", "help"]) == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    names = [line.split()[0] for line in lines if not line.startswith(" ")]
    assert names[:3] == ["interp", "reweight", "nms"]
    assert lines[-1] == "s000        another name of interp"
    assert max(map(len, lines)) <= 80


def test_long_names_leave_room_for_every_column(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    names = [f"mask_rcnn_{depth}_fpn_3x_val2017.json" for depth in ("r50", "r101")]
    for name, own in zip(names, ("model_a.json", "model_b.json"), strict=True):
        (in_folder / own).rename(name)
    words = ["ensemble", *names, "--fit", "gt.json", "-o", "out.json"]
    assert failures.run(app, words) == failures.DONE
    out = capsys.readouterr().out
    assert names[0] in out  # the headline has the whole names
    assert "no room" not in out
    assert [line.split()[:3] for line in out.splitlines() if " alone " in line] == [
        ["mask_rcnn_r50", "alone", "76.2"]
    ]


def test_worth_is_shown_in_percent_where_it_was_measured_and_as_stated_by_hand(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for words, worth in ((["--fit", "gt.json"], "76.2"), (["--scores", "0.77,0.5"], "0.77")):
        assert ensemble(*words, "-o", "out.json", "--overwrite") == failures.DONE
        row = capsys.readouterr().out.split("model_a.json ")[2].split()
        assert row[:2] == ["109", worth]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (
            ["-o", "out.json"],
            "Give --scores, --ap (saved results), --fit (ground truth) or --weights",
        ),
        (["--scores", "1,2"], "nothing says where to write the result, expected -o with a file"),
        (["--scores", "1", "-o", "out.json"], "--scores has 1 number, expected 2"),
        (["--scores", "1,x", "-o", "out.json"], "--scores 1,x"),
        (["--scores", "1,2", "-o", "model_a.json", "--overwrite"], "is an input file and would be"),
        (["--scores", "1,2", "-o", "out.csv"], "the suffix says what to write"),
        (["--scores", "1,2", "--sigma", "1", "-o", "out.json"], "--sigma is no setting of interp"),
    ],
)
def test_what_cannot_be_done_is_refused_and_nothing_written(
    words: list[str], expected: str, in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in in_folder.iterdir()}
    assert ensemble(*words) == failures.UNUSABLE_INPUT
    assert expected in " ".join(capsys.readouterr().err.split())
    assert {path: path.read_bytes() for path in in_folder.iterdir()} == before


@pytest.mark.parametrize("files", [[], ["model_a.json"]])
def test_one_file_is_no_ensemble(
    files: list[str], in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["ensemble", *files, "--weights", "1", "-o", "out.json"]
    assert failures.run(app, words) == failures.UNUSABLE_INPUT
    assert "expected the predictions of two or more models" in capsys.readouterr().err


def test_weights_go_with_any_strategy_and_scores_are_calibrated(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--strategy", "nms", "--weigh", "classwise", "--mode", "topk", "--top-models", "2",
             "--calibrate", "temperature", "--calibrate-to", "precision", "--fit", "gt.json",
             "-o", "out.json")  # fmt: skip
    assert ensemble(*words) == failures.DONE
    out, _ = capsys.readouterr()
    assert out.splitlines()[:2] == [
        "Ensemble by nms   model_a.json + model_b.json   by segm IoU",
        "temperature calibration   classwise weights   max_dets 100",
    ]


def test_calibration_without_ground_truth_names_the_flags(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert (
        ensemble("--strategy", "modern", "--weights", "1,1", "-o", "o.json")
        == failures.UNUSABLE_INPUT
    )
    assert capsys.readouterr().err == (
        "error: scores cannot be calibrated (isotonic) without ground truth to fit to: give --fit, "
        "or --calibrate none\n"
    )
    assert (
        ensemble("--strategy", "wbf", "--weigh", "rank", "-o", "o.json") == failures.UNUSABLE_INPUT
    )
    assert capsys.readouterr().err.startswith("error: --weigh rank weighs models by their")


def test_views_of_one_model_are_mapped_back(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    save_predictions(to_image(load_predictions(in_folder / "model_a.json"), "hflip"), "flip.json")
    words = ["ensemble", "model_a.json", "flip.json", "--strategy", "nms", "-o"]
    assert failures.run(app, [*words, "out.json", "--view", "none,hflip"]) == failures.DONE
    assert "model_a.json + flip.json (hflip)" in capsys.readouterr().out
    assert failures.run(app, [*words, "2.json", "--view", "none", "--view", "hflip"]) == 0
    assert (in_folder / "out.json").read_bytes() == (in_folder / "2.json").read_bytes()


def test_views_that_do_not_exist_or_fit_are_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    nms = ("--strategy", "nms", "-o", "out.json", "--view")
    for views, problem in (
        ("none", "--view has 1 view for 2 models, expected one for each model, in their order"),
        ("none,rot90", "--view: 'rot90' is no view, expected none, hflip, vflip, scale=S or"),
        ("none,offset=9", "--view: 'offset=9' has offset '9', expected x,y in whole pixels, such"),
        ("none,scale=0", "--view: scale is 0, expected a number from 0.01 to 100"),
        ("scale=0.5,scale=0.5", "lists the images and their sizes: --images."),
    ):
        assert ensemble(*nms, views) == failures.UNUSABLE_INPUT
        assert problem in " ".join(capsys.readouterr().err.split())
    assert not (in_folder / "out.json").exists()


def test_tiles_of_one_model_become_whole_images(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    box = {"category_id": 1, "bbox": [1, 2, 3, 4]}
    tiled = [{**box, "image_id": f"1_{x}", "score": 0.5 + x / 1000} for x in (0, 100)]
    (in_folder / "tiled.json").write_text(json.dumps(tiled))
    (in_folder / "tiles.csv").write_text("tile_id,image_id,x,y\n1_0,1,0,0\n1_100,1,100,50\n")
    words = ["ensemble", "tiled.json", "--strategy", "nms", "--tiles", "tiles.csv", "-o"]
    assert failures.run(app, [*words, "out.json"]) == failures.DONE
    rows = json.loads((in_folder / "out.json").read_text())
    assert [(each["image_id"], each["bbox"]) for each in rows] == [
        (1, [101, 52, 3, 4]),
        (1, [1, 2, 3, 4]),
    ]
    capsys.readouterr()
    assert failures.run(app, [*words, "tiles.csv", "--overwrite"]) == failures.UNUSABLE_INPUT
    assert "tiles.csv" in capsys.readouterr().err
    assert (in_folder / "tiles.csv").read_text().startswith("tile_id")


def test_the_gain_on_each_category_is_shown_if_asked_for(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ("--fit", "gt.json", "-o", "out.json", "--overwrite")
    assert ensemble(*words, "--json") == failures.DONE
    by_category = json.loads(capsys.readouterr().out)["results"]["gain"]["by_category"]
    names = {each["name"] for each in by_category}
    assert names == {each["name"] for each in SCENE.ground_truth["categories"]}
    assert {"id", "difference", "interval", "p_corrected", "verdict"} <= by_category[0].keys()
    assert ensemble(*words) == failures.DONE
    assert "category" not in capsys.readouterr().out
    assert ensemble(*words, "--per-category") == failures.DONE
    lines = capsys.readouterr().out.splitlines()
    start = next(place for place, line in enumerate(lines) if "category" in line)
    assert lines[start].split() == ["category", "AP", "ensemble", "gain", "95", "%", "verdict"]
    shown = {line.split()[0] for line in lines[start + 2 : start + 2 + len(names)]}
    assert shown == names


def test_settings_of_votes_are_flags(in_folder: Path) -> None:
    words = ("--strategy", "vote", "--max-per-model", "0", "--exclusive", "--anchors", "nms",
             "--mask-votes", "score", "--bound-scores", "-q", "-o", "out.json")  # fmt: skip
    assert ensemble(*words) == failures.DONE
    rows = json.loads((in_folder / "out.json").read_text())
    assert max(each["score"] for each in rows) <= 1


def test_why_an_ensemble_does_not_help_is_said_in_flags(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, content in furniture(images=40).to_json().items():
        (in_folder / name).write_bytes(content)
    for name, factor, power in (("model_a.json", 0.1, 1), ("model_b.json", 1, 0.05)):
        rows = json.loads((in_folder / name).read_text())
        for row in rows:
            row["score"] = factor * row["score"] ** power
        (in_folder / name).write_text(json.dumps(rows))
    assert ensemble("--strategy", "nms", "--fit", "gt.json", "-o", "out.json") == failures.DONE
    out, err = capsys.readouterr()
    text = " ".join((out + err).split())
    assert "scores of the models do not mean the same" in text
    assert "of model_b.json, and --calibrate isotonic gives +" in text
