"""`segeval train`: whole runs of small models, what they print and leave, and what is refused."""

from __future__ import annotations

import json
import runpy
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from segeval.models.config import read_config
from segeval.models.training import initial
from segeval.models.training.checkpoints import read_state, save_state
from segeval.models.training.events import Event, Progress
from segeval_cli import failures, needs
from segeval_cli.commands.train.view import TrainView
from segeval_cli.main import app
from tests.small_models import small_models
from tests.small_pictures import write_pictures
from tests.tiny_training import Tiny

OBJECTS = ("--config", "set/small.toml", "--images", "set/images", "--annotations", "set/gt.json")
MAPS = ("--config", "set/maps.toml", "--images", "set/images", "--label-maps", "set/maps")
VAL = ("--val-images", "val/images", "--val-annotations", "val/gt.json")

Capture = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True, scope="module")
def _small(one_thread: None) -> Iterator[None]:
    with small_models():
        yield


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Twelve pictures to learn in set/, four to measure on in val/."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    write_pictures(tmp_path / "set", 12)
    write_pictures(tmp_path / "val", 4, seed=1)
    return tmp_path


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> type[Tiny]:
    """A model of a few numbers instead of a detector; its losses look at the images only."""

    def new_model(config: Any, found: Any, **how: Any) -> tuple[Any, tuple[()]]:
        with torch.random.fork_rng():
            torch.manual_seed(how["seed"])
            return Tiny(norm=False), ()

    monkeypatch.setattr(initial, "new_model", new_model)
    return Tiny


def train(*words: str) -> int:
    return failures.run(app, ["train", *words, "--device", "cpu", "-o", "run"])


def records(run: str = "run") -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(run, "log.jsonl").read_text().splitlines()]


def losses(run: str = "run") -> list[float]:
    return [each["loss"] for each in records(run) if each["kind"] == "update"]


def left(folder: Path) -> set[str]:
    return {each.name for each in (folder / "run").iterdir()}


FILES = {"best.safetensors", "last.pt", "log.jsonl", "config.toml", "curves.png"}


def test_a_detector_learns_in_twenty_updates_and_predicts(folder: Path, capsys: Capture) -> None:
    assert train(*OBJECTS, *VAL, "--eval-every", "20", "--seed", "1") == failures.DONE
    found = losses()
    assert len(found) == 20
    assert np.mean(found[-5:]) < 0.8 * np.mean(found[:5])
    names = {"rpn_cls", "rpn_loc", "cls", "box_reg", "mask", "mask_point"}
    assert records()[0]["losses"].keys() == {f"loss_{name}" for name in names}
    measured = [each for each in records() if each["kind"] == "evaluation"]
    assert [each["update"] for each in measured] == [20]
    assert left(folder) == FILES
    shown = capsys.readouterr()
    assert "note: no --init: all weights start at random, no layer is frozen" in shown.err
    assert "20 updates of 2 images from 12, on cpu\n" in shown.err
    assert "\nupdate 20: AP " in shown.err
    assert shown.out.startswith("Trained small   20 updates of 2 images on cpu   ")
    assert "\n\nin run/   best.safetensors, last.pt, curves.png\n" in shown.out
    assert max(map(len, shown.out.splitlines())) <= 80
    with Image.open("run/curves.png") as picture:
        assert picture.width > 1500  # losses and metrics

    weights = ("--weights", "run/best.safetensors", "--device", "cpu")
    predict = ("predict", "val/gt.json", "--images", "val/images", *weights, "-o", "preds.json")
    assert failures.run(app, predict) == failures.DONE
    capsys.readouterr()
    assert failures.run(app, ["ap", "preds.json", "val/gt.json", "--json"]) == failures.DONE
    best = next(each for each in measured[::-1] if each["best"])
    ap = json.loads(capsys.readouterr().out)["results"]["segm"]["ap"]
    assert ap == best["metrics"]["AP"]


def test_a_model_of_label_maps_learns_and_predicts(folder: Path, capsys: Capture) -> None:
    measure = ("--val-images", "val/images", "--val-label-maps", "val/maps", "--eval-every", "4")
    assert train(*MAPS, "--classes", "3", *measure, "--updates", "4") == failures.DONE
    shown = capsys.readouterr()
    assert "update 4: mIoU " in shown.err
    assert ", trimap_1 " in shown.err
    weights = ("--weights", "run/best.safetensors", "--device", "cpu")
    assert failures.run(app, ["predict", "val/images", *weights, "-o", "found"]) == failures.DONE
    capsys.readouterr()
    argv = ["miou", "found", "val/maps", "--classes", "3", "--trimap", "1", "--json"]
    assert failures.run(app, argv) == failures.DONE
    results = json.loads(capsys.readouterr().out)["results"]
    metrics = records()[-1]["metrics"]
    assert (results["miou"], results["trimap"][0]["miou"]) == (metrics["mIoU"], metrics["trimap_1"])


