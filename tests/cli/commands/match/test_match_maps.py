"""`segeval match --task miou` and `--task pq`, `segeval merge`, `segeval miou` and `segeval pq`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app
from tests.unit.metrics.panoptic.test_panoptic_parts import scene
from tests.unit.metrics.semantic.test_label_map_parts import rooms

MAPS = "--classes 5 --ignore 255"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("maps")
    rooms(folder, 12)
    for path in (folder / "preds", folder / "gt"):
        path.rename(folder / f"{path.name}_maps")
    scene(folder, 12)
    files = furniture(images=3)
    (folder / "ap_preds.json").write_text(json.dumps(files.better))
    (folder / "ap_gt.json").write_text(json.dumps(files.ground_truth))
    return folder


@pytest.fixture
def in_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for path in folder.iterdir():
        (tmp_path / path.name).symlink_to(path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run(line: str) -> int:
    return failures.run(app, line.split())


def done(line: str) -> None:
    assert run(line) == failures.DONE


def document(line: str, capsys: pytest.CaptureFixture[str]) -> dict[str, Any]:
    capsys.readouterr()
    done(f"{line} --json")
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


@pytest.mark.parametrize(
    ("task", "files", "options"),
    [
        ("miou", "preds_maps gt_maps", f"{MAPS} --trimap 1,3 --boundary --boundary-f"),
        ("miou", "preds_maps gt_maps", f"{MAPS} --boundary --boundary-px 2 --absent zero"),
        ("pq", "preds.json gt.json", "--iou segm,boundary --boundary-px 1"),
        ("pq", "preds.json gt.json", "--compat official --preds-dir preds --gt-dir gt"),
    ],
)
def test_merged_parts_give_the_document_of_one_run(
    in_folder: Path, capsys: pytest.CaptureFixture[str], task: str, files: str, options: str
) -> None:
    for place in (1, 2, 3):
        done(f"match {files} --task {task} {options} --shard {place}/3 -o {place}.match -q")
    done("merge 3.match 1.match -o some.match -q")
    done("merge some.match 2.match -o all.match -q")
    for per in ("", " --per category,image --ci --resamples 50"):
        found = document(f"{task} all.match{per}", capsys)
        expected = document(f"{task} {files} {options}{per}", capsys)
        for key in ("results", "settings", "notes"):
            assert found[key] == expected[key]


def test_each_command_says_what_it_wrote(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    done(f"match preds_maps gt_maps --task miou {MAPS} --shard 1/2 -o a.match")
    found = capsys.readouterr()
    title, summary = filter(None, found.out.splitlines())
    assert title == "Matched   preds_maps vs gt_maps   slice 1/2   5 classes"
    assert summary.startswith("6 images, 0.0 MiB in ")
    assert found.err == "wrote a.match\n"
    done("match preds.json gt.json --task pq --shard 2/2 -o b.match")
    title, summary = filter(None, capsys.readouterr().out.splitlines())
    assert title == "Matched   preds.json vs gt.json   slice 2/2   segm"
    assert " ground truths of 6 images, 0.0 MiB in " in summary
    results = document("merge b.match -o all.match", capsys)["results"]
    assert (results["task"], results["images"]) == ("pq", 6)
    assert results["size"] == (in_folder / "all.match").stat().st_size


def test_a_number_that_must_be_reached_is_asked_of_parts_too(in_folder: Path) -> None:
    done(f"match preds_maps gt_maps --task miou {MAPS} -o a.match -q")
    done("match preds.json gt.json --task pq -o b.match -q")
    assert run("miou a.match -q --fail-under 0.99") == failures.ANSWER_IS_NO
    assert run("pq b.match -q --fail-under 0.01 -o found.csv") == failures.DONE
    assert (in_folder / "found.csv").exists()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("miou maps.match gt_maps", "maps.match: is a part file, which holds the matches with"),
        ("miou preds_maps", "Missing argument 'GT'."),
        ("miou preds_maps gt_maps", "label maps need their classes, expected --classes, such as"),
        ("miou maps.match --classes 6", "--classes is 6, and maps.match was matched with 5. Match"),
        ("miou maps.match --ignore 9", "--ignore is 9,255, and maps.match was matched with 255."),
        ("miou maps.match --trimap 2", "--trimap is 2, and maps.match was matched with 1,3."),
        ("miou maps.match --trimap-void edge", "--trimap-void is edge, and maps.match was matched"),
        (
            "miou maps.match --absent zero",
            "--absent is zero, and maps.match was matched with citys",
        ),
        ("miou maps.match --compat detectron2", "--compat is detectron2, and maps.match was"),
        ("miou maps.match --boundary", "--boundary is on, and maps.match was matched without it."),
        ("miou maps.match --boundary-f-threshold 3", "--boundary-f-threshold is 3, and maps.match"),
        ("pq segments.match --iou boundary", "--iou is boundary, and segments.match was matched w"),
        ("pq segments.match --boundary-px 1", "--boundary-px is 1, and segments.match was matched"),
        ("pq segments.match --gt-dir gt", "--gt-dir does not go with a part file, which holds"),
        (
            "ap maps.match",
            "maps.match: is a part of miou, expected one of ap. Read it by segeval m",
        ),
        ("ap segments.match", "expected one of ap. Read it by segeval pq segments.match."),
        ("pq maps.match", "is a part of miou, expected one of pq. Read it by segeval miou maps.m"),
        ("miou ap.match", "ap.match: is a part of ap, expected one of miou. Read it by segeval ap"),
        (
            "merge maps.match segments.match -o b.match",
            "segments.match: is a part of pq, maps.match one of miou. Only parts of one task go",
        ),
        (f"match preds_maps gt_maps {MAPS} -o b.match", "is an option of --task miou, which is"),
        (
            "match preds.json gt.json --task pq --thresholds 0.5 -o b.match",
            "--thresholds is an option of --task ap, and this is --task pq.",
        ),
        (
            f"match preds_maps gt_maps --task miou {MAPS} --iou segm -o b.match",
            "--iou is an option of --task ap and --task pq, and this is --task miou.",
        ),
        ("match preds_maps gt_maps --task miou -o b.match", "label maps need their classes"),
        (
            f"match preds_maps gt_maps --task miou {MAPS} --compat lvis -o b.match",
            "--compat is 'lvis', expected one of official, detectron2.",
        ),
        ("match preds.json gt.json --task pq --iou bbox -o b.match", "--iou bbox: "),
        (
            f"match preds_maps gt_maps --task miou {MAPS} --shard 1/99 -o b.match",
            "--shard asks for 99 slices, and gt_maps has only 12 images",
        ),
    ],
)
def test_wrong_use_is_refused_and_nothing_written(
    in_folder: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    done(f"match preds_maps gt_maps --task miou {MAPS} --trimap 1,3 -o maps.match -q")
    done("match preds.json gt.json --task pq -o segments.match -q")
    done("match ap_preds.json ap_gt.json -o ap.match -q")
    capsys.readouterr()
    assert run(line) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err
    assert not (in_folder / "b.match").exists()


def test_settings_that_are_those_of_the_file_are_no_mistake(in_folder: Path) -> None:
    options = f"{MAPS} --trimap 3,1 --trimap-void edge --boundary --boundary-px 2 --boundary-f"
    done(f"match preds_maps gt_maps --task miou {options} -o a.match -q")
    done(f"miou a.match -q {options}")
    done("miou a.match -q --boundary-px 2 --boundary-f-threshold 0.008 --absent cityscapes")
    done("match preds.json gt.json --task pq --iou segm,boundary -o b.match -q")
    done("pq b.match -q --iou segm,boundary --boundary-ratio 0.02")
