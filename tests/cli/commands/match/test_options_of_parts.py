"""Every option of a command that reads part files works, or is refused with both values."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval.data.synthetic import furniture
from segeval_cli import failures
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app
from tests.unit.metrics.panoptic.test_panoptic_parts import scene
from tests.unit.metrics.semantic.test_label_map_parts import rooms

WORKS = ""
NOT_GIVEN = "which is not given."
NEEDS_FILES = "does not go with a part file, which holds matches alone."
MATCHED = "does not go with part files, which are matched already."

AREAS = (
    "--sizes is small 0..12769,medium 12769..65536,large 65536..inf, and {part} was matched with "
    "small 0..1024,medium 1024..9216,large 9216..inf."
)
THRESHOLDS = "0.5,0.55,0.6,0.65,0.7,0.75,0.8,0.85,0.9,0.95"

AP: dict[str, tuple[str, str]] = {
    "iou": ("--iou boundary", "--iou is boundary, and {part} was matched with segm,bbox."),
    "protocol": ("--protocol lvis", "--protocol is lvis, and {part} was matched with coco."),
    "compat": ("--compat official", "--compat is official, and {part} was matched with none."),
    "sizes": ("--sizes 3dfuture", AREAS),
    "area_from": ("--area-from bbox", "--area-from is bbox, and {part} was matched with mask."),
    "thresholds": (
        "--thresholds 0.6", f"--thresholds is 0.6, and {{part}} was matched with {THRESHOLDS}."
    ),
    "max_dets": ("--max-dets 7", "--max-dets is 7, and {part} was matched with 1,10,100."),
    "boundary_ratio": (
        "--boundary-ratio 0.05", "--boundary-ratio is 0.05, and {part} was matched with none."
    ),
    "boundary_px": ("--boundary-px 4", "--boundary-px is 4, and {part} was matched with none."),
    "agnostic": ("--agnostic", "--agnostic is on, and {part} was matched without it."),
    "score_field": (
        "--score-field conf", "--score-field is conf, and {part} was matched with score."
    ),
    "honour_ignore": (
        "--honour-ignore", "--honour-ignore is on, and {part} was matched without it."
    ),
    "categories": ("--categories 1,3", WORKS),
    "images": ("--images 1,2,3,4,5,6,7,8,9,10,11", WORKS),
    "min_score": ("--min-score 0.3", "--min-score is 0.3, and {part} was matched with none."),
    "skip_unknown": ("--skip-unknown", "--skip-unknown is on, and {part} was matched without it."),
}  # fmt: skip
"""Options of AP: how they are given, and what a part says to them."""

OPEN_IMAGES = {
    "boxes": "--boxes x", "labels": "--labels x", "hierarchy": "--hierarchy x",
    "group_of_weight": "--group-of-weight 2", "expand_predictions": "--expand-predictions",
}  # fmt: skip
LABEL_MAPS = {
    "classes": "--classes 3", "ignore": "--ignore 255", "absent": "--absent zero",
    "trimap": "--trimap 3", "trimap_metric": "--trimap-metric chebyshev",
    "trimap_total_width": "--trimap-total-width", "trimap_void": "--trimap-void edge",
    "boundary": "--boundary", "boundary_f": "--boundary-f",
    "boundary_f_threshold": "--boundary-f-threshold 2", "gt_dir": "--gt-dir x",
}  # fmt: skip
RUN = {
    "show_all": ("--all", WORKS), "json": ("--json", WORKS), "quiet": ("--quiet", WORKS),
    "output": ("-o out.json", WORKS), "overwrite": ("--overwrite", WORKS),
    "workers": ("--workers 1", WORKS),
}  # fmt: skip
DRAWN = {
    "resamples": ("--ci --resamples 20", WORKS), "seed": ("--ci --seed 3 --resamples 20", WORKS),
    "ci": ("--ci --resamples 20", WORKS),
    "groups": ("--ci --resamples 20 --groups groups.csv", WORKS),
}  # fmt: skip
OF_IMAGES = {
    **RUN, **DRAWN,
    "boundary_px": ("--boundary-px 4", "--boundary-px is 4, and {part} was matched with none."),
    "boundary_ratio": (
        "--boundary-ratio 0.05", "--boundary-ratio is 0.05, and {part} was matched with 0.02."
    ),
    "replicates": ("--ci --resamples 20 --replicates r.csv", WORKS),
    "per": ("--per image", WORKS), "fail_under": ("--fail-under 0.1", WORKS),
    "metric": ("--metric AP", "--metric goes with --fail-under, which is not given."),
    "slices": ("--slice slices.csv", WORKS),
    "scheduler": ("--scheduler tcp://a:1", NEEDS_FILES),
    "shards": ("--shards 2", "--shards goes with --scheduler."),
}  # fmt: skip
FIGURE = {
    "output": ("-o figure.csv", WORKS), "overwrite": ("--overwrite", WORKS),
    "title": ("--title t", WORKS), "width": ("--width page", WORKS), "dark": ("--dark", WORKS),
    "quiet": ("--quiet", WORKS), "workers": ("--workers 1", WORKS),
}  # fmt: skip

COMPARED = {
    **AP,
    **{name: (line, MATCHED) for name, line in (OPEN_IMAGES | LABEL_MAPS).items()},
    "metric": ("--metric segm.ap", WORKS), "margin": ("--margin 1", WORKS),
    "resamples": ("--resamples 100", WORKS), "seed": ("--seed 3", WORKS),
}  # fmt: skip

COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "ap": {
        **AP, **RUN, **DRAWN,
        **{name: (line, NOT_GIVEN) for name, line in OPEN_IMAGES.items()},
        "coco_style": ("--coco-style", NOT_GIVEN), "scores": ("--scores x", NOT_GIVEN),
        "slices": ("--slice slices.csv", WORKS),
        "replicates": ("--ci --resamples 20 --replicates r.csv", WORKS),
        "per": ("--per size,category,image", WORKS), "pool": ("--pool", WORKS),
        "fail_under": ("--fail-under 0.1", WORKS),
        "metric": ("--fail-under 0.1 --metric AP50", WORKS), "verbose": ("--verbose", WORKS),
        "verify": ("--verify", NEEDS_FILES),
        "scheduler": ("--scheduler tcp://a:1", NEEDS_FILES),
        "shards": ("--shards 2", "--shards goes with --scheduler."),
    },
    "errors": {
        **AP, **RUN, **DRAWN,
        "thresholds": ("--thresholds 0.6,0.75", WORKS),
        "compat": ("--compat tidecv", NEEDS_FILES), "classes": ("--classes 3", NEEDS_FILES),
        "ignore": ("--ignore 255", NEEDS_FILES), "gt_dir": ("--gt-dir x", NEEDS_FILES),
        "per": ("--per category,size", WORKS),
        "scheduler": ("--scheduler tcp://a:1", NEEDS_FILES),
        "shards": ("--shards 2", NEEDS_FILES),
        "slices": ("--slice slices.csv", WORKS),
    },
    "compare": {
        **COMPARED, **RUN,
        "slices": ("--slice slices.csv --resamples 20", WORKS), "plan": ("--plan 1", WORKS),
        "groups": ("--groups groups.csv --resamples 20", WORKS),
        "replicates": ("--resamples 20 --replicates r.csv", WORKS),
        "by": ("--by category --resamples 20", WORKS),
        "fail_if_worse": ("--fail-if-worse", WORKS), "require": ("--require not-worse", WORKS),
    },
    "plot pr": {**AP, **FIGURE},
    "plot sizes": {
        **AP, **FIGURE, **{name: DRAWN[name] for name in ("ci", "resamples", "seed")}
    },
    "plot categories": {
        **AP, **FIGURE, **{name: DRAWN[name] for name in ("ci", "resamples", "seed")},
        **{name: (line, NEEDS_FILES) for name, line in (OPEN_IMAGES | LABEL_MAPS).items()},
    },
    "plot scores": {**AP, **FIGURE},
    "plot errors": {
        **AP, **FIGURE, **{name: DRAWN[name] for name in ("ci", "resamples", "seed")},
        "thresholds": ("--thresholds 0.6,0.75", WORKS),
        "compat": ("--compat tidecv", NEEDS_FILES), "classes": ("--classes 3", NEEDS_FILES),
        "ignore": ("--ignore 255", NEEDS_FILES),
    },
    "plot confusion": {
        **AP, **FIGURE,
        "iou": ("--iou boundary", "--iou is 'boundary', and one.match was matched with segm."),
        "thresholds": ("--thresholds 0.6", WORKS), "min_score": ("--min-score 0.3", WORKS),
        "classes": ("--classes 3", NEEDS_FILES), "ignore": ("--ignore 255", NEEDS_FILES),
    },
    "plot compare": {**COMPARED, **FIGURE, "by": ("--by size --resamples 20", WORKS)},
    "miou": {
        **OF_IMAGES,
        "groups": ("--ci --resamples 20 --groups maps.csv", WORKS),
        "absent": ("--absent zero", "--absent is zero, and {part} was matched with cityscapes."),
        "boundary": ("--boundary", WORKS), "boundary_f": ("--boundary-f", WORKS),
        "boundary_f_threshold": (
            "--boundary-f-threshold 2",
            "--boundary-f-threshold is 2, and {part} was matched with 0.008.",
        ),
        "classes": ("--classes 3", "--classes is 3, and {part} was matched with 5."),
        "compat": (
            "--compat detectron2", "--compat is detectron2, and {part} was matched with none."
        ),
        "ignore": ("--ignore 7", "--ignore is 7,255, and {part} was matched with 255."),
        "trimap": ("--trimap 5", "--trimap is 5, and {part} was matched with 1,3."),
        "trimap_metric": (
            "--trimap-metric chebyshev",
            "--trimap-metric is chebyshev, and {part} was matched with euclid.",
        ),
        "trimap_total_width": (
            "--trimap-total-width", "--trimap-total-width is on, and {part} was matched without it."
        ),
        "trimap_void": (
            "--trimap-void edge", "--trimap-void is edge, and {part} was matched with ignore."
        ),
    },
    "pq": {
        **OF_IMAGES,
        "groups": ("--ci --resamples 20 --groups groups.csv", WORKS),
        "compat": ("--compat official", "--compat is official, and {part} was matched with none."),
        "iou": ("--iou segm", "--iou is segm, and {part} was matched with segm,boundary."),
        "preds_dir": ("--preds-dir x", NEEDS_FILES), "gt_dir": ("--gt-dir x", NEEDS_FILES),
    },
}  # fmt: skip
"""Every option of every command that reads parts."""

FILES = {
    "compare": "a.match b.match", "plot compare": "a.match b.match", "miou": "maps.match",
    "pq": "pq.match",
}  # fmt: skip
OF_TASK: dict[str, tuple[str, Callable[[Path, int], object]]] = {
    "miou": ("maps.match", rooms), "pq": ("pq.match", scene)
}  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("options")
    for name, data in furniture(images=12).to_json().items():
        (folder / name).write_bytes(data)
    for name, kinds in (("a", "segm,bbox"), ("b", "segm,bbox"), ("one", "segm")):
        preds = "model_b" if name == "b" else "model_a"
        line = f"match {folder}/{preds}.json {folder}/gt.json --errors --iou {kinds} -q"
        assert failures.run(app, [*line.split(), "-o", f"{folder}/{name}.match"]) == failures.DONE
    for task, line in (
        ("miou", "preds gt --classes 5 --ignore 255 --trimap 1,3 --boundary --boundary-f"),
        ("pq", "preds.json gt.json --iou segm,boundary"),
    ):
        name, maker = OF_TASK[task]
        own = tmp_path_factory.mktemp(task)
        maker(own, 12)
        words = [own / word if place < 2 else word for place, word in enumerate(line.split())]
        given = ["match", *map(str, words), "--task", task, "-q", "-o", f"{folder}/{name}"]
        assert failures.run(app, given) == failures.DONE
    rows = "".join(f"{image:02}.png,{image % 11}\n" for image in range(20))
    (folder / "maps.csv").write_text(f"image_id,group\n{rows}")
    rows = "".join(f"{image},{image % 11}\n" for image in range(1, 13))
    (folder / "groups.csv").write_text(f"image_id,group\n{rows}")
    rows = "".join(f"{image},{'day' if image < 11 else 'night'}\n" for image in range(1, 13))
    (folder / "slices.csv").write_text(f"image_id,light\n{rows}")
    return folder


def parameters(command: str) -> set[str]:
    first, *more = command.split()
    found: Any = LaterCommand(first).load()
    for name in more:
        found = found.commands[name]
    kinds = [(type(each).__name__, str(each.name)) for each in found.params]
    return {name for kind, name in kinds if kind != "TyperArgument" and name != "help"}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_known(command: str) -> None:
    assert parameters(command) == COMMANDS[command].keys()


@pytest.mark.parametrize(
    ("command", "option"),
    [(command, name) for command, options in COMMANDS.items() for name in options],
)
def test_an_option_works_or_is_refused_with_both_values(
    command: str,
    option: str,
    folder: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(folder)
    given, words = COMMANDS[command][option]
    one = "one.match" if command.startswith("plot") else "a.match"
    files = FILES.get(command, one)
    known = f"{command} {files} {given}"
    if "--overwrite" not in given:
        known += " --overwrite"
    done = failures.run(app, known.split())
    said = capsys.readouterr().err
    if words == WORKS:
        assert done in (failures.DONE, failures.ANSWER_IS_NO), said
        return
    held = "segm" if one in files else "segm,bbox"
    assert done == failures.UNUSABLE_INPUT
    expected = words.format(part=files.split()[0])
    assert expected in said or expected.replace("segm,bbox", held) in said