def test_without_validation_a_line_says_so(folder: Path, tiny: Any, capsys: Capture) -> None:
    assert train(*OBJECTS) == failures.DONE
    assert "note: no validation data: best.safetensors has the last weights" in (
        capsys.readouterr().err
    )
    with Image.open("run/curves.png") as picture:
        assert picture.width < 1500  # losses only


def test_options_change_the_configuration(folder: Path, tiny: Any) -> None:
    options = ("--updates", "10", "--batch", "4", "--set", "schedule.momentum=0")
    assert train(*OBJECTS, *options, "--set", "input.train_sizes=[32, 48]") == failures.DONE
    config = read_config("run/config.toml")
    schedule = config.schedule
    assert (config.name, config.classes) == ("small", 2)
    assert (schedule.updates, schedule.steps, schedule.batch) == (10, (8,), 4)
    assert (schedule.learning_rate, schedule.momentum) == (0.008, 0.0)
    assert config.input.train_sizes == (32, 48)
    assert len(losses()) == 10


def test_a_rate_that_is_given_does_not_follow_the_batch(folder: Path, tiny: Any) -> None:
    options = ("--batch", "4", "--learning-rate", "0.001", "--updates", "1")
    assert train(*OBJECTS, *options) == failures.DONE
    assert read_config("run/config.toml").schedule.learning_rate == 0.001


def test_json_says_how_the_run_ended(folder: Path, tiny: Any, capsys: Capture) -> None:
    assert train(*OBJECTS, "--updates", "3", "--json") == failures.DONE
    document = json.loads(capsys.readouterr().out)
    assert document["schema"] == "segeval/train/1"
    assert document["results"] == {
        "update": 3,
        "loss": losses()[-1],
        "reason": "done",
        "best": None,
        "files": ["run/best.safetensors", "run/last.pt", "run/curves.png"],
    }
    assert document["settings"]["images"] == 12
    codes = [note["code"] for note in document["notes"]]
    assert codes == ["random-weights", "no-validation"]


def test_kept_weights_are_counted(folder: Path, tiny: Any, capsys: Capture) -> None:
    words = ("--updates", "12", "--batch", "4", "--keep-every", "1 epoch")
    mixed = ("--set", "input.copy_paste=0.5", "--set", "input.mosaic=0.5")
    assert train(*OBJECTS, *words, *mixed) == failures.DONE
    assert "kept/ (4 files)" in capsys.readouterr().out
    names = [f"update_{update:07}.safetensors" for update in (3, 6, 9, 12)]
    assert sorted(each.name for each in Path("run/kept").iterdir()) == names


def test_quiet_is_quiet(folder: Path, tiny: Any, capsys: Capture) -> None:
    assert train(*OBJECTS, "--updates", "2", "--quiet") == failures.DONE
    shown = capsys.readouterr()
    assert shown.err == ""
    assert shown.out.startswith("Trained small   2 updates")


@pytest.mark.parametrize(
    "how",
    [
        ("--ema", "0.9", "--accumulate", "2"),
        ("--amp", "bf16", "--sampler", "class-aware"),
        ("--amp", "fp16", "--sampler", "repeat-factor", "--repeat-threshold", "1", "-j", "0"),
    ],
)
def test_all_ways_of_training_train(how: tuple[str, ...], folder: Path, tiny: Any) -> None:
    assert train(*OBJECTS, *how) == failures.DONE
    assert np.mean(losses()[-3:]) < np.mean(losses()[:3])


def interrupt_at(update: int, signals: int = 1, number: int = signal.SIGINT) -> type[Tiny]:
    """A model in whose update a signal comes."""

    class Interrupted(Tiny):
        calls = 0

        def losses(self, batch: Any, *, generator: Any = None) -> dict[str, torch.Tensor]:
            Interrupted.calls += 1
            if Interrupted.calls == update:
                for _ in range(signals):
                    signal.raise_signal(number)
            return super().losses(batch, generator=generator)

    return Interrupted


