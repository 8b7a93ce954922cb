"""One look for every figure, whatever the user's settings are."""

from __future__ import annotations

from pathlib import Path

import matplotlib as mpl

from segeval.plots import new_figure, save


def drawn(path: Path) -> bytes:
    figure, ax = new_figure()
    ax.set_xlabel("$x$ and 5 %")
    save(figure, path)
    return path.read_bytes()


def test_settings_of_the_user_have_no_say(tmp_path: Path) -> None:
    plain = drawn(tmp_path / "a.svg")
    with mpl.rc_context({"text.usetex": True, "axes.grid": True, "figure.dpi": 30}):
        assert drawn(tmp_path / "b.svg") == plain
        assert mpl.rcParams["text.usetex"]
