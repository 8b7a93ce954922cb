"""`segeval predict`: whole runs on small pictures, with models that find what is bright."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import typer
from PIL import Image

from segeval.models.config import Config, changed
from segeval.models.files import model_file
from segeval.models.files.weights import LoadReport
from segeval.models.networks.building import build
from segeval_cli import failures
from segeval_cli.commands.predict.command import predict
from segeval_cli.groups import QuickGroup
from segeval_cli.main import app
from tests.bright_models import SEEN, BrightObjects, BrightPixels
from tests.small_models import small_models

pytestmark = pytest.mark.usefixtures("one_thread")

CATEGORIES = ((3, "sofa"), (9, "lamp"))
SIZES = {"a.png": (40, 60), "b.png": (60, 40), "deep/c.jpg": (30, 30)}

predicting = typer.Typer(cls=QuickGroup)
predicting.command("predict")(predict)
predicting.command("other")(lambda: None)


def run(*argv: str) -> int:
    """A run of `predict` alone, or of one of the other commands."""
    return failures.run(predicting if argv[0] == "predict" else app, [*argv])


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three pictures in pics/, and their COCO file with one true mask each."""
    monkeypatch.chdir(tmp_path)
    images, annotations = [], []
    for number, (name, (height, width)) in enumerate(SIZES.items(), start=41):
        pixels = np.zeros((height, width, 3), np.uint8)
        pixels[10:20, 5:25] = 255
        path = tmp_path / "pics" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, quality=95)
        images.append({"id": number, "file_name": name, "height": height, "width": width})
        polygon = [5, 10, 25, 10, 25, 20, 5, 20]
        annotations.append(
            {"id": number, "image_id": number, "category_id": 3, "segmentation": [polygon]}
            | {"area": 200, "iscrowd": 0, "bbox": [5, 10, 20, 10]}
        )
    categories = [{"id": number, "name": name} for number, name in CATEGORIES]
    gt = {"images": images, "annotations": annotations, "categories": categories}
    (tmp_path / "gt.json").write_text(json.dumps(gt))
    return tmp_path


LOAD = model_file.load


@pytest.fixture(autouse=True)
def weights(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """What stands in for a file of weights; tests change it."""
    loaded = SimpleNamespace(
        model=BrightObjects(), config=Config(name="bright", classes=2, input=SEEN)
    )
    loaded.categories = CATEGORIES
    loaded.report = LoadReport((), (), (), {})
    monkeypatch.setattr(model_file, "load", lambda path, config=None: loaded)
    return loaded


def semantic(weights: SimpleNamespace) -> None:
    weights.model = BrightPixels()
    weights.config = Config(name="pixels", task="semantic", classes=2, input=SEEN)


ALWAYS = ("--weights", "w.safetensors", "--device", "cpu")


def test_views_are_merged_if_asked(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "w.safetensors").touch()
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "--flip", "--merge", "wbf")
    assert run(*argv, "-o", "preds.json", "--json") == failures.DONE
    settings = json.loads(capsys.readouterr().out)["settings"]
    assert (settings["flip"], settings["merge"]) == (True, "wbf")
    records = json.loads((folder / "preds.json").read_text())
    assert [record["image_id"] for record in records] == [41, 42, 43]


BOXES_RANKED = (
    "; for AP of boxes, rank them by the probability alone: segeval ap preds.json GT --iou bbox "
    "--score-field box_score"
)


@pytest.mark.parametrize(("words", "end"), [((), BOXES_RANKED), (("--merge", "nms"), "")])
def test_it_is_said_where_scores_rank_masks(
    words: tuple[str, ...],
    end: str,
    folder: Path,
    weights: SimpleNamespace,
    capsys: pytest.CaptureFixture[str],
) -> None:
    weights.config = changed(weights.config, "scored", scoring={"kind": "mask-iou"})
    (folder / "w.safetensors").touch()
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, *words, "-o", "preds.json")
    assert run(*argv, "--json") == failures.DONE
    notes = json.loads(capsys.readouterr().out)["notes"]
    text = "a score is the probability of the class times the predicted IoU of the mask"
    assert [each["message"] for each in notes if each["code"] == "mask-scores"] == [text + end]


