"""An evaluation as a map through executors equals one evaluation."""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from segeval import average_precision
from segeval.errors import FormatError, InputError, MismatchError
from segeval.kernels.executors import map_through
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.average_precision import matches_of
from segeval.metrics.coco.parts import evaluate_parts, match_parts, read_part
from segeval.metrics.coco.parts.merging import merge
from segeval.metrics.coco.parts.merging.merge import merge_parts
from segeval.metrics.coco.parts.part import ap_of_part, match_part
from segeval.metrics.coco.parts.shards import gathered
from segeval.metrics.coco.parts.shards.shard import Matched
from tests.full_disk import most_bytes
from tests.unit.metrics.coco.parts.test_parts import furniture_files
from tests.unit.metrics.coco.test_matches import PROTOCOL_NAMES, scene, settings_of

COLUMNS = ("prediction", "image", "score", "rank", "matched_bits", "ignored_bits", "gt", "gt_image")


def processes() -> Executor:
    return ProcessPoolExecutor(2, get_context("spawn"))


def written(folder: Path, preds: Any, gt: Any, files: int) -> tuple[str, str]:
    """A pattern of files of predictions in the order of images, and the ground truth."""
    (folder / "preds").mkdir()
    order = sorted(preds, key=lambda record: record["image_id"])
    ids = sorted(image["id"] for image in gt["images"])
    images = np.searchsorted(ids, [record["image_id"] for record in order])
    ends = np.linspace(0, len(gt["images"]) + 1, files + 1).astype(int)
    for place, (start, stop) in enumerate(pairwise(ends.tolist())):
        inside = np.flatnonzero((images >= start) & (images < stop))
        own = [order[at] for at in inside.tolist()]
        (folder / "preds" / f"{place:02}.json").write_text(json.dumps(own))
    (folder / "gt.json").write_text(json.dumps(gt))
    return str(folder / "preds"), str(folder / "gt.json")


def assert_equal(found: Any, expected: Any) -> None:
    found, expected = found.to_dict(), expected.to_dict()
    for key in ("results", "settings", "notes"):
        assert found[key] == expected[key]


@pytest.mark.parametrize("files", [2, 7, 40])
@pytest.mark.parametrize("executor", [None, lambda: ThreadPoolExecutor(3)])
def test_files_of_predictions_give_the_result_of_one_run(
    tmp_path: Path, files: int, executor: Callable[[], Executor] | None
) -> None:
    preds, gt = written(tmp_path, *furniture_files(), files)
    found = evaluate_parts(preds, gt, Arguments(iou=("segm", "bbox")), executor=executor)
    assert_equal(found, average_precision(preds, gt, iou=("segm", "bbox")))


def test_processes_give_the_result_of_one_run(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 5)
    told: list[tuple[int, int]] = []
    with processes() as executor:
        found = evaluate_parts(
            preds, gt, executor=executor, on_progress=lambda *count: told.append(count)
        )
        (tmp_path / "one.json").write_text(json.dumps(furniture_files()[0]))
        one = evaluate_parts(tmp_path / "one.json", gt, executor=executor, shards=3)
    assert_equal(found, average_precision(preds, gt))
    assert_equal(one, average_precision(tmp_path / "one.json", gt))
    assert told[-1][0] == told[-1][1]


