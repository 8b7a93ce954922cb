"""`segeval compare` on label maps: every number has a row of its own in CSV."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from segeval_cli import failures
from segeval_cli.main import app

NUMBER = ("kind", "table", "id", "name", "width", "number")
"""Columns that say which number a row has."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Label maps of three classes, and of two models with other errors."""
    folder = tmp_path_factory.mktemp("label-maps")
    rng = np.random.default_rng(8)
    for number in range(12):
        gt = np.kron(rng.integers(0, 3, (3, 4)), np.ones((8, 8), int))
        for name, wrong in (("gt", 0.0), ("a", 0.3), ("b", 0.1)):
            is_wrong = rng.random(gt.shape) < wrong
            shown = np.where(is_wrong, rng.integers(0, 3, gt.shape), gt)
            (folder / name).mkdir(exist_ok=True)
            Image.fromarray(shown.astype(np.uint8)).save(folder / name / f"{number:02}.png")
    return folder


def test_csv_tells_the_numbers_of_bands_and_boundaries_apart(folder: Path, tmp_path: Path) -> None:
    words = [str(folder / name) for name in ("a", "b", "gt")]
    options = ["--classes", "3", "--trimap", "1,2.5", "--boundary", "--boundary-f", "--quiet"]
    out = tmp_path / "c.csv"
    assert (
        failures.run(app, ["compare", *words, *options, "--resamples", "20", "-o", str(out)])
        == failures.DONE
    )
    lines = out.read_text().splitlines()
    rows = [row for row in csv.DictReader(lines) if row["table"] != "images"]
    named = [tuple(row[key] for key in NUMBER) for row in rows]
    assert len(named) == len(set(named))
    for wanted in (
        ("", "all", "", "", "", "miou"),
        ("", "categories", "2", "2", "", "iou"),
        ("", "trimap", "", "", "2.5", "miou"),
        ("", "trimap_categories", "0", "0", "1.0", "iou"),
        ("", "boundary", "", "", "", "miou"),
        ("", "boundary_categories", "1", "1", "", "iou"),
        ("", "boundary_f", "", "", "", "f_present"),
        ("", "boundary_f_categories", "1", "1", "", "recall"),
    ):
        assert wanted in named
    # 4 means and 2 of 3 classes; per band 1 and 3; of boundaries 1 and 3; of F 2 and 4 of each
    assert len(rows) == (4 + 2 * 3) + 2 * (1 + 3) + (1 + 3) + (2 + 4 * 3)
    assert all(row["verdict"] for row in rows)
