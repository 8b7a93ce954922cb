"""Files of Res2Net: names of its authors, and how a model was trained."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from segeval import FormatError
from segeval.models import component, load, public_names
from segeval.models.config import Config, changed
from segeval.models.costs.flops import shapes_only
from segeval.models.files.families import RES2NET, translated
from segeval.models.files.weights import compared
from segeval.models.training.initial import bottom_up_of, config_for, new_model, read_initial
from tests.published_weights import res2net


def test_res2net_of_its_authors_has_every_weight() -> None:
    shapes = res2net() | {"fc.weight": (1000, 2048), "fc.bias": (1000,)}
    with shapes_only():
        found = translated({name: torch.empty(shape) for name, shape in shapes.items()})
        own = component("res2net", depth=101).state_dict()
    assert found.family == RES2NET
    assert found.unknown == ("fc.weight", "fc.bias")
    report = compared({name: tuple(each.shape) for name, each in own.items()}, found.weights)
    assert str(report) == f"{len(own)} of {len(own)} weights found"


R2 = changed(Config(), "r2", classes=2, backbone={"kind": "res2net", "depth": 14, "deformable": 1})


def test_training_starts_from_the_res2net_of_its_authors(tmp_path: Path) -> None:
    path = tmp_path / "res2net.pth"
    torch.manual_seed(3)
    weights = {name: torch.rand(shape) for name, shape in res2net((1, 1, 1, 1)).items()}
    torch.save(weights | {"bn1.num_batches_tracked": torch.tensor(3)}, path)
    config, (note,) = config_for(R2, read_initial(path), share=2)
    assert config.input.order == "RGB"
    assert note.message.startswith(f"{path} has Res2Net's names: input.order is now RGB")
    model, (told,) = new_model(config, read_initial(path), seed=0)
    own = bottom_up_of(model).state_dict()
    names = public_names("res2net")
    started = {name for name in own if ".offsets." not in name}
    assert {names(name) for name in started} == weights.keys()
    assert all(torch.equal(own[name], weights[names(name)]) for name in started)
    assert "(Res2Net names)" in told.message


@pytest.mark.parametrize(("stem", "pools", "words"), [
    ("stem", True, ("without", "false")),
    ("", False, ("with", "true")),
])  # fmt: skip
def test_a_res2net_that_was_trained_with_another_average_is_refused(
    stem: str, pools: bool, words: tuple[str, str], tmp_path: Path
) -> None:
    path = tmp_path / "model.pth"
    shapes = res2net((1, 1, 1, 1), prefix="backbone.", stem=stem)
    torch.save({name: torch.zeros(shape) for name, shape in shapes.items()}, path)
    config = changed(R2, "other", backbone={"pool_first": pools})
    with pytest.raises(FormatError) as problem:
        load(path, config=config)
    assert problem.value.message == (
        f"{path}: its Res2Net was trained {words[0]} the average in the first block of res2. "
        f"Choose `backbone.pool_first={words[1]}`."
    )
    initial = read_initial(path)
    with pytest.raises(FormatError, match="its Res2Net was trained with"):
        config_for(config, initial, share=2)
    fitting, _ = config_for(
        changed(R2, "same", backbone={"pool_first": not pools}), initial, share=2
    )
    assert fitting.input.order == "RGB"
