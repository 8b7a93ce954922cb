"""Tensors of PyTorch on a device come by one copy, in their own types."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch

from segeval import Metric
from segeval.host_arrays import host_array
from segeval.host_batches import on_host
from tests.cuda_stand_in import OnCuda, on_cuda


@pytest.fixture(autouse=True)
def _no_copies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OnCuda, "copies", [])


def fields() -> dict[str, Any]:
    """Two objects of an image of 4 x 6 pixels, in every type and layout."""
    masks = torch.zeros(4, 6, 2, dtype=torch.bool).permute(2, 0, 1)
    masks[0, 1:3, 1:3] = masks[1, 2:, 3:] = True
    return {
        "masks": masks,
        "scores": torch.tensor([0.1, 0.7]).bfloat16(),
        "labels": torch.tensor([1, 2]),
        "boxes": torch.zeros(0, 4, dtype=torch.float64),
        "area": torch.tensor([4.0, 6.0], requires_grad=True),
        "iscrowd": torch.tensor([True]).expand(2),
        "ignore": torch.tensor([0.0]).expand(1),
        "size": torch.tensor([4, 6], dtype=torch.int32),
        "image_id": torch.tensor(7),
    }


def test_a_batch_comes_by_one_copy_with_its_types_and_shapes() -> None:
    there = {name: on_cuda(each) for name, each in fields().items()}
    [[found]] = on_host([there])
    assert OnCuda.copies == [sum(each.nbytes for each in there.values())]
    for name, expected in fields().items():
        assert found[name].dtype == expected.dtype
        assert torch.equal(found[name], expected)
        assert host_array(found[name]).flags.aligned


def test_a_metric_fetches_an_update_once() -> None:
    here, there = Metric([1, 2]), Metric([1, 2])
    for metric, place in ((here, torch.clone), (there, on_cuda)):
        own = {name: place(each) for name, each in fields().items() if name != "boxes"}
        pred = {name: own[name] for name in ("masks", "scores", "labels")}
        target = {name: own[name] for name in ("masks", "labels", "iscrowd", "area")}
        metric.update(own["image_id"][None], [pred], [target])
    assert len(OnCuda.copies) == 1
    assert there.to_bytes() == here.to_bytes()


def test_an_image_beyond_the_limit_has_its_masks_fetched_alone() -> None:
    there = {name: on_cuda(each) for name, each in fields().items()}
    [[found]] = on_host([there], most=there["masks"].nbytes)
    assert isinstance(found["masks"], OnCuda)
    assert not isinstance(found["scores"], OnCuda)
    assert len(OnCuda.copies) == 1


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_device_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    copies = []
    cpu = torch.Tensor.cpu

    def counted(values: torch.Tensor) -> torch.Tensor:
        copies.append(values.nbytes)
        return cpu(values)

    there = {name: each.to("cuda") for name, each in fields().items()}
    monkeypatch.setattr(torch.Tensor, "cpu", counted)
    [[found]] = on_host([there])
    assert len(copies) == 1
    for name, expected in fields().items():
        np.testing.assert_array_equal(host_array(found[name]), host_array(expected))