@pytest.mark.parametrize("room", [gathered.ROOM, 0])
@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_images_in_several_files_are_matched_as_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str, room: int
) -> None:
    monkeypatch.setattr(gathered, "ROOM", room)
    records, gt = scene(0, protocol)
    preds, name = written(tmp_path, records, gt, 3)
    paths = sorted(Path(preds).iterdir())
    parts = [json.loads(path.read_text()) for path in paths]
    parts[0].append(parts[2].pop())  # in a file that comes before, and not beside, the other
    for path, part in zip(paths, parts, strict=True):
        path.write_text(json.dumps(part))
    settings = settings_of(protocol)
    match_parts(preds, name, tmp_path / "all.match", Arguments(**settings))
    found, _ = read_part(tmp_path / "all.match")
    expected = matches_of(preds, name, Arguments(**settings), None)
    for one, other in zip(found, expected, strict=True):
        for column in COLUMNS:
            assert np.array_equal(getattr(one, column), getattr(other, column)), column
        assert one.inputs == other.inputs
    result = ap_of_part(tmp_path / "all.match").to_dict()
    assert result["results"] == average_precision(preds, name, **settings).to_dict()["results"]


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_slices_give_the_matches_of_one_run_with_their_places(
    tmp_path: Path, protocol: str
) -> None:
    preds, gt = scene(6, protocol)
    arguments = Arguments(**settings_of(protocol))
    parts = [tmp_path / f"{place}.match" for place in (3, 1, 2)]
    for path in parts:
        match_part(preds, gt, path, arguments, shard=(int(path.stem), 3))
    merge_parts(parts, tmp_path / "all.match")
    found, _ = read_part(tmp_path / "all.match")
    for one, other in zip(found, matches_of(preds, gt, arguments, None), strict=True):
        for column in COLUMNS:
            assert np.array_equal(getattr(one, column), getattr(other, column)), column
        assert one.origins == other.origins


def test_more_parts_than_can_be_open_give_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 9)
    match_parts(preds, gt, tmp_path / "a.match")
    monkeypatch.setattr(merge, "AT_ONCE", 2)
    monkeypatch.setattr(gathered, "ROOM", 0)
    match_parts(preds, gt, tmp_path / "b.match", executor=lambda: ThreadPoolExecutor(2))
    assert (tmp_path / "a.match").read_bytes() == (tmp_path / "b.match").read_bytes()
    assert {path.name for path in tmp_path.iterdir()} == {"a.match", "b.match", "gt.json", "preds"}


@pytest.mark.parametrize("protocol", PROTOCOL_NAMES)
def test_files_are_the_same_whether_matches_had_room_in_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    preds, gt = written(tmp_path, *scene(0, protocol), 4)
    arguments = Arguments(**settings_of(protocol))
    made = []
    for room in (gathered.ROOM, 2000, 0):
        monkeypatch.setattr(gathered, "ROOM", room)
        match_parts(preds, gt, tmp_path / "all.match", arguments)
        made.append((tmp_path / "all.match").read_bytes())
    assert made[0] == made[1] == made[2]


def test_matches_from_files_and_memory_give_the_result_of_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 7)
    kept: list[int] = []
    add = gathered.Gathered.add

    def counted(self: gathered.Gathered, number: int, done: Matched) -> None:
        add(self, number, done)
        kept.append(len(self.here) * len(self.paths))

    monkeypatch.setattr(gathered.Gathered, "add", counted)
    monkeypatch.setattr(gathered, "ROOM", 10_000)
    found = evaluate_parts(preds, gt)
    assert max(kept) > 0  # some here, some in files
    assert_equal(found, average_precision(preds, gt))


def test_ground_truth_may_be_several_files(tmp_path: Path) -> None:
    preds, gt = furniture_files()
    (tmp_path / "gts").mkdir()
    for place in range(2):
        images = [each for each in gt["images"] if each["id"] % 2 == place]
        ids = {each["id"] for each in images}
        own = [each for each in gt["annotations"] if each["image_id"] in ids]
        part = {**gt, "images": images, "annotations": own}
        (tmp_path / "gts" / f"{place}.json").write_text(json.dumps(part))
    folder, _ = written(tmp_path, preds, gt, 3)
    found = evaluate_parts([f"{folder}/*.json"], str(tmp_path / "gts"))
    assert found.to_dict()["results"] == average_precision(preds, gt).to_dict()["results"]


def test_a_failing_shard_names_its_file_and_record(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 4)
    path = Path(preds, "02.json")
    records = json.loads(path.read_text())
    records[5]["score"] = "high"
    path.write_text(json.dumps(records))
    with processes() as executor, pytest.raises(FormatError, match=r"02.json: prediction #5"):
        match_parts(preds, gt, tmp_path / "a.match", executor=executor)
    assert not [each for each in tmp_path.iterdir() if "match" in each.name or each.name[0] == "."]
    records[5]["score"], records[5]["image_id"] = 0.5, 10**6
    path.write_text(json.dumps(records))
    with pytest.raises(MismatchError, match=r"#5 of .*02.json"):
        match_parts(preds, gt, tmp_path / "a.match")


