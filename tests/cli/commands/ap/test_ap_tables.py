"""What `segeval ap` prints and writes, for hand-made results."""

from __future__ import annotations

import csv
import math
from dataclasses import replace
from functools import cached_property
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import pytest

from segeval.errors import Note
from segeval.metrics.coco.curves import Curves
from segeval.metrics.coco.per_image import ImageScores
from segeval.metrics.coco.protocol import COCO, LVIS
from segeval.metrics.coco.result import APResult
from segeval.metrics.coco.scores import CategoryScores, FrequencyScores, Scores, SizeScores
from segeval.metrics.coco.tables import threshold_text
from segeval_cli.commands.ap.options import Per
from segeval_cli.commands.ap.view import ap_view
from segeval_cli.csv_rows import csv_text
from segeval_cli.results import result_markdown, result_text

CATEGORIES = 25


class FixedScores(Scores):
    """Scores whose images are given instead of computed."""

    @cached_property
    def images(self) -> tuple[ImageScores, ...]:
        return tuple(
            ImageScores(
                id=10 * place,
                file_name=f"val/{place:012d}.jpg",
                gt=place,
                preds=2 * place,
                ap=None if place == 3 else place / 50,
                ap50=None if place == 3 else place / 40,
                tp50=place,
                fp50=place,
                fn50=0,
            )
            for place in range(CATEGORIES)
        )


def size(name: str, low: float, high: float, gt: int, ap: float | None) -> SizeScores:
    """Scores of a bucket: AP50 and AR are AP + 0.2, AP75 is AP + 0.05."""
    if ap is None:
        return SizeScores(name, low, high, gt, None, None, None, None)
    return SizeScores(name, low, high, gt, ap, ap + 0.2, ap + 0.05, ap + 0.2)


def build_scores(iou: str, *, lvis: bool, shift: float) -> Scores:
    """One kind of IoU, with hand-made numbers."""
    no_numbers = np.empty(0)
    return FixedScores(
        iou=iou,
        overall=size("all", 0.0, math.inf, 12041, 0.441 + shift),
        ar_by_max_dets={"300": 0.5} if lvis else {"1": 0.3, "10": 0.5, "100": 0.568},
        sizes=(
            size("small", 0.0, 12769.0, 2310, 0.335 + shift),
            size("medium", 12769.0, 65536.0, 0, None),
            size("large", 65536.0, math.inf, 5552, 0.619 + shift),
        ),
        categories=tuple(
            CategoryScores(
                id=place,
                name=f"thing {place}",
                frequency="rcf"[place % 3] if lvis else None,
                gt=100 * place,
                preds=1000 + place,
                ap=None if place == 3 else (CATEGORIES - place) / 100 + shift,
                ap50=0.5,
                ap75=0.25,
                ar=0.75,
                ap_by_size={},
            )
            for place in range(CATEGORIES)
        ),
        frequencies=(
            FrequencyScores("rare", 9, 0, None, None),
            FrequencyScores("common", 8, 2, 0.2, 0.3),
            FrequencyScores("frequent", 8, 8, 0.4, 0.5),
        )
        if lvis
        else (),
        official=None,
        curves=Curves(no_numbers, no_numbers, no_numbers.astype(np.int64), no_numbers),
        source=cast(Any, SimpleNamespace(judged=np.array([25300]))),
    )


def build_result(*kinds: str, lvis: bool = False, **settings: Any) -> APResult:
    """A result with hand-made numbers; the second kind of IoU is 0.1 better."""
    kinds = kinds or ("segm",)
    protocol = LVIS if lvis else COCO
    return APResult(
        protocol=protocol,
        area_from=dict.fromkeys(kinds, "mask"),
        scores={
            kind: build_scores(kind, lvis=lvis, shift=place / 10)
            for place, kind in enumerate(kinds)
        },
        inputs={
            "preds": {"path": "runs/preds.json", "count": 25300},
            "gt": {"path": "gt.json", "count": 12041, "images": 3000, "categories": 34},
        },
        settings={
            "protocol": protocol.name,
            "packages": dict.fromkeys(kinds),
            "iou": list(kinds),
            "boundary_ratio": None,
            "boundary_px": None,
            "thresholds": protocol.thresholds,
            "max_dets": protocol.max_dets,
            "cap_scope": protocol.cap_scope,
            "agnostic": False,
            **settings,
        },
        notes=(Note("max-dets", "212 predictions beyond max_dets 100 were not used", 212),),
        seconds=4.123,
    )


