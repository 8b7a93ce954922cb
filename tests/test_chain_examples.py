"""The chains of three winning entries run from drawing pictures to the last number."""

from __future__ import annotations

import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from examples.chains.commands import main, table
from examples.chains.files import NAMES, drawn, joined, write_pictures
from examples.future_2020 import run as future
from examples.lvis_2021 import run as lvis
from examples.open_images_2019 import run as open_images

Capture = pytest.CaptureFixture[str]


def smoke(chain: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "argv", ["run", "--smoke"])
    main(chain.__doc__, chain.chain, updates=chain.UPDATES)


def test_the_chain_of_3d_future_weighs_its_members_from_06_to_1(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    smoke(future, monkeypatch)
    shown = capsys.readouterr().out
    for name in future.MEMBERS:
        assert shown.count(f"  {name} ") >= 2
    assert "Ensemble by interp" in shown
    assert "large      256^2 - inf" in shown
    assert "paired bootstrap over 10 images" in shown


def test_the_chain_of_lvis_ends_with_boundary_fixed_ap(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    smoke(lvis, monkeypatch)
    shown = capsys.readouterr().out
    assert shown.count("  boundary, fixed AP  ") == 2
    assert "lvis-2021 protocol" in shown
    assert "views" in shown


def test_the_chain_of_open_images_ends_with_the_classes_above(
    monkeypatch: pytest.MonkeyPatch, capsys: Capture
) -> None:
    smoke(open_images, monkeypatch)
    shown = capsys.readouterr().out
    assert "Mean of 2 files of weights" in shown
    assert "Ensemble by s003" in shown
    assert "Rescored by cooccurrence" in shown
    assert "Expanded to the classes above" in shown
    rows = shown.splitlines()[-4:-2]
    assert [row.split()[0] for row in rows] == ["ensemble", "rescored"]


def test_a_picture_is_written_with_its_objects_and_may_be_magnified(tmp_path: Path) -> None:
    pictures = drawn([[0], [5, 3]], np.random.default_rng(0))
    plain = write_pictures(pictures, tmp_path / "a")
    large = write_pictures(pictures, tmp_path / "b", first=11, factor=3)
    assert [each["id"] for each in joined(plain, large)["images"]] == [1, 2, 11, 12]
    assert plain["categories"][5] == {"id": 6, "name": "green square"}
    assert len(NAMES) == 12
    for small, big in zip(plain["annotations"], large["annotations"], strict=True):
        assert big["area"] == 9 * small["area"]
        assert big["bbox"] == [3 * side for side in small["bbox"]]
        assert big["segmentation"]["size"] == [192, 192]


@pytest.mark.parametrize(("images", "group"), [(1, "r"), (10, "r"), (11, "c"), (101, "f")])
def test_frequencies_are_those_of_lvis(images: int, group: str) -> None:
    assert lvis.frequency(images) == group


def test_a_red_square_mostly_brings_a_red_disc_along() -> None:
    rng = np.random.default_rng(0)
    drawn_kinds = [open_images.kinds(rng) for _ in range(500)]
    with_square = [each for each in drawn_kinds if open_images.RED_SQUARE in each]
    share = np.mean([open_images.RED_DISC in each for each in with_square])
    assert 0.25 < len(with_square) / 500 < 0.35
    assert share > 0.9


def test_undefined_numbers_are_shown_as_a_dash(capsys: Capture) -> None:
    table("AP", ("model", "all", "rows"), [("a", None, 1200), ("bc", 3.25, 7)])
    assert capsys.readouterr().out.splitlines()[1:] == [
        "AP", "", "  model  all   rows", "  a        -  1,200", "  bc     3.2      7",
    ]  # fmt: skip
