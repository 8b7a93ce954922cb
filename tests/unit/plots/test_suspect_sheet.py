"""The sheet of label suspects, and the crops on it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from segeval.analysis.suspects.run import SuspectsOfFiles, suspects_of_files
from segeval.errors import InputError
from segeval.pictures.suspect_crops import SuspectTile, suspect_tiles
from segeval.plots.suspect_sheet import plot_suspects
from tests.build import build_gt, build_preds
from tests.unit.analysis.suspects.test_label_suspects import CHAIR, STOOL, block, pred


@pytest.fixture
def run() -> SuspectsOfFiles:
    """A missing chair at 150, a chair at 60 that both call a stool, and one at 90 unfound."""
    places = ((0, CHAIR), (60, CHAIR), (90, CHAIR), (20, STOOL))
    gt = build_gt(
        [(20, 200)], [{"mask": block(left), "category_id": category} for left, category in places]
    )
    found = [pred(0, 0.6), pred(20, 0.6, STOOL), pred(60, 0.7, STOOL), pred(150, 0.9)]
    return suspects_of_files([build_preds(found), build_preds(found), gt])


def tiles(run: SuspectsOfFiles, folder: Path | None = None) -> list[SuspectTile]:
    return suspect_tiles(list(run.result.scores.listed()), run.models, folder)


def words(drawn: Any) -> list[str]:
    return [text.get_text() for text in drawn.texts]


def test_a_crop_has_predictions_the_annotation_in_doubt_and_its_neighbours(
    run: SuspectsOfFiles,
) -> None:
    missing, category, unfound = tiles(run)
    assert [(each.part, each.name, each.score) for each in missing.tile.shapes] == [
        ("P", "category 1", 0.9), ("P", "category 1", 0.9)
    ]  # fmt: skip
    assert [(each.part, each.name) for each in category.tile.shapes] == [
        ("", "category 1"), ("P", "category 2"), ("P", "category 2"), ("A", "category 1")
    ]  # fmt: skip
    assert sorted(each.part for each in unfound.tile.shapes) == ["", "A"]
    assert [(each.caption, each.certainty) for each in (missing, category, unfound)] == [
        ("category 1?", "0.90 by 2 models"), ("category 1, or category 2?", "0.70 by 2 models"),
        ("no category 1?", ""),
    ]  # fmt: skip


def test_outlines_are_in_pixels_of_the_crop(run: SuspectsOfFiles) -> None:
    # 10 x 10 at (150, 0), 27 more on either side: 64 wide from 123 on, as high as the image
    missing, *_ = tiles(run)
    assert missing.tile.size == (20, 64)
    [line] = missing.tile.shapes[0].lines
    assert (line.min(axis=0).tolist(), line.max(axis=0).tolist()) == ([27, 0], [37, 10])


def test_photographs_are_cut_to_the_crop_and_missing_ones_are_noted(
    run: SuspectsOfFiles, tmp_path: Path
) -> None:
    pixels = np.zeros((20, 200, 3), np.uint8)
    pixels[:, 150:160] = 255
    Image.fromarray(pixels).save(tmp_path / "1.jpg", quality=100)
    missing, *_ = tiles(run, tmp_path)
    assert missing.tile.picture is not None
    assert missing.tile.picture.shape == (20, 64, 3)
    assert (missing.tile.picture[10, 28:36] > 200).all()
    (tmp_path / "1.jpg").unlink()
    missing, *_ = tiles(run, tmp_path)
    assert missing.tile.picture is None
    assert missing.tile.is_placeholder
    [note] = missing.tile.notes
    assert note.code == "no-photo"


def test_a_sheet_is_numbered_and_its_key_says_what_lines_are(run: SuspectsOfFiles) -> None:
    drawn = words(plot_suspects(tiles(run)))
    assert drawn[:2] == ["1  category 1?", "0.90 by 2 models  1.jpg"]
    assert {"P category 1 0.90", "A category 1", "3  no category 1?"} <= set(drawn)
    assert drawn[-3:] == ["other annotations", "P predicted", "A annotated, in doubt"]


def test_words_above_a_crop_end_before_the_next_one(run: SuspectsOfFiles) -> None:
    long = [replace(each, caption=f"{'wide' * 20}?") for each in tiles(run)]
    ax = plot_suspects(long)
    figure = ax.get_figure(root=True)
    assert figure is not None
    canvas: Any = FigureCanvasAgg(figure)
    canvas.draw()
    bold = [text for text in ax.texts if text.get_fontweight() == "bold"]
    first, second, *_ = (text.get_window_extent() for text in bold)
    assert first.x1 < second.x0


def test_outlines_end_at_the_border_of_a_crop(run: SuspectsOfFiles) -> None:
    drawn = plot_suspects(tiles(run))
    ends = [line.get_clip_box() for line in drawn.lines[:-3]]
    assert all(end is not None and end.width < drawn.bbox.width / 2 for end in ends)


def test_a_sheet_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="no suspect is left to draw"):
        plot_suspects([])