def text_of(
    result: APResult,
    per: tuple[Per, ...] = (Per.SIZE,),
    *,
    width: int = 80,
    every_row: bool = False,
    notes: bool = True,
) -> str:
    """What `segeval ap` prints of a result."""
    view = ap_view(result, per)
    return result_text(result, width, every_row=every_row, notes=notes, view=view)


GOLDEN = """\
Mask AP   preds.json vs gt.json   coco protocol, 0.50:0.95, max_dets 100

  size          area px2       gt     AP   AP50   AP75     AR
 -------------------------------------------------------------
  all            0 - inf   12,041   44.1   64.1   49.1   64.1
 -------------------------------------------------------------
  small        0 - 113^2    2,310   33.5   53.5   38.5   53.5
  medium   113^2 - 256^2        0      -      -      -      -
  large      256^2 - inf    5,552   61.9   81.9   66.9   81.9

AR by max_dets: 30.0 at 1, 50.0 at 10, 56.8 at 100
3,000 images, 34 categories, 25,300 predictions in 4.1 s
note: 212 predictions beyond max_dets 100 were not used"""


def test_the_table_is_what_the_documentation_shows() -> None:
    assert text_of(build_result()) == GOLDEN


def test_several_kinds_of_iou_share_one_table() -> None:
    lines = text_of(build_result("segm", "bbox")).splitlines()
    assert lines[0].startswith("Mask and box AP   preds.json vs gt.json")
    header = next(line for line in lines if line.startswith("  size"))
    assert header.split()[4:] == ["AP", "AP50", "AP75", "box", "AP", "box", "AP50", "AR"]
    small = next(line for line in lines if line.startswith("  small"))
    assert small.split()[-6:] == ["33.5", "53.5", "38.5", "43.5", "63.5", "53.5"]


def test_lvis_adds_a_row_per_frequency() -> None:
    text = text_of(build_result(lvis=True))
    rows = {line.split()[0]: line.split()[1:] for line in text.splitlines() if line.strip()}
    assert rows["rare"] == ["0", "of", "9", "categories", "-", "-"]
    assert rows["common"] == ["2", "of", "8", "categories", "20.0", "30.0"]
    assert rows["frequent"] == ["8", "categories", "40.0", "50.0"]
    assert "lvis protocol, 0.50:0.95, max_dets 300" in text


def test_categories_come_worst_first_and_stop_at_twenty() -> None:
    lines = text_of(build_result(), (Per.CATEGORY,)).splitlines()
    names = [line.strip().split("  ")[0] for line in lines if line.startswith("  thing")]
    assert names == [f"thing {place}" for place in range(24, 4, -1)]
    assert "  5 more: --per category --all" in lines


def test_every_row_shows_undefined_categories_last() -> None:
    lines = text_of(build_result(), (Per.CATEGORY,), every_row=True).splitlines()
    rows = [line for line in lines if line.startswith("  thing")]
    assert len(rows) == CATEGORIES
    assert rows[-1].split()[:5] == ["thing", "3", "300", "1,003", "-"]
    assert "more:" not in "".join(lines)


def test_images_come_worst_first_with_their_file_names() -> None:
    lines = text_of(build_result(), (Per.IMAGE,)).splitlines()
    rows = [line.split() for line in lines if ".jpg" in line]
    assert rows[1] == ["10", "000000000001.jpg", "1", "2", "2.0", "2.5", "1", "1", "0"]
    assert len(rows) == 20