def test_predictions_of_a_coco_file_are_evaluated(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "--overwrite", "-o", "preds.json")
    assert run(*argv) == failures.DONE
    shown = capsys.readouterr()
    assert shown.out.startswith("Objects   w.safetensors (bright)\n\n3 images, 3 predictions in ")
    assert " images/s) on cpu" in shown.out
    assert "wrote preds.json\n" in shown.out
    records = json.loads((folder / "preds.json").read_text())
    assert [record["image_id"] for record in records] == [41, 42, 43]
    assert {record["category_id"] for record in records} == {3}
    assert not (folder / "preds.images.json").exists()
    assert run("ap", "preds.json", "gt.json", "--json") == failures.DONE
    assert json.loads(capsys.readouterr().out)["results"]["segm"]["ap50"] == 1


def test_ids_of_a_folder_are_told_in_a_file_beside(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("predict", "pics", *ALWAYS, "-o", "preds.json") == failures.DONE
    beside = json.loads((folder / "preds.images.json").read_text())
    names = [(image["id"], image["file_name"]) for image in beside["images"]]
    assert names == [(1, "a.png"), (2, "b.png"), (3, "deep/c.jpg")]
    assert [beside["images"][0][side] for side in ("height", "width")] == [40, 60]
    assert [(each["id"], each["name"]) for each in beside["categories"]] == [*CATEGORIES]
    assert "preds.images.json (ids and names" in " ".join(capsys.readouterr().out.split())
    assert run("check", "preds.json", "preds.images.json") == failures.DONE
    # the list is itself a COCO file to predict from
    again = ("predict", "preds.images.json", "--images", "pics", *ALWAYS, "-o", "again.json")
    assert run(*again) == failures.DONE
    assert (folder / "again.json").read_bytes() == (folder / "preds.json").read_bytes()


def test_files_and_folders_come_once_in_order(folder: Path) -> None:
    argv = ("predict", "pics/b.png", "pics/deep", "pics/a.png", "pics/b.png")
    assert run(*argv, *ALWAYS, "-o", "preds.json", "-q") == failures.DONE
    beside = json.loads((folder / "preds.images.json").read_text())
    names = [image["file_name"] for image in beside["images"]]
    assert names == ["pics/a.png", "pics/b.png", "pics/deep/c.jpg"]


def test_label_maps_of_other_images_that_stay_are_told(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    semantic(weights)
    assert run("predict", "pics", *ALWAYS, "-o", "maps") == failures.DONE
    assert "of other images" not in capsys.readouterr().out
    (folder / "pics" / "b.png").unlink()
    (folder / "pics" / "deep" / "c.jpg").unlink()
    argv = ("predict", "pics", *ALWAYS, "-o", "maps", "--overwrite")
    assert run(*argv) == failures.DONE
    told = "note: maps/: 2 label maps of other images stay there, first b.png\n"
    assert told in capsys.readouterr().out
    (folder / "maps" / "b.png").unlink()
    (folder / "maps" / "deep" / "c.png").unlink()
    (folder / "maps" / "z.png").write_bytes(b"")
    assert run(*argv) == failures.DONE
    told = "note: maps/: 1 label map of another image stays there, first z.png\n"
    assert told in capsys.readouterr().out


def test_label_maps_are_evaluated(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    semantic(weights)
    assert run("predict", "pics", *ALWAYS, "-o", "maps", "--flip") == failures.DONE
    shown = capsys.readouterr().out
    assert shown.startswith("Label maps   w.safetensors (pixels)\n\n3 images in ")
    assert sorted(path.name for path in (folder / "maps").rglob("*.png")) == [
        "a.png",
        "b.png",
        "c.png",
    ]
    labels = np.asarray(Image.open(folder / "maps" / "deep" / "c.png"))
    assert labels.dtype == np.uint8
    assert set(np.unique(labels)) == {3, 9}
    (folder / "truth" / "deep").mkdir(parents=True)
    for name, size in SIZES.items():
        truth = np.full(size, 3, np.uint8)
        truth[10:20, 5:25] = 9
        Image.fromarray(truth).save(folder / "truth" / Path(name).with_suffix(".png"))
    (folder / "names.txt").write_text("3 sofa\n9 lamp\n")
    argv = ("miou", "maps", "truth", "--classes", "names.txt", "--json")
    code = run(*argv)
    shown = capsys.readouterr().out
    assert code == failures.DONE, shown
    assert json.loads(shown)["results"]["miou"] > 0.8


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (("nothing",), "nothing: no such file or folder."),
        (("gt.json",), "gt.json: lists images without their folder. Name it with --images DIR."),
        (
            ("gt.json", "--images", "no"),
            "no: no such folder, expected the images of gt.json in it.",
        ),
        (("pics", "gt.json", "--images", "pics"), "one COCO file (.json), got 2 inputs."),
        (("pics", "--images", "pics"), "--images pics: needs exactly one COCO file (.json), got "),
        (
            ("gt.json", "--images", "pics/deep"),
            "pics/deep: 2 of the 3 images of gt.json are missing",
        ),
        (("pics", "--score", "5"), "--score 5: a score must be a fraction from 0 to 1."),
        (("pics", "--scales", "big"), "--scales big: expected short sides in pixels"),
        (("pics", "--scales", "64,64000"), "expected short sides of at most 10,000 pixels."),
        (
            ("pics", "--boxes", "boxes.json", "--merge", "wbf"),
            "--merge wbf is for objects that each view finds by itself; with --boxes they",
        ),
        (("pics", "--amp", "fp32"), "'fp32' is not one of 'bf16', 'fp16'"),
        (("pics", "--views", "masks"), "--views masks is for several views of an image"),
        (("pics", "--device", "tpu9"), "--device tpu9: expected auto, cpu or cuda."),
        (("pics", "-o", "preds"), "--output preds: this model finds objects, expected a .json"),
        (("pics", "-o", "no/preds.json"), "--output no/preds.json: there is no folder no."),
        (("pics", "-o", "preds.csv"), "--output preds.csv: the suffix says what to write"),
    ],
)
def test_what_cannot_be_done_is_said_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str], argv: tuple[str, ...], message: str
) -> None:
    target = () if "-o" in argv else ("-o", "preds.json")
    always = ALWAYS[:2] if "--device" in argv else ALWAYS
    before = sorted(folder.rglob("*"))
    assert run("predict", *always, *argv, *target) == failures.UNUSABLE_INPUT
    assert message in capsys.readouterr().err
    assert sorted(folder.rglob("*")) == before


