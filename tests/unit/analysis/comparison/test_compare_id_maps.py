"""Models that write folders of id maps, compared; and the interval of one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import segeval


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twelve images of two cells; those of a are further off than those of b."""
    rng = np.random.default_rng(5)
    for image in range(12):
        drawn = {name: np.zeros((30, 40), np.uint8) for name in ("gt", "a", "b")}
        corners = rng.integers(2, 6, (2, 2)) + np.array([[0, 0], [14, 20]])
        for own, (top, left) in enumerate(corners.tolist()):
            for name, off in (("gt", 0), ("a", rng.integers(1, 4)), ("b", rng.integers(0, 2))):
                drawn[name][top + off : top + off + 9, left : left + 12] = own + 1
        for name, ids in drawn.items():
            (tmp_path / name).mkdir(exist_ok=True)
            np.save(tmp_path / name / f"{image:02}.npy", ids)
    return tmp_path


def test_two_models_are_compared_by_the_same_ap(folder: Path) -> None:
    a, b, gt = folder / "a", folder / "b", folder / "gt"
    found = segeval.compare(a, b, gt, protocol="id-maps", resamples=50)
    own = [segeval.id_maps_ap(model, gt).ap for model in (a, b)]
    assert [found["AP"].a, found["AP"].b] == own
    assert found.verdict == "better"
    assert len(found.scores.pairs[0].images) == 12


def test_ap_of_id_maps_has_an_interval(folder: Path) -> None:
    found = segeval.id_maps_ap(folder / "a", folder / "gt")
    low, high = found.interval(resamples=50) or (1.0, 0.0)
    assert found.ap is not None
    assert low < found.ap < high
