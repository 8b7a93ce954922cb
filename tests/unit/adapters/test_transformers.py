"""The Trainer of Hugging Face logs the numbers of files, batch by batch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from transformers import PretrainedConfig, PreTrainedModel, Trainer, TrainingArguments

from segeval import LabelMapMetric, mean_iou
from segeval.adapters.transformers import ComputeMetrics
from segeval.errors import FormatError, InputError, MismatchError, ShapeError
from segeval.metrics.loop.metric import Metric
from tests.loop_images import CATEGORIES, IOU, loop_images, numbers_of_files, updates
from tests.two_loops import seen_by_two

IMAGES = loop_images()


class Known(PreTrainedModel):
    """Finds the number of each image, from which all that was found follows."""

    config_class = PretrainedConfig
    main_input_name = "pixel_values"

    def __init__(self, config: PretrainedConfig) -> None:
        super().__init__(config)
        self.scale = torch.nn.Parameter(torch.ones(1))
        self.post_init()

    def forward(self, pixel_values: Any, labels: Any = None) -> dict[str, Any]:
        shown = (self.scale * pixel_values).mean((1, 2, 3))
        return {"loss": shown.sum(), "logits": shown[:, None], "hidden": [shown, shown]}


def post_process(outputs: Any, places: range) -> Any:
    """As an image processor does it: the outputs and the data set give predictions and truth."""
    shown = outputs[0][:, 0].round().int().tolist()
    assert shown == list(places)
    return updates([IMAGES[place] for place in places])


def trainer_of(folder: Path, metrics: Any, **how: Any) -> Trainer:
    data = [
        {"pixel_values": torch.full((3, 4, 4), float(place)), "labels": 0} for place in range(7)
    ]
    settings = TrainingArguments(
        str(folder), per_device_eval_batch_size=3, batch_eval_metrics=True, use_cpu=True,
        report_to="none", disable_tqdm=True, **how,
    )  # fmt: skip
    return Trainer(
        Known(PretrainedConfig()), settings, train_dataset=data, eval_dataset=data,
        compute_metrics=metrics,
    )  # fmt: skip


def new_metrics(**how: Any) -> ComputeMetrics:
    return ComputeMetrics(Metric(CATEGORIES, iou=IOU), post_process, **how)


def ours(found: dict[str, float]) -> dict[str, float]:
    """What was found without the Trainer's own numbers."""
    own = ("loss", "runtime", "per_second", "preparation_time", "epoch")
    return {name: value for name, value in found.items() if not name.endswith(own)}


def test_an_evaluation_has_the_numbers_of_files(tmp_path: Path) -> None:
    metrics = new_metrics()
    trainer = trainer_of(tmp_path, metrics)
    for _ in range(2):
        assert ours(trainer.evaluate()) == numbers_of_files(prefix="eval_")
    assert metrics.result.flat() == numbers_of_files()


def test_every_epoch_is_evaluated(tmp_path: Path) -> None:
    name = next(iter(numbers_of_files(prefix="eval_")))
    trainer = trainer_of(
        tmp_path, new_metrics(), eval_strategy="epoch", num_train_epochs=2, learning_rate=0.0,
        save_strategy="no",
    )  # fmt: skip
    trainer.train()
    logged = [each[name] for each in trainer.state.log_history if name in each]
    assert logged == [numbers_of_files(prefix="eval_")[name]] * 2


def test_the_numbers_may_have_a_prefix_of_their_own(tmp_path: Path) -> None:
    trainer = trainer_of(tmp_path, new_metrics(prefix="mask_"))
    assert ours(trainer.evaluate()) == numbers_of_files(prefix="eval_mask_")


def test_label_maps_are_measured_too(tmp_path: Path) -> None:
    def label_maps(outputs: Any, places: range) -> Any:
        shown = outputs[0][:, 0, None, None].round().int()
        maps = (torch.arange(6) + shown) % 3
        return list(places), maps, (maps > 0) * 2

    trainer = trainer_of(tmp_path, ComputeMetrics(LabelMapMetric(3), label_maps))
    found = ours(trainer.evaluate())
    maps = [(np.arange(6)[None] + place) % 3 for place in range(7)]
    expected = mean_iou(maps, [(one > 0) * 2 for one in maps], classes=3)
    assert found == expected.flat("eval_")


def test_images_that_are_missing_are_counted() -> None:
    metrics = ComputeMetrics(Metric(CATEGORIES), lambda outputs, places: updates(IMAGES[:1]))
    batch = SimpleNamespace(predictions=(torch.zeros(2, 1),))
    message = r"^`post_process` returned 1 image id for a batch of 2 images\.$"
    with pytest.raises(ShapeError, match=message):
        metrics(batch, compute_result=False)


def test_an_evaluation_that_failed_leaves_nothing_behind(tmp_path: Path) -> None:
    metrics = new_metrics()
    trainer = trainer_of(tmp_path, metrics)
    batches: Iterator[Any] = iter([post_process, None])
    metrics.post_process = lambda outputs, places: next(batches)(outputs, places)
    with pytest.raises(TypeError):
        trainer.evaluate()
    metrics.post_process = post_process
    assert ours(trainer.evaluate()) == numbers_of_files(prefix="eval_")


def test_two_processes_evaluate_all_images_each_without_a_collective(root: Path) -> None:
    for seen in seen_by_two("transformers", root):
        assert seen == {"numbers": numbers_of_files(prefix="eval_"), "collectives": {}}


def test_ids_that_start_anew_in_every_batch_are_refused(tmp_path: Path) -> None:
    def numbered(outputs: Any, places: range) -> Any:
        _, preds, targets = post_process(outputs, places)
        return range(len(places)), preds, targets

    trainer = trainer_of(tmp_path, ComputeMetrics(Metric(CATEGORIES), numbered))
    with pytest.raises(MismatchError) as caught:
        trainer.evaluate()
    assert caught.value.message == (
        "image 0 came in an earlier batch: `post_process` must return an id of its own for every "
        "image of the data set, such as its place."
    )


@pytest.mark.parametrize(
    ("found", "had"),
    [
        (None, "is of the type NoneType"),
        ({"ids": 1}, "is of the type dict"),
        (([1], [{}]), "has 2 values"),
    ],
)
def test_what_post_process_may_return_is_said(found: Any, had: str) -> None:
    metrics = ComputeMetrics(Metric(CATEGORIES), lambda outputs, places: found)
    with pytest.raises(FormatError) as caught:
        metrics(SimpleNamespace(predictions=torch.zeros(1, 1)), compute_result=False)
    assert caught.value.message == (
        f"what `post_process` returned {had}, expected three values: image ids, predictions and "
        "targets."
    )


@pytest.mark.parametrize("ids", [None, 5, torch.tensor(3)])
def test_ids_that_are_no_list_are_refused(ids: Any) -> None:
    metrics = ComputeMetrics(Metric(CATEGORIES), lambda outputs, places: (ids, [{}], [{}]))
    with pytest.raises(InputError, match=r"^`image_ids` (is|has shape \(\))"):
        metrics(SimpleNamespace(predictions=torch.zeros(1, 1)), compute_result=False)


def test_a_model_that_returns_the_loss_alone_is_named() -> None:
    message = (
        r"^`predictions` are of the type tuple, which holds no tensor or array: the model must "
        r"return some beside the loss\.$"
    )
    with pytest.raises(FormatError, match=message):
        new_metrics()(SimpleNamespace(predictions=()), compute_result=False)
