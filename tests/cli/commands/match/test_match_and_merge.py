"""`segeval match`, `segeval merge` and `segeval ap` of part files."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.main import app


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    files = furniture(images=12)
    (folder / "preds.json").write_text(json.dumps(files.better))
    (folder / "gt.json").write_text(json.dumps(files.ground_truth))
    return folder


@pytest.fixture
def in_folder(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("preds.json", "gt.json"):
        shutil.copy(folder / name, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    return tmp_path


def run(line: str) -> int:
    return failures.run(app, line.split())


def in_thirds() -> None:
    for place in (1, 2, 3):
        line = f"match preds.json gt.json --iou segm,bbox --shard {place}/3 -o {place}.match -q"
        assert run(line) == failures.DONE


def test_merged_parts_give_the_document_of_one_run(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    in_thirds()
    assert run("merge 3.match 1.match 2.match -o all.match -q") == failures.DONE
    capsys.readouterr()
    assert run("ap all.match --json") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert run("ap preds.json gt.json --iou segm,bbox --json") == failures.DONE
    expected = json.loads(capsys.readouterr().out)
    for key in ("results", "settings", "notes"):
        assert found[key] == expected[key]


def test_each_command_says_what_it_wrote(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("match preds.json gt.json --shard 1/2 -o a.match") == failures.DONE
    found = capsys.readouterr()
    title, rules, summary = filter(None, found.out.splitlines())
    assert title == "Matched   preds.json vs gt.json   slice 1/2"
    assert rules == "coco protocol, 0.50:0.95, max_dets 100"
    assert summary.startswith("59 predictions and 50 ground truths of 6 images, 0.0 MiB in ")
    assert found.err == "wrote a.match\n"
    assert run("match preds.json gt.json --shard 2/2 -o b.match -q") == failures.DONE
    capsys.readouterr()
    assert run("merge a.match b.match -o all.match --json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/match/1"
    assert document["results"]["images"] == 12
    assert document["results"]["size"] == (in_folder / "all.match").stat().st_size


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("ap all.match gt.json", "all.match: is a part file, which holds the matches"),
        (
            "ap all.match all.match",
            "all.match, all.match: are two part files. segeval merge makes one of the parts",
        ),
        ("ap preds.json", "Missing argument 'GT'."),
        (
            "ap all.match --thresholds 0.5",
            "--thresholds is 0.5, and all.match was matched with 0.5,0.55,",
        ),
        ("ap all.match --iou segm", "--iou is segm, and all.match was matched with segm,bbox. "),
        ("ap all.match --protocol lvis", "--protocol is lvis, and all.match was matched with coco"),
        ("ap all.match --verify", "--verify does not go with a part file"),
        ("merge all.match", "nothing says where to write the part, expected -o with a file"),
        ("merge all.match -o all.match", "--output all.match: is an input file and would be lost"),
        (
            "merge all.match gt.json -o b.match",
            "gt.json: is no part of an evaluation, or is damaged",
        ),
        (
            "match gt.json preds.json -o b.match",
            "Swap them: segeval match preds.json gt.json -o ...",
        ),
        ("merge gone.match -o b.match", "gone.match: no such file or directory."),
        ("match preds.json gt.json -o b.json", "the suffix says what to write, expected .match"),
        ("match preds.json gt.json", "nothing says where to write the part, expected -o"),
        ("match preds.json gt.json --shard 3 -o b.match", "--shard 3: expected which slice of"),
        ("match preds.json gt.json --shard 3/2 -o b.match", "--shard is 3/2, expected 1/2 to 2/2"),
        ("match preds.json gt.json --shard 1/99 -o b.match", "--shard asks for 99 slices, and "),
        ("match preds.json gt.json --protocol openimages -o b.match", "'openimages' is not one of"),
    ],
)
def test_wrong_use_is_refused_and_nothing_written(
    in_folder: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    assert run("match preds.json gt.json --iou segm,bbox -o all.match -q") == failures.DONE
    before = (in_folder / "all.match").read_bytes()
    assert run(line) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err
    assert not (in_folder / "b.match").exists()
    assert (in_folder / "all.match").read_bytes() == before


def test_settings_that_are_those_of_the_file_are_no_mistake(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("match preds.json gt.json --sizes 3dfuture -o a.match -q") == failures.DONE
    line = "ap a.match --sizes 3dfuture --iou segm --per category --categories bed --ci"
    assert run(line) == failures.DONE
    assert "bed" in capsys.readouterr().out


def test_parts_of_two_models_are_compared_without_the_files(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (in_folder / "other.json").write_text(json.dumps(furniture(images=12).weaker))
    for name in ("preds", "other"):
        assert run(f"match {name}.json gt.json -o {name}.match -q") == failures.DONE
    capsys.readouterr()
    options = "--resamples 50 --json"
    assert run(f"compare preds.match other.match {options}") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert run(f"compare preds.json other.json gt.json {options}") == failures.DONE
    expected = json.loads(capsys.readouterr().out)
    assert found["results"] == expected["results"]


def test_parts_with_other_objects_are_not_compared(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gt = json.loads((in_folder / "gt.json").read_text())
    del gt["annotations"][0]
    (in_folder / "fewer.json").write_text(json.dumps(gt))
    assert run("match preds.json gt.json -o a.match -q") == failures.DONE
    assert run("match preds.json fewer.json -o b.match -q") == failures.DONE
    assert run("compare a.match b.match") == failures.UNUSABLE_INPUT
    words = "b.match: image 1 was matched with other ground truth than in a.match. Match both"
    assert words in capsys.readouterr().err


def in_files(folder: Path, files: int) -> None:
    (folder / "preds").mkdir()
    records = json.loads((folder / "preds.json").read_text())
    for place in range(files):
        own = [record for record in records if record["image_id"] % files == place]
        lines = "".join(json.dumps(record) + "\n" for record in own)
        (folder / "preds" / f"{place}.jsonl").write_text(lines)


@pytest.mark.parametrize(
    "preds", ["preds", "preds/*.jsonl", "preds/2.jsonl preds/0.jsonl preds/1.jsonl"]
)
def test_files_of_predictions_are_matched_one_by_one(
    in_folder: Path, capsys: pytest.CaptureFixture[str], preds: str
) -> None:
    in_files(in_folder, 3)
    assert run(f"match {preds} gt.json -o a.match --json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert (document["results"]["images"], document["results"]["predictions"]) == (
        12,
        len(json.loads((in_folder / "preds.json").read_text())),
    )
    assert run("ap a.match --json") == failures.DONE
    found = json.loads(capsys.readouterr().out)
    assert run("ap preds gt.json --json") == failures.DONE
    expected = json.loads(capsys.readouterr().out)
    for key in ("results", "settings", "notes"):
        assert found[key] == expected[key]
    assert run(f"match {preds} gt.json --shard 2/2 -o b.match -q") == failures.DONE
    capsys.readouterr()


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("match preds.json -o b.match", "Missing argument 'GT'."),
        ("match preds.json preds.json gt.json -o b.match", "preds.json: is given twice"),
        ("match preds.json gt.json --shards 3 -o b.match", "--shards goes with --scheduler."),
        (
            "match preds.json gt.json --shard 1/2 --scheduler tcp://a:1 -o b.match",
            "--shard does not go with --scheduler",
        ),
        ("ap preds.json gt.json --shards 3", "--shards goes with --scheduler."),
        ("ap preds.json gt.json --verify --scheduler tcp://a:1", "--verify does not go with"),
        ("ap a.match --scheduler tcp://a:1", "--scheduler does not go with a part file"),
        ("ap a.csv b.csv --protocol openimages --scheduler tcp://a:1", "--scheduler does not go"),
    ],
)
def test_wrong_use_of_several_files_and_clusters_is_refused(
    in_folder: Path, capsys: pytest.CaptureFixture[str], line: str, words: str
) -> None:
    if "a.match" in line:
        assert run("match preds.json gt.json -o a.match -q") == failures.DONE
    assert run(line) == failures.UNUSABLE_INPUT
    assert words in capsys.readouterr().err
    assert not (in_folder / "b.match").exists()


def test_without_dask_the_message_says_what_to_install(
    in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segeval_cli.scheduler.find_spec", lambda _: None)
    assert run("ap preds.json gt.json --scheduler tcp://a:1") == failures.UNUSABLE_INPUT
    assert "pip install 'segeval-cv[dask]', in a clone '.[dask]'" in capsys.readouterr().err


def test_a_cluster_gives_the_document_of_one_run(
    in_folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    dask = pytest.importorskip("distributed", reason="needs dask.distributed, of the extra dask")
    in_files(in_folder, 3)
    assert run("ap preds gt.json --json") == failures.DONE
    expected = json.loads(capsys.readouterr().out)
    with dask.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster:
        url = cluster.scheduler_address
        assert run(f"ap preds gt.json --scheduler {url} --json") == failures.DONE
        found = json.loads(capsys.readouterr().out)
        assert run(f"match preds gt.json --scheduler {url} -o a.match -q") == failures.DONE
        assert run(f"ap preds.json gt.json --scheduler {url} --shards 5") == failures.DONE
    capsys.readouterr()
    assert run("ap a.match --json") == failures.DONE
    streamed = json.loads(capsys.readouterr().out)
    for key in ("results", "settings", "notes"):
        assert found[key] == streamed[key] == expected[key]


def test_a_scheduler_that_does_not_answer_is_said(
    in_folder: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("distributed", reason="needs dask.distributed, of the extra dask")
    monkeypatch.setattr("segeval_cli.cluster.ANSWERS_WITHIN", 1)
    for url, words in (
        ("tcp://127.0.0.1:9", "no scheduler of dask.distributed answers there"),
        ("nonsense", "--scheduler nonsense: expected an address such as tcp://host:8786."),
    ):
        assert run(f"ap preds.json gt.json --scheduler {url}") == failures.UNUSABLE_INPUT
        assert words in capsys.readouterr().err
