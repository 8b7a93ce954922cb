"""Layers that draw random numbers, and the generator that they draw from."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import pytest
import torch
from torch import nn

from segeval.models.networks.protocols import Model
from segeval.models.networks.random_layers import DropPath


class Drawing(Model):
    """A model whose losses are what a layer leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.inner = nn.Sequential(nn.Identity(), DropPath(0.5))

    def losses(self, batch: Any, *, generator: torch.Generator | None = None) -> Any:
        if not len(batch):
            raise ValueError("no images")
        return self.inner(batch).flatten().tolist()

    @property
    def generator(self) -> torch.Generator | None:
        return self.inner[1].generator  # type: ignore[return-value]


def every_model(base: type[Model] = Model) -> list[type[Model]]:
    """The classes of all models, those of this file included."""
    return [each for sub in base.__subclasses__() for each in (sub, *every_model(sub))]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_an_image_is_dropped_as_a_whole_and_the_others_make_up_for_it() -> None:
    layer = DropPath(0.25)
    layer.generator = generator()
    found = layer(torch.ones(4000, 2, 3)).flatten(1)
    assert found.unique(dim=1).shape[1] == 1
    assert found.unique().tolist() == [0, pytest.approx(4 / 3)]
    # four standard deviations of the mean of as many coins
    assert float(found.mean()) == pytest.approx(1, abs=4 * (0.25 / 0.75 / 4000) ** 0.5)


def test_without_training_or_a_rate_nothing_is_dropped() -> None:
    x = torch.ones(50, 1)
    assert DropPath(0.5).eval()(x) is x
    assert DropPath(0.0)(x) is x


def test_gradients_flow_through_the_images_that_stay() -> None:
    layer, x = DropPath(0.5), torch.ones(8, 1, requires_grad=True)
    layer.generator = generator()
    out = layer(x)
    out.sum().backward()
    assert torch.equal(x.grad, out.detach())  # type: ignore[arg-type]


def test_losses_draw_from_their_generator_and_nothing_else() -> None:
    network, images = Drawing(), torch.ones(16, 1)
    first = network.losses(images, generator=generator(1))
    torch.rand(3)
    assert network.losses(images, generator=generator(1)) == first
    assert network.losses(images, generator=generator(2)) != first
    torch.manual_seed(1)
    assert network.losses(images) == first


class Twice(Drawing):
    """A model whose losses are those of another, and what its layer leaves then."""

    def losses(self, batch: Any, *, generator: torch.Generator | None = None) -> Any:
        return super().losses(batch, generator=generator) + self.inner(batch).flatten().tolist()


def test_losses_that_call_others_draw_from_the_generator_to_their_end() -> None:
    network, images = Twice(), torch.ones(16, 1)
    first = network.losses(images, generator=generator(1))
    torch.rand(3)
    assert network.losses(images, generator=generator(1)) == first


def test_the_losses_of_every_model_are_told_of_the_generator() -> None:
    import_module("segeval.models.networks.building")  # with every model of the package
    own = [each for each in every_model() if "losses" in vars(each)]
    assert {"Drawing", "MaskRCNN", "SemanticModel"} <= {each.__name__ for each in own}
    assert [each for each in own if not hasattr(each.losses, "__wrapped__")] == []


def test_the_generator_is_let_go_of_even_after_an_error() -> None:
    network = Drawing()
    network.losses(torch.ones(2, 1), generator=generator())
    assert network.generator is None
    with pytest.raises(ValueError, match="no images"):
        network.losses(torch.ones(0, 1), generator=generator())
    assert network.generator is None
