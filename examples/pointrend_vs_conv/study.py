"""Where PointRend loses: the palette, masks per class, the points, the start, or a short training?

python -m examples.pointrend_vs_conv.study [FOLDER] [--smoke]

Both heads are trained in every setting, in turn on one thread: about 40 minutes in all. Finished
runs in FOLDER/study.jsonl are kept.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path

import torch

from examples.pointrend_vs_conv.command import asked_of, parser_of
from examples.pointrend_vs_conv.evaluate import coarse, measure, of_model, test_boxes, write
from examples.pointrend_vs_conv.make_data import Palette, load, make_missing
from examples.pointrend_vs_conv.network import HeadName
from examples.pointrend_vs_conv.run import with_spread
from examples.pointrend_vs_conv.train import spent, train_head, trained

SHORT, LONG = 450, 1400
SEEDS = (0, 1, 2)
"""Seeds of the short trainings with random colours, whose numbers vary most."""

HEADS: tuple[HeadName, ...] = ("conv", "pointrend")
PICTURES = (1200, 200)


@dataclass(frozen=True)
class Run:
    """One training.

    Attributes:
        palette: of the pictures.
        classes: 1 for one mask for all classes, 4 for a mask per class.
        updates: number of updates.
        head: name of the head.
        seed: of all random numbers.
        start: begin with the backbone of the 4x conv head after the long training.
        dense: train the points on all cells of 28 x 28.
    """

    palette: Palette
    classes: int
    updates: int
    head: HeadName
    seed: int = 0
    start: bool = False
    dense: bool = False

    @property
    def name(self) -> str:
        """Name of its file."""
        words = [self.head, str(self.classes), str(self.updates)]
        return "-".join(words + ["start"] * self.start + ["dense"] * self.dense)


def runs(short: int, long: int, seeds: Sequence[int]) -> Iterator[Run]:
    """All trainings, only short ones for further seeds; each after the one it starts from."""
    for classes in (1, 4):
        for seed in seeds:
            for head in HEADS:
                yield Run("random", classes, short, head, seed)
    for seed in seeds:
        yield Run("random", 1, short, "pointrend", seed, dense=True)
    for classes in (1, 4):
        for head in HEADS:
            yield Run("warm", classes, short, head)
    for classes in (1, 4):
        for head in HEADS:
            yield Run("random", classes, long, head)
    for head in HEADS:
        yield Run("random", 1, short, head, start=True)


def numbers(run: Run, folder: Path, first: str) -> dict[str, float]:
    """Train and measure; `first` names the model whose backbone is the start."""
    train_head(
        run.head, folder, run.seed, run.updates,
        classes=run.classes, dense=run.dense, start=first, name=run.name,
    )  # fmt: skip
    model = trained(run.head, folder, run.name)
    pictures = load(folder / "test")
    boxes = test_boxes(pictures, run.seed)
    masks = {"": of_model(model)} | ({"coarse ": coarse(model)} if run.head == "pointrend" else {})
    found = {}
    for name, which in masks.items():
        key = f"{run.name}-{name.strip() or 'all'}"
        write(which(pictures, boxes), boxes, pictures.classes, folder / "preds", key)
        measured = measure(
            folder / "preds" / f"{key}.json", folder / "preds" / key, folder / "test"
        )
        found.update({name + measured_by: value for measured_by, value in measured.items()})
    losses = torch.load(folder / f"{run.name}.pt", weights_only=True)["losses"]
    seconds = spent(run.name, folder)
    return found | {"last loss": sum(losses[-50:]) / len(losses[-50:]), "cpu seconds": seconds}


def table(results: Sequence[Mapping[str, float]]) -> str:
    """One line per setting, with both heads side by side, in percent."""
    lines = [
        "| palette | masks | updates | start | 4x conv: AP / boundary AP | PointRend | coarse 7 |",
        "|---|---|---|---|---|---|---|",
    ]
    settings: dict[tuple[object, ...], dict[object, list[Mapping[str, float]]]] = {}
    for each in results:
        names = ("palette", "classes", "updates", "start", "dense")
        heads = settings.setdefault(tuple(each[name] for name in names), {})
        heads.setdefault(each["head"], []).append(each)
    for (palette, classes, updates, start, dense), heads in settings.items():
        kind = "one for all" if classes == 1 else "per class"
        begun = "trained backbone" if start else "nothing"
        cells = [
            " / ".join(with_spread(heads[head], key) for key in ("AP", "boundary AP"))
            if head in heads
            else "-"
            for head in HEADS
        ]
        cells[1] += " (all cells)" * bool(dense)
        rough = with_spread(heads["pointrend"], "coarse AP") if "pointrend" in heads else "-"
        lines.append(
            f"| {palette} | {kind} | {updates} | {begun} | {' | '.join(cells)} | {rough} |"
        )
    return "\n".join(lines)


def main() -> None:
    arguments = asked_of(parser_of(__doc__, "pointrend-study"))
    short, long, images = (1, 2, (4, 2)) if arguments.smoke else (SHORT, LONG, PICTURES)
    order = list(runs(short, long, (0,) if arguments.smoke else SEEDS))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    log = arguments.folder / "study.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    results = [json.loads(line) for line in lines]
    names = [field.name for field in fields(Run)]
    known = [Run(**{name: each[name] for name in names}) for each in results]
    for run in order:
        if run in known:
            continue
        folder = arguments.folder / f"{run.palette}-{run.seed}"
        make_missing(folder, images, run.seed, run.palette)
        first = replace(run, head="conv", updates=long, start=False).name if run.start else ""
        results.append(asdict(run) | numbers(run, folder, first))
        known.append(run)
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(results[-1]) + "\n")
    print(table([results[known.index(run)] for run in order]))


if __name__ == "__main__":
    main()
