"""What each of two processes sees in the loop of a framework; each writes it down.

Arguments: the framework, and a folder to write in.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

from torch import distributed

from segeval.errors import InputError
from segeval.metrics.loop.metric import Metric
from tests.loop_images import CATEGORIES, IOU, LoopImage, loop_images, numbers_of_files, updates

COLLECTIVES = (
    "all_gather", "all_gather_into_tensor", "all_gather_object", "all_reduce", "barrier",
    "broadcast", "broadcast_object_list", "gather", "gather_object", "reduce", "scatter",
)  # fmt: skip


def seen_by_two(framework: str, root: Path) -> list[dict[str, Any]]:
    """What both processes wrote."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port = found.getsockname()[1]
    shared = os.environ | {
        "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", "WORLD_SIZE": "2",
        "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port),
    }  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        runs = [
            subprocess.Popen(
                [sys.executable, "-m", "tests.two_loops", framework, folder],
                cwd=root, env=shared | {"RANK": rank, "LOCAL_RANK": rank},
                text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            )
            for rank in "01"
        ]  # fmt: skip
        said = [run.communicate(timeout=200)[0] for run in runs]
        assert [run.returncode for run in runs] == [0, 0], said
        return [json.loads((Path(folder) / f"{rank}.json").read_text()) for rank in "01"]


def counted_collectives() -> Counter[str]:
    """Counts of the collectives from now on, those that others are made of aside."""
    counts: Counter[str] = Counter()
    depth = [0]

    def counting(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
        def counted(*given: Any, **named: Any) -> Any:
            counts[name] += not depth[0]
            depth[0] += 1
            try:
                return work(*given, **named)
            finally:
                depth[0] -= 1

        return counted

    for name in COLLECTIVES:
        work = counting(name, getattr(distributed, name))
        setattr(distributed, name, work)
        setattr(distributed.distributed_c10d, name, work)
    return counts


def of_torchmetrics(rank: int, own: list[LoopImage]) -> dict[str, Any]:
    """Compute twice: with images in both processes, and with all of them in the first."""
    from segeval.adapters.torchmetrics import SegevalMetric

    distributed.init_process_group("gloo")
    metric = SegevalMetric(Metric(CATEGORIES, iou=IOU))
    counts = counted_collectives()
    batch = metric(*updates(own))
    numbers = metric.compute()
    metric.reset()
    if rank == 0:
        metric.update(*updates(loop_images()))
    empty = metric.compute()
    return {
        "own": _floats(batch), "expected_own": numbers_of_files(own),
        "numbers": _floats(numbers), "empty": _floats(empty), "collectives": dict(+counts),
    }  # fmt: skip


def of_torchmetrics_failing(rank: int, own: list[LoopImage]) -> dict[str, Any]:
    """What is said of a bad batch of the second process: when it comes, and by compute, twice."""
    from segeval.adapters.torchmetrics import SegevalMetric

    def said(call: Callable[..., Any], *given: Any) -> str | None:
        try:
            call(*given)
        except InputError as error:
            return error.message
        return None

    distributed.init_process_group("gloo")
    seen: dict[str, Any] = {}
    batch: Any = ([99], [{}], [{}]) if rank else updates(own)
    for kind in ("update", "forward", "forward in step"):
        metric = SegevalMetric(Metric(CATEGORIES, iou=IOU), dist_sync_on_step="step" in kind)
        call = metric.update if kind == "update" else metric
        seen[kind] = [said(call, *batch), said(metric.compute), said(metric.compute)]
        metric.reset()
        metric.update(*updates(own))
        seen["numbers"] = _floats(metric.compute())
    return seen


def of_lightning(rank: int, own: list[LoopImage]) -> dict[str, Any]:
    """Validate in both processes; Lightning deals the images, and repeats the first."""
    from segeval.adapters.lightning import SegevalCallback
    from tests.lightning_loop import Loop, loader, trainer_of, unpack

    class Counted(SegevalCallback):
        def on_validation_epoch_end(self, trainer: Any, pl_module: Any) -> None:
            counts.clear()
            super().on_validation_epoch_end(trainer, pl_module)
            seen["collectives"] = dict(+counts)

    seen: dict[str, Any] = {}
    counts = counted_collectives()
    callback = Counted(Metric(CATEGORIES, iou=IOU), unpack)
    trainer = trainer_of(callback, devices=2, strategy="ddp")
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        trainer.fit(Loop(), loader(), loader())
    seen["numbers"] = callback.result.flat()
    seen["logged"] = _floats(trainer.callback_metrics)
    seen["warnings"] = [str(each.message) for each in said]
    return seen


def of_mmengine(rank: int, own: list[LoopImage]) -> dict[str, Any]:
    """Evaluate both processes' samples, one of which is in both."""
    from tests.mmengine_samples import data_sample, new_evaluator

    distributed.init_process_group("gloo")
    evaluator = new_evaluator()
    evaluator.process([data_sample(each) for each in own])
    evaluator.process([data_sample(loop_images()[0])])
    counts = counted_collectives()
    return {"numbers": evaluator.evaluate(7), "collectives": dict(+counts)}


def of_transformers(rank: int, own: list[LoopImage]) -> dict[str, Any]:
    """Evaluate: the Trainer deals the images, and gives every process all outputs."""
    from tests.unit.adapters.test_transformers import new_metrics, ours, trainer_of

    counts: Counter[str] = Counter()

    def counted(prediction: Any, *, compute_result: bool) -> dict[str, float]:
        before = +every
        found = metrics(prediction, compute_result=compute_result)
        counts.update(+every - before)
        return found

    metrics = new_metrics()
    with tempfile.TemporaryDirectory() as folder:
        trainer = trainer_of(Path(folder), counted, ddp_backend="gloo")
        every = counted_collectives()
        numbers = ours(trainer.evaluate())
    return {"numbers": numbers, "collectives": dict(counts)}


def _floats(numbers: dict[str, Any]) -> dict[str, float]:
    return {name: float(number) for name, number in numbers.items()}


LOOPS = {
    "lightning": of_lightning,
    "mmengine": of_mmengine,
    "torchmetrics": of_torchmetrics,
    "torchmetrics_failing": of_torchmetrics_failing,
    "transformers": of_transformers,
}


def main(framework: str, folder: Path) -> None:
    """Do it, and write what was seen."""
    rank = int(os.environ["RANK"])
    seen = LOOPS[framework](rank, loop_images()[rank::2])
    (folder / f"{rank}.json").write_text(json.dumps(seen))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]))
