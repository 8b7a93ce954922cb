"""The greedy soup: which files stay, in which order they are tried."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from segeval.errors import InputError
from segeval.models import greedy_soup


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Files of one number each: 0, 4, 10 and 5."""
    monkeypatch.chdir(tmp_path)
    for value in (0, 4, 10, 5):
        np.savez(f"{value}.npz", w=np.array([float(value)]))
    return ["0.npz", "4.npz", "10.npz", "5.npz"]


def nearness_to_six(path: Path) -> float:
    """A number that is highest for the weight 6."""
    with np.load(path) as found:
        return -abs(float(found["w"][0]) - 6)


def test_a_file_stays_if_the_held_out_number_does_not_fall(files: list[str]) -> None:
    soup = greedy_soup(files, nearness_to_six, "out.npz")
    # 5 alone: -1. With 4: 4.5, -1.5, falls. With 10: 7.5, -1.5, falls. With 0: falls.
    assert soup.kept == ("5.npz",)
    assert [(each.path, each.with_it, each.is_kept) for each in soup.tried] == [
        ("5.npz", None, True), ("4.npz", -1.5, False), ("10.npz", -1.5, False),
        ("0.npz", -3.5, False),
    ]  # fmt: skip
    assert soup.output is None
    assert not Path("out.npz").exists()


def test_the_soup_is_the_mean_of_the_files_that_stay(files: list[str]) -> None:
    soup = greedy_soup(["4.npz", "10.npz", "0.npz"], nearness_to_six, "out.npz")
    # 4: -2. With 10: 7, -1, stays. With 0: 14 / 3, -4 / 3, falls.
    assert soup.kept == ("4.npz", "10.npz")
    assert soup.value == -1
    with np.load("out.npz") as found:
        assert found["w"].tolist() == [7.0]


def test_a_number_that_stays_the_same_keeps_the_file(files: list[str]) -> None:
    soup = greedy_soup(files, lambda path: 0.5, "out.npz")
    assert soup.kept == tuple(files)
    with np.load("out.npz") as found:
        assert found["w"].tolist() == [4.75]


def test_a_number_that_is_not_finite_is_refused(files: list[str]) -> None:
    with pytest.raises(
        InputError, match=r"`evaluate` gave nan for 0\.npz, expected a finite number"
    ):
        greedy_soup(files, lambda path: float("nan"), "out.npz")


def test_an_output_that_exists_is_refused_before_any_evaluation(files: list[str]) -> None:
    Path("out.npz").write_text("precious")

    def never(path: Path) -> float:
        pytest.fail(f"{path} was evaluated")

    with pytest.raises(InputError, match="exists already, and weights are never replaced"):
        greedy_soup(files, never, "out.npz")