def test_categories_that_differ_are_named(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    weights.categories = ((3, "sofa"), (9, "mirror"))
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "-o", "preds.json")
    assert run(*argv) == failures.UNUSABLE_INPUT
    assert (
        "gt.json: its categories differ from the 2 of w.safetensors: it calls 9 'lamp' instead of "
        "'mirror'. Categories must have the same ids and names." in capsys.readouterr().err
    )


def test_a_model_may_know_fewer_categories_than_the_list_and_a_note_says_which_it_lacks(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    listed = json.loads((folder / "gt.json").read_text())
    listed["categories"].append({"id": 12, "name": "rug"})
    (folder / "gt.json").write_text(json.dumps(listed))
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "--overwrite", "-o", "preds.json")
    assert run(*argv) == failures.DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "note: w.safetensors knows 2 of the 3 categories of gt.json, not 12 (rug)" in shown
    assert {each["category_id"] for each in json.loads(Path("preds.json").read_text())} <= {3, 9}


def test_weights_without_categories_take_those_of_the_coco_file_and_say_so(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    weights.categories = None
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "--overwrite", "-o", "preds.json")
    assert run(*argv) == failures.DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "note: w.safetensors does not name its categories: those of gt.json are used" in shown
    assert json.loads((folder / "preds.json").read_text())[0]["category_id"] == 3
    weights.config = Config(name="bright", classes=5, input=SEEN)
    assert run(*argv) == failures.UNUSABLE_INPUT
    assert "its model has 5 classes, gt.json 2 categories" in capsys.readouterr().err