@pytest.mark.parametrize("kinds", [("segm",), ("segm", "bbox")])
@pytest.mark.parametrize("lvis", [False, True])
@pytest.mark.parametrize("width", [44, 50, 59, 60, 72, 80])
def test_no_line_is_wider_than_the_terminal(kinds: tuple[str], lvis: bool, width: int) -> None:
    result = build_result(*kinds, lvis=lvis)
    text = text_of(result, tuple(Per), every_row=True, width=width)
    assert max(len(line) for line in text.splitlines()) <= width


def test_a_narrow_table_loses_recall_first_then_ap75() -> None:
    def header(width: int) -> list[str]:
        lines = text_of(build_result(), width=width).splitlines()
        return next(line for line in lines if line.startswith("  size")).split()[3:]

    assert header(59) == ["gt", "AP", "AP50", "AP75", "AR"]
    assert header(54) == ["gt", "AP", "AP50", "AP75"]
    assert header(47) == ["gt", "AP", "AP50"]


def test_quiet_leaves_out_the_notes() -> None:
    assert "note:" not in text_of(build_result(), notes=False)


def test_columns_of_thresholds_that_were_not_asked_for_are_absent() -> None:
    result = build_result(thresholds=(0.5,))
    text = text_of(result)
    assert "AP50" in text
    assert "AP75" not in text
    assert "IoU 0.50," in text


def test_the_title_says_what_is_unusual() -> None:
    unusual: dict[str, Any] = {"max_dets": (0,), "agnostic": True, "thresholds": (0.3, 0.5)}
    text = text_of(build_result(packages={"segm": "pycocotools"}, **unusual))
    assert "coco protocol as pycocotools, IoU 0.30, 0.50, no max_dets, categories as one" in text


def test_files_of_one_name_keep_their_folders() -> None:
    inputs = {
        "preds": {"path": "a/x.json", "count": 25301},
        "gt": {"path": "b/x.json", "count": 1, "images": 1, "categories": 1},
    }
    text = text_of(replace(build_result(), inputs=inputs))
    assert "a/x.json vs b/x.json" in text
    assert "1 image, 1 category, 25,300 of 25,301 predictions used" in text


@pytest.mark.parametrize(
    ("thresholds", "text"),
    [
        ((0.5,), "IoU 0.50"),
        (COCO.thresholds, "0.50:0.95"),
        ((0.1, 0.2, 0.3, 0.4), "0.10:0.40:0.1"),
        ((0.1, 0.2, 0.5, 0.9), "4 IoU thresholds 0.10:0.90"),
    ],
)
def test_thresholds_in_the_title_are_short(thresholds: tuple[float, ...], text: str) -> None:
    assert threshold_text(thresholds) == text


def test_markdown_is_the_same_table_between_pipes() -> None:
    result = build_result()
    text = result_markdown(result, notes=True, view=ap_view(result))
    assert "| size | area px2 | gt | AP | AP50 | AP75 | AR |" in text
    assert "| small | 0 - 113^2 | 2,310 | 33.5 | 53.5 | 38.5 | 53.5 |" in text
    assert "- 212 predictions beyond max_dets 100 were not used" in text


def test_quiet_leaves_the_notes_out_of_markdown_as_well() -> None:
    result = build_result()
    assert "- 212 predictions" not in result_markdown(result, notes=False, view=ap_view(result))


def test_csv_has_every_row_in_full_precision() -> None:
    text = csv_text(build_result("segm", "bbox", lvis=True).to_dict(per_image=True))
    rows = list(csv.DictReader(text.splitlines()))
    assert list(rows[0])[:6] == ["kind", "table", "id", "name", "ap", "ap50"]
    # everything, AR by cap, sizes, categories, frequencies, images
    assert len(rows) == 2 * (1 + 1 + 3 + CATEGORIES + 3 + CATEGORIES)
    assert rows[0]["ap"] == "0.441"
    assert (rows[3]["name"], rows[3]["ap"], rows[4]["max_area"]) == ("medium", "", "")
    assert rows[-1]["file_name"] == f"val/{CATEGORIES - 1:012d}.jpg"