def with_model(monkeypatch: pytest.MonkeyPatch, model: Callable[..., Tiny]) -> None:
    def new_model(config: Any, found: Any, **how: Any) -> tuple[Any, tuple[()]]:
        with torch.random.fork_rng():
            torch.manual_seed(how["seed"])
            return model(norm=False), ()

    monkeypatch.setattr(initial, "new_model", new_model)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_goes_on_with_the_same_losses(
    number: int, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    with_model(monkeypatch, Tiny)
    assert failures.run(app, ["train", *OBJECTS, "-o", "whole", "-q"]) == failures.DONE
    with_model(monkeypatch, interrupt_at(7, number=number))
    before = signal.getsignal(signal.SIGINT)
    capsys.readouterr()
    assert train(*OBJECTS) == failures.INTERRUPTED
    assert signal.getsignal(signal.SIGINT) is before
    shown = capsys.readouterr()
    assert "stopping after this update; Ctrl-C again stops at once\n" in shown.err
    assert shown.err.endswith("interrupted\n")
    assert "\n\ninterrupted after update 7; resume with --resume\n" in shown.out
    assert losses() == losses("whole")[:7]
    assert left(folder) == FILES

    with_model(monkeypatch, Tiny)
    assert train(*OBJECTS[2:], "--resume") == failures.DONE  # the configuration is in the folder
    shown = capsys.readouterr()
    assert "no --init" not in shown.err
    assert ", updates 8 to 20 of 2 images from 12, on cpu\n" in shown.err
    assert shown.out.startswith("Trained small   13 updates")
    assert losses() == losses("whole")


def test_a_second_signal_stops_at_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("segeval_cli.commands.train.stop.SAME", -1.0)
    with_model(monkeypatch, interrupt_at(3, signals=2))
    assert train(*OBJECTS) == failures.INTERRUPTED
    assert len(losses()) == 2
    assert read_state(Path("run/last.pt")).update == 2


def test_an_interrupt_while_it_measures_stops_at_once_and_saves(
    folder: Path, tiny: Any, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    class Interrupted:
        metrics = ("AP",)
        notes = ()

        def __init__(self, on_progress: Callable[[int, int], None]) -> None:
            self.on_progress = on_progress

        def __call__(self, model: object) -> dict[str, float]:
            self.on_progress(1, 4)
            signal.raise_signal(signal.SIGINT)
            self.on_progress(2, 4)
            raise AssertionError("it went on")

    def validation_data(*args: Any) -> Interrupted:
        return Interrupted(args[-1].on_progress)

    monkeypatch.setattr("segeval_cli.commands.train.run.validation_data", validation_data)
    assert train(*OBJECTS, *VAL, "--eval-every", "3") == failures.INTERRUPTED
    assert "interrupted after update 3; resume with --resume" in capsys.readouterr().out
    assert read_state(Path("run/last.pt")).update == 3
    assert left(folder) == FILES


@pytest.mark.parametrize("error", [KeyboardInterrupt, ZeroDivisionError])
def test_what_ends_the_showing_saves_at_once(
    error: type[BaseException],
    folder: Path,
    tiny: Any,
    monkeypatch: pytest.MonkeyPatch,
    capsys: Capture,
) -> None:
    class Ended(TrainView):
        def show(self, event: Event) -> None:
            super().show(event)
            if isinstance(event, Progress) and event.update == 5:
                raise error

    handlers: list[Any] = []

    def saving(*args: Any) -> None:
        handlers.append(signal.getsignal(signal.SIGINT))
        save_state(*args)

    monkeypatch.setattr("segeval_cli.commands.train.view.TrainView", Ended)
    monkeypatch.setattr("segeval.models.training.run.save_state", saving)
    code = train(*OBJECTS)
    shown = capsys.readouterr()
    if error is KeyboardInterrupt:
        assert code == failures.INTERRUPTED
        assert "interrupted after update 5; resume with --resume" in shown.out
        assert "in run/   best.safetensors, last.pt, curves.png" in shown.out
    else:
        assert "error: ZeroDivisionError" in shown.err
    assert read_state(Path("run/last.pt")).update == 5
    assert handlers[0].__name__ == "_hear"  # while it saves, Ctrl-C is still heard


def test_what_is_remarkable_of_the_validation_data_is_told_as_such(
    folder: Path, tiny: Any, capsys: Capture
) -> None:
    changed_gt(lambda gt: gt["annotations"][0].pop("area"), "val/gt.json")
    # the metric ends the run before its first update: this model predicts nothing
    assert train(*OBJECTS, *VAL, "--metric", "ap") == failures.UNUSABLE_INPUT
    notes = [each for each in capsys.readouterr().err.splitlines() if "area" in each]
    assert len(notes) == 1
    assert notes[0].startswith("note: validation: 1 annotation")


def test_an_interrupt_in_the_first_update_leaves_nothing(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("segeval_cli.commands.train.stop.SAME", -1.0)
    with_model(monkeypatch, interrupt_at(1, signals=2))
    assert train(*OBJECTS) == failures.INTERRUPTED
    assert not Path("run").exists()
    assert capsys.readouterr().out == ""


def test_a_run_is_made_longer(folder: Path, tiny: Any) -> None:
    assert train(*OBJECTS, "--updates", "4") == failures.DONE
    assert train(*OBJECTS[2:], "--updates", "6", "--resume") == failures.DONE
    assert len(losses()) == 6


def test_a_loss_that_is_not_finite_names_the_images(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    class Diverging(Tiny):
        def losses(self, batch: Any, *, generator: Any = None) -> dict[str, torch.Tensor]:
            found = super().losses(batch, generator=generator)
            return {**found, "loss_cls": found["loss_cls"] * torch.nan}

    with_model(monkeypatch, Diverging)
    assert train(*OBJECTS) == failures.UNUSABLE_INPUT
    shown = capsys.readouterr().err
    assert "error: update 1: loss_cls is nan. The images of the batch: " in shown
    assert ".png (image_id " in shown
    assert not Path("run").exists()


def changed_gt(change: Callable[[dict[str, Any]], object], path: str = "set/gt.json") -> None:
    content = json.loads(Path(path).read_text())
    change(content)
    Path(path).write_text(json.dumps(content))


def broken_image() -> None:
    for path in Path("set/images").iterdir():
        path.write_bytes(path.read_bytes()[:200])


def other_size() -> None:
    changed_gt(lambda gt: [each.update(height=99) for each in gt["images"]])


def no_annotations() -> None:
    changed_gt(lambda gt: gt.update(annotations=[]))


def boxes_outside() -> None:
    changed_gt(lambda gt: [each.update(bbox=[900, 900, 5, 5]) for each in gt["annotations"]])


def other_categories() -> None:
    changed_gt(lambda gt: gt["categories"][1].update(name="rug"), "val/gt.json")


def truncated_file() -> None:
    Path("set/gt.json").write_text(Path("set/gt.json").read_text()[:300])


def nothing() -> None:
    """All is well with the files."""


@pytest.mark.parametrize(
    ("change", "words", "message"),
    [
        (broken_image, OBJECTS, r".png: "),
        (other_size, OBJECTS, "99 x "),
        (
            no_annotations,
            OBJECTS,
            "set/gt.json: the list of annotations is empty: there is nothing",
        ),
        (boxes_outside, OBJECTS, "set/gt.json: none of 12 annotations can be trained on: 12 anno"),
        (other_categories, (*OBJECTS, *VAL), "val/gt.json: its categories differ from the 2 exp"),
        (truncated_file, OBJECTS, "set/gt.json: not valid JSON at byte 300 of 300"),
        (nothing, OBJECTS[2:], "--config is missing: name a preset"),
        (nothing, OBJECTS[:4], "--annotations is missing: small is for objects."),
        (nothing, MAPS[:4], "--label-maps is missing: maps is for label maps."),
        (nothing, MAPS, "--classes is missing: say which labels the label maps have"),
        (nothing, (*MAPS, "--classes", "2", "--batch", "12"), "has the label 2, expected 0, 1"),
        (nothing, (*OBJECTS, "--classes", "2"), "--classes is for label maps; the categories of"),
        (nothing, (*OBJECTS, "--ignore", "2"), "--ignore is for label maps; the categories of"),
        (nothing, (*OBJECTS, "--label-maps", "set/maps"), "--label-maps: the configuration small"),
        (nothing, (*OBJECTS, *VAL[:2]), "--val-annotations is missing beside --val-images."),
        (nothing, (*OBJECTS, "--metric", "AP"), "--metric is given, but nothing is measured"),
        (nothing, (*OBJECTS, *VAL, "--metric", "ap"), "metric is 'ap', expected one of AP, AP50"),
        (nothing, (*OBJECTS, "--keep-every", "x"), "--keep-every is 'x', expected a number of upd"),
        (
            nothing,
            (*MAPS, "--classes", "3", "--set", "input.mosaic=0.5"),
            "--set: input.mosaic is 0.5, expected 0 for semantic segmentation",
        ),
        (nothing, (*OBJECTS, "--accumulate", "3"), "schedule.batch is 2, which cannot be divided"),
        (nothing, (*OBJECTS, "--set", "a.b"), "--set a.b: expected KEY=VALUE"),
        (nothing, (*OBJECTS, "--set", "a.b=3"), "--set: there is no setting a."),
        (
            nothing,
            (*OBJECTS, "--set", "boxes.nms_threshold=2"),
            "--set: boxes.nms_threshold is 2.0",
        ),
        (nothing, (*OBJECTS, "--set", "base=small"), "--set: there is no setting base."),
        (
            nothing,
            (*OBJECTS, "--learning-rate", "0"),
            "the options: schedule.learning_rate is 0.0, expected more than 0",
        ),
        (nothing, (*OBJECTS, "--set", "config=3"), "--set: there is no setting config."),
        (nothing, (*OBJECTS, "--set", "mask=3"), "--set: mask is 3, expected settings by name"),
        (
            nothing,
            (*OBJECTS, "--set", "mask=3", "--set", "mask.grid=3"),
            "--set mask.grid=3: another --set makes mask 3",
        ),
        (
            nothing,
            (*OBJECTS, "--ema", "1"),
            "The decay of the averaged weights (--ema) is 1, expected 0",
        ),
        (nothing, (*OBJECTS, "--init", "set/gt.json"), "set/gt.json: expected weights in a file"),
        (nothing, (*OBJECTS, "--resume", "--init", "R-50.pkl"), "--init R-50.pkl: --resume takes"),
        (nothing, (*OBJECTS, "--resume"), "run/last.pt: no such file. There is no run to resume"),
    ],
)
def test_what_cannot_work_is_told_and_leaves_nothing(
    change: Callable[[], None],
    words: tuple[str, ...],
    message: str,
    folder: Path,
    tiny: Any,
    capsys: Capture,
) -> None:
    change()
    words = (*words, "--quiet")
    assert train(*words) == failures.UNUSABLE_INPUT
    shown = capsys.readouterr()
    assert shown.err.startswith("error: ")
    assert message in shown.err
    assert shown.out == ""
    assert not Path("run").exists()


def test_a_run_in_a_folder_of_something_else_is_refused(
    folder: Path, tiny: Any, capsys: Capture
) -> None:
    Path("run").mkdir()
    Path("run/thesis.tex").touch()
    assert train(*OBJECTS) == failures.UNUSABLE_INPUT
    assert "error: run: is not empty (it has thesis.tex)." in capsys.readouterr().err
    assert left(folder) == {"thesis.tex"}


def test_a_truncated_state_is_refused(folder: Path, tiny: Any, capsys: Capture) -> None:
    assert train(*OBJECTS, "--updates", "2") == failures.DONE
    path = Path("run/last.pt")
    path.write_bytes(path.read_bytes()[:3000])
    assert train(*OBJECTS, "--resume") == failures.UNUSABLE_INPUT
    assert "error: run/last.pt: cannot be read as the state of a training run" in (
        capsys.readouterr().err
    )


def test_weights_of_another_architecture_are_refused(folder: Path, capsys: Capture) -> None:
    torch.save({"layer1.0.conv1.weight": torch.zeros(64, 3, 1, 1)}, "resnet18.pth")
    assert train(*OBJECTS, "--init", "resnet18.pth") == failures.UNUSABLE_INPUT
    shown = capsys.readouterr().err
    assert "error: resnet18.pth: backbone.bottom_up.res2.0.conv1.weight has shape" in shown
    assert "Are these the weights of another backbone?" in shown
    assert not Path("run").exists()


def test_ids_that_are_no_class_are_ignored(folder: Path, tiny: Any) -> None:
    for path in Path("set/maps").iterdir():
        with Image.open(path) as picture:
            labels = np.asarray(picture).copy()
        labels[:10] = 255
        Image.fromarray(labels).save(path)
    assert train(*MAPS, "--classes", "3", "--updates", "1", "--batch", "1") == failures.DONE


def test_the_command_can_be_started_as_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr("sys.argv", ["segeval", "--version"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("segeval_cli", run_name="__main__")
    assert ended.value.code == failures.DONE
    assert capsys.readouterr().out.startswith("segeval ")


def test_without_torch_there_is_a_line_to_install_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    monkeypatch.setattr(needs, "find_spec", lambda name: None)
    assert train(*OBJECTS) == failures.UNUSABLE_INPUT
    assert "pip install 'segeval-cv[models]'" in capsys.readouterr().err