def test_weights_without_categories_count_from_1_in_a_folder(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    weights.categories = None
    assert run("predict", "pics", *ALWAYS, "-o", "preds.json") == failures.DONE
    assert "ids are 1 to 2" in " ".join(capsys.readouterr().out.split())
    assert json.loads((folder / "preds.json").read_text())[0]["category_id"] == 1


def test_a_broken_image_leaves_nothing_half_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pics" / "b.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    (folder / "preds.json").write_text("before")
    argv = ("predict", "pics", *ALWAYS, "--overwrite", "-o", "preds.json")
    before = sorted(folder.rglob("*"))
    assert run(*argv) == failures.UNUSABLE_INPUT
    assert "error: pics/b.png: the picture is damaged" in capsys.readouterr().err
    assert (folder / "preds.json").read_text() == "before"
    assert sorted(folder.rglob("*")) == before
    assert run(*argv, "--skip-broken") == failures.DONE
    shown = capsys.readouterr()
    assert "note: left out: pics/b.png: the picture is damaged" in shown.err
    assert "2 images, 2 predictions" in shown.out
    assert "note: 1 image could not be read and was left out" in shown.out
    records = json.loads((folder / "preds.json").read_text())
    assert [record["image_id"] for record in records] == [1, 3]


def test_images_that_are_not_there_are_told_before_the_work_begins(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "pics" / "deep" / "c.jpg").unlink()
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "-o", "preds.json")
    assert run(*argv) == failures.UNUSABLE_INPUT
    assert (
        "pics: 1 of the 3 images of gt.json is missing, first deep/c.jpg. To "
        "leave them out: --skip-broken" in capsys.readouterr().err
    )
    assert weights.model.batches == []
    assert run(*argv, "--skip-broken") == failures.DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "2 images, 2 predictions" in shown
    assert "note: pics: 1 of the 3 images of gt.json is missing" in shown


def test_entries_of_the_weights_that_are_not_used_are_told(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    weights.report = LoadReport((), (), ("teacher.a", "teacher.b"), {})
    assert run("predict", "pics", *ALWAYS, "-o", "preds.json") == failures.DONE
    shown = " ".join(capsys.readouterr().out.split())
    assert "note: w.safetensors: 2 entries not used, first teacher.a" in shown


def test_large_images_are_no_reason_for_a_warning(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 40 * 60 - 1)  # warnings are errors here
    assert run("predict", "pics/a.png", *ALWAYS, "-o", "preds.json") == failures.DONE


def test_an_image_of_another_size_than_listed_is_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    Image.new("RGB", (33, 44)).save(folder / "pics" / "b.png")
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, "-o", "preds.json")
    assert run(*argv) == failures.UNUSABLE_INPUT
    assert "pics/b.png: has 44 x 33 pixels, its annotations are for 60 x 40" in (
        capsys.readouterr().err
    )


