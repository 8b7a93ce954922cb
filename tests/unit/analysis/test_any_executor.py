"""Threads, processes and a cluster of two workers give every result of one run, to the last bit."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest

from segeval import average_precision, error_kinds, mean_iou, panoptic_quality
from segeval.analysis.errors.in_shards import evaluate_error_parts
from segeval.errors import FormatError, InputError
from segeval.metrics.coco.arguments import Arguments
from segeval.metrics.coco.parts import evaluate_parts, match_parts
from segeval.metrics.panoptic.parts import evaluate_panoptic_parts
from segeval.metrics.semantic.arguments import Arguments as LabelMapArguments
from segeval.metrics.semantic.parts import evaluate_label_map_parts
from tests.unit.metrics.coco.parts.shards.test_mapping import written
from tests.unit.metrics.coco.parts.test_parts import furniture_files
from tests.unit.metrics.coco.test_matches import scene, settings_of
from tests.unit.metrics.panoptic.test_panoptic_parts import scene as panoptic_scene
from tests.unit.metrics.semantic.test_label_map_parts import PLAIN, rooms

EXECUTORS = ("threads-1", "threads-2", "threads-3", "threads-8", "processes", "cluster")
OF_INSTANCES: dict[str, dict[str, Any]] = {
    **{name: settings_of(name) for name in ("coco", "lvis", "lvis-fixed", "lvis-2021")},
    "boundary": {"iou": "boundary"},
    "boxes": {"iou": "bbox"},
}

pytestmark = pytest.mark.filterwarnings("default")  # of dask, about ports and slow machines


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    """A cluster of two processes."""
    dask = pytest.importorskip("distributed", reason="needs dask.distributed, of the extra dask")
    with (
        dask.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=":0") as cluster,
        dask.Client(cluster, set_as_default=False) as client,
    ):
        yield client


@pytest.fixture(scope="module", params=EXECUTORS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    kind, _, number = request.param.partition("-")
    if kind == "cluster":
        yield request.getfixturevalue("client").get_executor()
        return
    pool: Executor
    if kind == "threads":
        pool = ThreadPoolExecutor(int(number))
    else:
        pool = ProcessPoolExecutor(2, get_context("spawn"))
    with pool:
        yield pool


def assert_same(found: Any, expected: Any) -> None:
    found, expected = found.to_dict(), expected.to_dict()
    for key in ("results", "settings", "notes"):
        assert json.dumps(found[key]) == json.dumps(expected[key])


@pytest.mark.parametrize("name", OF_INSTANCES)
def test_instances(tmp_path: Path, executor: Executor, name: str) -> None:
    settings = OF_INSTANCES[name]
    preds, gt = written(tmp_path, *scene(0, settings.get("protocol", "coco")), 1)
    found = evaluate_parts(preds, gt, Arguments(**settings), executor=executor, shards=3)
    assert_same(found, average_precision(preds, gt, **settings))


def test_several_files(tmp_path: Path, executor: Executor) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 5)
    found = evaluate_parts(preds, gt, executor=executor)
    assert_same(found, average_precision(preds, gt))


def test_error_kinds(tmp_path: Path, executor: Executor) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 3)
    assert_same(evaluate_error_parts(preds, gt, executor=executor), error_kinds(preds, gt))


def test_label_maps(tmp_path: Path, executor: Executor) -> None:
    files = rooms(tmp_path, 8)
    found = evaluate_label_map_parts(
        *files, LabelMapArguments(**PLAIN), executor=executor, shards=3
    )
    assert_same(found, mean_iou(*files, **PLAIN))


def test_panoptic_files(tmp_path: Path, executor: Executor) -> None:
    files = panoptic_scene(tmp_path, 8)
    found = evaluate_panoptic_parts(*files, executor=executor, shards=3)
    assert_same(found, panoptic_quality(*files))


def killing(victim: Callable[[], int], at: int) -> Callable[[int, int], None]:
    """Progress that kills a worker once so many shards are done."""
    if sys.platform == "win32":
        pytest.skip("the system has no such signal")

    def told(done: int, _: int) -> None:
        if done == at:
            os.kill(victim(), signal.SIGKILL)

    return told


def test_a_killed_process_changes_nothing(tmp_path: Path) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 9)
    found = evaluate_parts(
        preds, gt, executor=lambda: ProcessPoolExecutor(2, get_context("spawn")),
        on_progress=killing(lambda: int(multiprocessing.active_children()[0].pid or 0), 3),
    )  # fmt: skip
    assert_same(found, average_precision(preds, gt))


def test_a_killed_worker_of_a_cluster_changes_nothing(tmp_path: Path, client: Any) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 9)
    found = evaluate_parts(
        preds, gt, executor=client.get_executor(),
        on_progress=killing(lambda: int(min(client.run(os.getpid).values())), 3),
    )  # fmt: skip
    assert_same(found, average_precision(preds, gt))


def test_a_shard_that_fails_on_a_cluster_names_its_file_and_record(
    tmp_path: Path, client: Any
) -> None:
    preds, gt = written(tmp_path, *furniture_files(), 4)
    path = Path(preds, "02.json")
    records = json.loads(path.read_text())
    records[5]["score"] = "high"
    path.write_text(json.dumps(records))
    with pytest.raises(FormatError, match=r"02\.json: prediction #5"):
        match_parts(preds, gt, tmp_path / "a.match", executor=client.get_executor())
    assert {each.name for each in tmp_path.iterdir()} == {"preds", "gt.json"}


def test_a_file_that_workers_do_not_see_is_named(
    tmp_path: Path, client: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, *furniture_files(), 2)
    monkeypatch.chdir(tmp_path)  # the workers are elsewhere
    with pytest.raises(InputError, match="is there for this process, but not for the worker"):
        match_parts("preds", "gt.json", "a.match", executor=client.get_executor())
    assert {each.name for each in tmp_path.iterdir()} == {"preds", "gt.json"}
