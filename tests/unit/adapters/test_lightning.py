"""The callback measures every validation of Lightning, and logs what files would give."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import Trainer
from lightning.pytorch.callbacks import ModelCheckpoint

from segeval.adapters.lightning import SegevalCallback
from segeval.errors import FormatError, InputError
from segeval.metrics.loop.metric import Metric
from tests.lightning_loop import Loop, loader, trainer_of, unpack
from tests.loop_images import CATEGORIES, IOU, loop_images, numbers_of_files, updates
from tests.two_loops import seen_by_two

# of Lightning's own, on small data
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::FutureWarning")


def new_callback(**how: Any) -> SegevalCallback:
    return SegevalCallback(Metric(CATEGORIES, iou=IOU), unpack, **how)


def logged(trainer: Trainer) -> dict[str, float]:
    return {name: number.item() for name, number in trainer.callback_metrics.items()}


def as_logged(numbers: dict[str, float]) -> dict[str, float]:
    """Lightning keeps numbers as float32."""
    return {name: torch.tensor(number).item() for name, number in numbers.items()}


def test_every_validation_is_logged() -> None:
    callback = new_callback()
    trainer = trainer_of(callback)
    trainer.fit(Loop(), loader(), loader())
    assert callback.result.flat() == numbers_of_files()
    assert len(callback.metric) == 7
    assert logged(trainer) == as_logged(numbers_of_files(prefix="val/"))


def test_the_sanity_check_is_not_measured() -> None:
    seen: list[Any] = []

    class Watch(SegevalCallback):
        def on_sanity_check_end(self, trainer: Any, pl_module: Any) -> None:
            seen.append((len(self.metric), self.result, logged(trainer)))

    trainer_of(Watch(Metric(CATEGORIES, iou=IOU), unpack)).fit(Loop(), loader(), loader())
    assert seen == [(0, None, {})]


def test_the_best_checkpoint_goes_by_a_number(tmp_path: Path) -> None:
    name = next(iter(numbers_of_files(prefix="val/")))
    best = ModelCheckpoint(tmp_path, monitor=name, mode="max")
    trainer = trainer_of(new_callback(), best)
    trainer.fit(Loop(), loader(), loader())
    assert best.best_model_score is not None
    assert best.best_model_score.item() == logged(trainer)[name]


def test_one_of_several_data_sets_is_measured() -> None:
    callback = new_callback(prefix="small/", dataloader=1)
    trainer = trainer_of(callback)
    trainer.validate(Loop(), [loader(), loader(loop_images()[:3])], verbose=False)
    assert callback.result.flat() == numbers_of_files(loop_images()[:3])


def test_a_metric_of_torchmetrics_logs_its_numbers() -> None:
    pytest.importorskip("torchmetrics", reason="needs torchmetrics")
    from segeval.adapters.torchmetrics import SegevalMetric

    class WithMetric(Loop):
        def __init__(self) -> None:
            super().__init__()
            self.val = SegevalMetric(Metric(CATEGORIES, iou=IOU), prefix="val/")

        def validation_step(self, batch: Any, *places: int) -> None:
            self.val.update(*updates(batch))

        def on_validation_epoch_end(self) -> None:
            self.log_dict(self.val.compute())
            self.val.reset()

    trainer = trainer_of()
    trainer.fit(WithMetric(), loader(), loader())
    assert logged(trainer) == numbers_of_files(prefix="val/")


def test_two_processes_gather_once_per_validation(root: Path) -> None:
    for seen in seen_by_two("lightning", root):
        assert seen["numbers"] == numbers_of_files()
        assert seen["logged"] == as_logged(numbers_of_files(prefix="val/"))
        assert seen["collectives"] == {"all_gather_object": 1}
        assert [said for said in seen["warnings"] if "sync_dist" in said] == []


@pytest.mark.parametrize("place", [2, -1])
def test_a_dataloader_that_is_not_there_is_refused(place: int) -> None:
    trainer = trainer_of(new_callback(dataloader=place))
    message = rf"^`dataloader` is {place}, expected one of \[0, 1\]\.$"
    with pytest.raises(InputError, match=message):
        trainer.validate(Loop(), [loader(), loader()], verbose=False)


def test_what_unpack_may_return_is_said() -> None:
    callback = SegevalCallback(
        Metric(CATEGORIES), lambda outputs, batch: unpack(outputs, batch)[:2]
    )
    with pytest.raises(FormatError) as caught:
        trainer_of(callback).validate(Loop(), loader(), verbose=False)
    assert caught.value.message == (
        "what `unpack` returned has 2 values, expected three values: image ids, predictions and "
        "targets."
    )


def test_an_unpack_that_failed_fails_the_gathered_numbers_until_the_next_validation() -> None:
    callback = SegevalCallback(Metric(CATEGORIES, iou=IOU), lambda outputs, batch: batch["id"])
    trainer = trainer_of(callback)
    with pytest.raises(TypeError):
        trainer.validate(Loop(), loader(), verbose=False)
    with pytest.raises(InputError, match=r"^process 0: TypeError: list indices"):
        callback.metric.gather()
    callback.unpack = unpack
    trainer.validate(Loop(), loader(), verbose=False)
    assert callback.result.flat() == numbers_of_files()
