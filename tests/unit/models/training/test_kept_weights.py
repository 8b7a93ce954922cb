"""Weights kept at intervals: when, under which names, and what a resumed run does with them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from segeval.errors import InputError
from segeval.models.averaging.average import average_checkpoints
from segeval.models.files.weights import read_weights
from segeval.models.training.checkpoints import read_state
from segeval.models.training.events import Event, Saved
from segeval.models.training.kept_weights import Interval, drop_later, kept_file, parsed_interval
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.trainer import train
from tests.tiny_training import Noise, tiny_config, tiny_model


def run(output: Path, *, keep: Interval, stop: int = 99, **how: Any) -> list[Event]:
    """Eight updates of four images, of 100."""
    settings = RunSettings(keep_every=keep, eval_every=8)
    asked = iter(range(1, 99))
    events = train(
        tiny_model(),
        tiny_config(8),
        Noise(),
        output=output,
        settings=settings,
        should_stop=lambda: next(asked) == stop,
        **how,
    )
    return list(events)


def kept(folder: Path) -> list[str]:
    return sorted(each.name for each in (folder / "kept").iterdir())


def test_the_weights_of_every_third_update_are_kept(tmp_path: Path) -> None:
    events = run(tmp_path / "a", keep=Interval(3))
    names = ["update_0000003.safetensors", "update_0000006.safetensors"]
    assert kept(tmp_path / "a") == names
    saved = [(each.path.name, each.update) for each in events if isinstance(each, Saved)]
    assert saved[:2] == list(zip(names, (3, 6), strict=True))
    one, two = (read_weights(tmp_path / "a" / "kept" / name) for name in names)
    assert not torch.equal(one["head.weight"], two["head.weight"])


def test_kept_weights_are_those_after_the_update(tmp_path: Path) -> None:
    run(tmp_path / "a", keep=Interval(8))
    last = read_state(tmp_path / "a" / "last.pt").model
    found = read_weights(kept_file(tmp_path / "a", 8))
    assert all(torch.equal(found[name], last[name]) for name in found)


def test_kept_weights_can_be_averaged(tmp_path: Path) -> None:
    run(tmp_path / "a", keep=Interval(4))
    paths = sorted((tmp_path / "a" / "kept").iterdir())
    average_checkpoints(paths, tmp_path / "mean.safetensors")
    mean = read_weights(tmp_path / "mean.safetensors")["head.weight"].double()
    one, two = (read_weights(path)["head.weight"].double() for path in paths)
    assert torch.equal(mean, ((one + two) / 2).float().double())


def test_a_resumed_run_makes_later_weights_again(tmp_path: Path) -> None:
    run(tmp_path / "whole", keep=Interval(2))
    run(tmp_path / "a", keep=Interval(2), stop=3)
    # as after a crash: weights that were kept after the state was written
    lost, foreign = kept_file(tmp_path / "a", 6), tmp_path / "a" / "kept" / "mine.safetensors"
    lost.write_bytes(b"of a run that is not there any more")
    foreign.write_bytes(b"mine")
    events = run(tmp_path / "a", keep=Interval(2), stop=2, resume=True)
    assert next(each.update for each in events if isinstance(each, Saved)) == 4
    assert kept(tmp_path / "a") == [
        foreign.name,
        *(f"update_000000{i}.safetensors" for i in (2, 4)),
    ]
    run(tmp_path / "a", keep=Interval(2), resume=True)
    foreign.unlink()
    assert kept(tmp_path / "a") == kept(tmp_path / "whole")
    for name in kept(tmp_path / "a"):
        one, two = (read_weights(tmp_path / run / "kept" / name) for run in ("whole", "a"))
        assert all(torch.equal(one[key], two[key]) for key in one)


def test_a_resumed_run_may_keep_at_another_interval(tmp_path: Path) -> None:
    run(tmp_path / "a", keep=Interval(2), stop=3)
    run(tmp_path / "a", keep=Interval(4), resume=True)
    assert [int(name[7:14]) for name in kept(tmp_path / "a")] == [2, 4, 8]


def test_a_new_run_in_the_folder_removes_the_weights_of_the_old_one(tmp_path: Path) -> None:
    run(tmp_path / "a", keep=Interval(2))
    run(tmp_path / "a", keep=Interval(8), overwrite=True)
    assert kept(tmp_path / "a") == ["update_0000008.safetensors"]


def test_an_epoch_ends_with_the_update_that_draws_its_last_image() -> None:
    def due(number: int, batch: int, images: int) -> list[int]:
        every = Interval(number, "epochs")
        return [i for i in range(1, 21) if every.is_due(i, batch=batch, images=images)]

    assert due(1, 4, 10) == [3, 5, 8, 10, 13, 15, 18, 20]
    assert due(2, 4, 10) == [5, 10, 15, 20]
    assert due(1, 8, 4) == list(range(1, 21))  # two epochs in every update


def test_names_sort_as_updates_do() -> None:
    paths = [kept_file(Path("a"), update).name for update in (5, 40, 300, 2_000_000)]
    assert sorted(paths) == paths


@pytest.mark.parametrize(
    ("text", "interval"),
    [
        ("500", Interval(500)),
        (" 1 update ", Interval(1)),
        ("2epochs", Interval(2, "epochs")),
        ("1 epoch", Interval(1, "epochs")),
    ],
)
def test_intervals_are_numbers_of_updates_or_of_epochs(text: str, interval: Interval) -> None:
    assert parsed_interval(text) == interval


@pytest.mark.parametrize("text", ["", "0.5", "epoch", "3 days", "-1", "1e3"])
def test_other_texts_are_refused(text: str) -> None:
    with pytest.raises(InputError, match=r"expected a number of updates such as 500, or of epochs"):
        parsed_interval(text)


def test_an_interval_of_nothing_is_refused() -> None:
    with pytest.raises(InputError, match=r"`keep_every` is 0, expected 1 or more"):
        parsed_interval("0 epochs")


def test_a_folder_without_kept_weights_stays_as_it_is(tmp_path: Path) -> None:
    drop_later(tmp_path, 0)
    assert list(tmp_path.iterdir()) == []