def test_a_file_given_twice_is_refused(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 2)
    with pytest.raises(InputError, match=r"01.json: is given twice"):
        match_parts([preds, f"{preds}/01.json"], gt, tmp_path / "a.match")


def test_files_of_one_image_each_that_share_an_id_are_refused(tmp_path: Path) -> None:
    records, gt = furniture_files(3)
    preds, name = written(tmp_path, records, gt, 1)
    first = [each for each in records if each["image_id"] == 1]
    for place in range(2):
        Path(preds, f"{place:02}.json").write_text(json.dumps(first))
    with pytest.raises(MismatchError, match=r"01.json: has image_id 1, as .*00.json has"):
        match_parts(preds, name, tmp_path / "a.match")


@pytest.mark.parametrize("shards", [0, -1])
def test_a_number_of_shards_below_one_is_refused(tmp_path: Path, shards: int) -> None:
    with pytest.raises(InputError, match=f"`shards` is {shards}, expected 1 or more"):
        match_parts("preds", "gt", tmp_path / "a.match", shards=shards)


def dying(item: tuple[str, str]) -> str:
    """Ends its process, as often as it finds no mark."""
    folder, name = item
    mark = Path(folder, name)
    if name == "always" or (name == "once" and not mark.exists()):
        mark.touch()
        os._exit(9)
    return name


def test_what_a_dead_worker_held_runs_again(tmp_path: Path) -> None:
    items = [(str(tmp_path), name) for name in ("a", "once", "b")]
    found = dict(map_through(processes, dying, items, str))
    assert found == {0: "a", 1: "once", 2: "b"}


def test_what_no_worker_outlives_is_named(tmp_path: Path) -> None:
    items = [(str(tmp_path), name) for name in ("a", "always", "b")]
    with pytest.raises(InputError, match=r"^always: its worker died 3 times, the last time with"):
        list(map_through(processes, dying, items, lambda item: item[1]))


def test_a_pool_that_cannot_go_on_is_said(tmp_path: Path) -> None:
    items = [(str(tmp_path), "once"), (str(tmp_path), "a")]
    with (
        processes() as executor,
        pytest.raises(InputError, match=r"a worker died with .* left, and this executor takes no"),
    ):
        list(map_through(executor, dying, items, str))


def test_a_mistake_of_ours_names_the_shard() -> None:
    with pytest.raises(ZeroDivisionError) as problem:
        list(map_through(lambda: ThreadPoolExecutor(1), lambda n: 1 // n, [0], lambda _: "it"))
    assert problem.value.__notes__ == ["in it"]


def hidden_or_part(folder: Path) -> list[str]:
    return [
        each.name for each in folder.iterdir() if each.name.startswith(".") or "match" in each.name
    ]


def test_a_full_disk_while_merging_leaves_nothing(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 4)
    (tmp_path / "out").mkdir()
    parts = [tmp_path / f"{place}.match" for place in (1, 2)]
    for path in parts:
        match_part(preds, gt, path, shard=(int(path.stem), 2))
    largest = max(path.stat().st_size for path in parts)
    with most_bytes(largest + 100), pytest.raises(OSError, match=r"all\.match") as problem:
        merge_parts(parts, tmp_path / "out" / "all.match")
    assert problem.value.errno == errno.EFBIG
    assert hidden_or_part(tmp_path / "out") == []


def test_a_full_disk_while_matching_leaves_nothing(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 4)
    (tmp_path / "out").mkdir()
    with most_bytes(2000), pytest.raises(OSError, match="File too large"):
        match_parts(preds, gt, tmp_path / "out" / "all.match")
    assert hidden_or_part(tmp_path / "out") == []


def test_an_interruption_leaves_nothing(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 4)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "all.match").write_bytes(b"older")

    def interrupt(done: int, _: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with ThreadPoolExecutor(2) as executor, pytest.raises(KeyboardInterrupt):
        match_parts(
            preds, gt, tmp_path / "out" / "all.match", executor=executor, on_progress=interrupt
        )
    assert hidden_or_part(tmp_path / "out") == ["all.match"]
    assert (tmp_path / "out" / "all.match").read_bytes() == b"older"