def test_a_folder_of_label_maps_is_new_and_its_names_are_unique(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    semantic(weights)
    (folder / "maps").mkdir()
    (folder / "maps" / "old.png").touch()
    assert run("predict", "pics", *ALWAYS, "-o", "maps") == failures.UNUSABLE_INPUT
    assert "maps: is not empty" in capsys.readouterr().err
    Image.new("RGB", (8, 8)).save(folder / "pics" / "a.bmp")
    assert run("predict", "pics", *ALWAYS, "-o", "new") == failures.UNUSABLE_INPUT
    assert "its label map would be a.png, like that of pics/a.bmp" in capsys.readouterr().err
    assert not (folder / "new").exists()
    assert run("predict", "pics", *ALWAYS, "-o", "new.json") == failures.UNUSABLE_INPUT
    assert "--output new.json: this model gives label maps" in capsys.readouterr().err
    assert run("predict", "pics", *ALWAYS, "-o", "pics/new") == failures.UNUSABLE_INPUT
    assert "pics/new: lies in pics, so the next run would take" in capsys.readouterr().err
    assert run("predict", "pics", *ALWAYS, "-o", "new", "--score", "0.5") == 2
    assert "--score is for objects; this model gives label maps" in capsys.readouterr().err


def test_options_reach_the_model(
    folder: Path, weights: SimpleNamespace, capsys: pytest.CaptureFixture[str]
) -> None:
    argv = ("predict", "pics", *ALWAYS, "--score", "0.95", "--max-dets", "7", "--batch", "2")
    assert run(*argv, "-o", "preds.jsonl", "-q") == failures.DONE
    assert (weights.model.score, weights.model.max_dets) == (0.95, 7)
    assert (folder / "preds.jsonl").read_text() == ""
    assert run("predict", "pics", *ALWAYS, "-o", "none.json", "--score", "0.95") == failures.DONE
    assert json.loads((folder / "none.json").read_text()) == []
    assert "note: no object has a score above 0.95; --score sets another" in capsys.readouterr().out


def test_json_says_what_was_done(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "w.safetensors").write_bytes(b"whose model stands in for it")
    assert run("predict", "pics", *ALWAYS, "-o", "preds.json", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/predict/1"
    assert document["results"] == {
        "images": 3,
        "predictions": 3,
        "broken": 0,
        "files": ["preds.json", "preds.images.json"],
    }
    assert len(document["inputs"]["weights"]["sha256"]) == 64
    assert document["settings"]["device"] == "cpu"
    assert {"score", "max_dets", "flip", "scales", "amp"} < set(document["settings"])


def test_quiet_says_nothing_on_standard_error(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("predict", "pics", *ALWAYS, "-o", "preds.json.gz", "-q") == failures.DONE
    shown = capsys.readouterr()
    assert shown.err == ""
    assert "3 predictions" in shown.out


def test_without_torch_there_is_a_line_to_install_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("segeval_cli.needs.find_spec", lambda name: None)
    assert run("predict", "pics", *ALWAYS, "-o", "preds.json") == failures.UNUSABLE_INPUT
    assert "pip install 'segeval-cv[models]'" in capsys.readouterr().err


SMALL = {"input": {"test_size": 64, "test_max": 96}, "backbone": {"width_per_group": 4}}


@pytest.mark.parametrize("more", [(), ("--flip", "--scales", "48", "--amp", "bf16")])
def test_a_real_model_from_a_file_with_random_weights(
    folder: Path, monkeypatch: pytest.MonkeyPatch, more: tuple[str, ...]
) -> None:
    torch.manual_seed(0)
    small_head = {"coarse_width": 8, "coarse_channels": 8, "point_width": 8}
    small_head["subdivision_points"] = 196
    boxes = {"score_threshold": 0.001, "max_dets": 5}
    config = changed(Config(), "small", classes=2, boxes=boxes, mask=small_head, **SMALL)
    monkeypatch.setattr(model_file, "load", LOAD)
    argv = ("predict", "gt.json", "--images", "pics", *ALWAYS, *more, "-o", "preds.json")
    with small_models():
        model_file.save("w.safetensors", build(config), config, CATEGORIES)
        assert run(*argv) == failures.DONE
    records = json.loads((folder / "preds.json").read_text())
    assert {record["image_id"] for record in records} == {41, 42, 43}
    assert {record["category_id"] for record in records} <= {3, 9}
    assert run("check", "preds.json", "gt.json") in (failures.DONE, failures.ANSWER_IS_NO)
    assert run("ap", "preds.json", "gt.json") == failures.DONE


def test_a_real_semantic_model_writes_maps_of_its_classes(
    folder: Path, weights: SimpleNamespace
) -> None:
    torch.manual_seed(0)
    pointrend = {"pointrend": True, "subdivision_points": 64}
    config = changed(Config(), "small", task="semantic", classes=2, semantic=pointrend, **SMALL)
    with small_models():
        weights.model, weights.config = build(config), config
    assert run("predict", "pics", *ALWAYS, "-o", "maps", "--batch", "2") == failures.DONE
    for name, size in SIZES.items():
        labels = np.asarray(Image.open(folder / "maps" / Path(name).with_suffix(".png")))
        assert labels.shape == size
        assert set(np.unique(labels)) <= {3, 9}
