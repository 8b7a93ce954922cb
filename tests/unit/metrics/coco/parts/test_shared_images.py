"""Parts that share some of their images say what one run says, to the last byte."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision
from segeval.errors import InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts.joining import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from tests.parity.scenes import nasty_pair
from tests.unit.metrics.coco.parts.test_notes_of_parts import SCENES, Files
from tests.unit.metrics.coco.test_matches import PROTOCOL_NAMES, scene, settings_of

SLICES = ((1, 2), (2, 3), (3, 3), (2, 4))
"""Of the images: the second shares some with the first and the third with none."""


def merged(folder: Path, preds: Any, gt: Any, *, errors: bool = False, **settings: Any) -> Path:
    """A part of slices that share images, merged in two steps."""
    paths = [folder / f"{place}-{number}.match" for place, number in SLICES]
    for path, shard in zip(paths, SLICES, strict=True):
        match_part(preds, gt, path, Arguments(**settings), shard=shard, errors=errors)
    merge_parts([paths[3], paths[1]], folder / "some.match")
    notes = merge_parts([paths[2], folder / "some.match", paths[0]], folder / "all.match")
    assert [note.code for note in notes] == ["images-in-several-parts"]
    return folder / "all.match"


def assert_one_run(path: Path, preds: Any, gt: Any, **settings: Any) -> None:
    found = ap_of_part(path).to_dict()
    expected = average_precision(preds, gt, **settings).to_dict()
    for name in ("results", "settings", "notes"):
        assert found[name] == expected[name]


@pytest.mark.parametrize(("make", "settings", "codes"), SCENES)
def test_what_is_said_of_shared_images_is_said_once(
    tmp_path: Path, make: Callable[[], Files], settings: dict[str, Any], codes: set[str]
) -> None:
    del codes
    preds, gt = make()
    if "images" in settings:
        settings = {**settings, "images": (20, 30, 250, 110, 140, 150, 200)}
    assert_one_run(merged(tmp_path, preds, gt, **settings), preds, gt, **settings)


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
@pytest.mark.parametrize("errors", [False, True])
def test_protocols_count_shared_images_once(tmp_path: Path, protocol: str, errors: bool) -> None:
    preds, gt = scene(6, protocol)
    settings = settings_of(protocol)
    path = merged(tmp_path, preds, gt, errors=errors, **settings)
    assert_one_run(path, preds, gt, **settings)


@pytest.mark.parametrize("compat", [None, "official"])
@pytest.mark.parametrize("lvis", [False, True])
@pytest.mark.parametrize("seed", range(12))
def test_odd_files_with_shared_images_say_what_one_run_says(
    tmp_path: Path, seed: int, lvis: bool, compat: str | None
) -> None:
    preds, gt = nasty_pair(seed, lvis=lvis)
    settings: dict[str, Any] = {"compat": compat, "skip_unknown": compat is None and seed % 2 == 0}
    try:
        average_precision(preds, gt, **settings)
        path = merged(tmp_path, preds, gt, **settings)
    except InputError:
        return  # as tests of slices without shared images say
    assert_one_run(path, preds, gt, **settings)
