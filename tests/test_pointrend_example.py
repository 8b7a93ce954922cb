"""The comparison of mask heads runs from end to end, and its parts mean what its tables say."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from examples.pointrend_vs_conv import crops, detector, refine, run, study
from examples.pointrend_vs_conv.evaluate import measure, stored, write
from examples.pointrend_vs_conv.make_data import Pictures, load, make
from examples.pointrend_vs_conv.network import HeadName, MaskModel
from examples.pointrend_vs_conv.train import train

pytestmark = pytest.mark.usefixtures("one_thread")

Call = Callable[..., None]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch) -> Call:
    """Run a command of the example as a person does."""

    def called(main: Callable[[], None], *arguments: object) -> None:
        monkeypatch.setattr(sys, "argv", ["example", *map(str, arguments)])
        main()

    return called


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Pictures]:
    """Eight pictures on disk and in memory."""
    folder = tmp_path_factory.mktemp("few")
    make(folder, 8, seed=5)
    return folder, load(folder)


def test_the_comparison_writes_tables_and_figures(tmp_path: Path, call: Call) -> None:
    call(run.main, tmp_path, "--smoke")
    results = json.loads((tmp_path / "smoke" / "results.json").read_text(encoding="utf-8"))
    lines = (tmp_path / "smoke" / "results.md").read_text(encoding="utf-8").splitlines()
    assert len(lines[: lines.index("")]) == 2 + len(results) == 16
    for figure in ("masks", "points", "quality"):
        assert (tmp_path / "smoke" / "figures" / f"{figure}.png").stat().st_size > 10_000


def test_the_table_shows_mean_and_standard_deviation_of_the_seeds() -> None:
    assert run.table({"a": [{"AP": 10.0}]}).splitlines()[2] == "| a | 10.0 |"
    three = run.table({"a": [{"AP": 10.0}, {"AP": 12.0}, {"AP": 14.0}]})
    assert three.splitlines()[2] == "| a | 12.0 ± 2.0 |"


def test_the_study_trains_every_setting_once(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call(study.main, tmp_path, "--smoke")
    path = tmp_path / "smoke" / "study.jsonl"
    table, log = capsys.readouterr().out, path.read_text(encoding="utf-8")
    assert len(table.splitlines()) == 2 + 8
    call(study.main, tmp_path, "--smoke")
    assert capsys.readouterr().out == table
    assert path.read_text(encoding="utf-8") == log


def test_the_detector_writes_predictions_and_prints_its_ap(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call(detector.main, tmp_path, "--smoke")
    printed = capsys.readouterr().out.splitlines()
    assert [line.split()[0] for line in printed] == ["bbox", "segm", "boundary"]
    assert json.loads((tmp_path / "smoke" / "detector.json").read_text(encoding="utf-8"))


def test_the_ceiling_is_higher_the_finer_and_the_softer_the_cells(
    tmp_path: Path, few: tuple[Path, Pictures]
) -> None:
    folder, pictures = few
    ap = {}
    for side, soft in ((28, False), (28, True), (56, True), (224, False)):
        key = f"{side}-{soft}"
        write(stored(side, soft)(pictures, pictures.boxes), pictures.boxes, pictures.classes,
              tmp_path, key)  # fmt: skip
        numbers = measure(tmp_path / f"{key}.json", tmp_path / key, folder)
        ap[side, soft] = numbers["boundary AP"]
    assert ap[28, False] < ap[28, True] < ap[56, True]
    assert ap[28, False] < ap[224, False]
    assert ap[56, True] > 90


@pytest.mark.parametrize("head", ["conv", "conv-soft", "pointrend", "refine"])
def test_every_head_sees_the_same_pictures_and_its_loss_falls(
    few: tuple[Path, Pictures], head: HeadName, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    losses_of = MaskModel.losses

    def recorded(model: MaskModel, *columns: object) -> dict[str, torch.Tensor]:
        seen.append(columns[1])
        return losses_of(model, *columns)  # type: ignore[arg-type]

    monkeypatch.setattr(MaskModel, "losses", recorded)
    monkeypatch.setattr("examples.pointrend_vs_conv.train.BATCH", 4)
    torch.set_num_threads(1)
    torch.manual_seed(0)
    losses = train(MaskModel(head), few[1], updates=16, seed=3)
    assert sum(losses[-5:]) < 0.95 * sum(losses[:5])
    draws = torch.Generator().manual_seed(3)
    order = torch.randperm(8, generator=draws)[:4]
    extent = (few[1].boxes[order, 2:] - few[1].boxes[order, :2]).repeat(1, 2)
    moved = 0.03 * (2 * torch.rand((4, 4), generator=draws) - 1) * extent
    assert torch.allclose(seen[0], (few[1].boxes[order] + moved).clamp(0, 128))  # type: ignore[arg-type]


def test_refine_mask_is_compared_with_the_heads_of_a_folder(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call(refine.main, tmp_path, "--smoke")
    _, _, *rows, gain = capsys.readouterr().out.splitlines()
    names = [row.split(" | ")[0].removeprefix("| ") for row in rows]
    assert names == ["4x conv 28, hard targets", "RefineMask 112"]
    assert gain.startswith("RefineMask less 4x conv 28, hard targets: ")


def test_crops_write_masks_and_print_their_numbers(
    tmp_path: Path, call: Call, capsys: pytest.CaptureFixture[str]
) -> None:
    call(crops.main, tmp_path, "--smoke")
    *_, plain, mirrored = capsys.readouterr().out.splitlines()
    assert plain.startswith("crops AP ")
    assert mirrored.startswith("crops-flip AP ")
    assert json.loads((tmp_path / "smoke" / "preds" / "crops.json").read_text(encoding="utf-8"))
