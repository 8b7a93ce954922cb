"""Settings of parts of other kinds than the defaults."""

from __future__ import annotations

from typing import Any

import pytest

from segeval import FormatError
from segeval.models.config import Config, SwinConfig, changed, config_from_dict, read_config
from segeval.models.config.ordinary import is_ordinary

SWIN = changed(Config(), "swin", backbone={"kind": "swin"})


@pytest.mark.parametrize(
    ("size", "embed", "depths", "heads"),
    [
        ("t", 96, (2, 2, 6, 2), (3, 6, 12, 24)),
        ("s", 96, (2, 2, 18, 2), (3, 6, 12, 24)),
        ("b", 128, (2, 2, 18, 2), (4, 8, 16, 32)),
        ("l", 192, (2, 2, 18, 2), (6, 12, 24, 48)),
    ],
)
def test_the_sizes_of_swin_are_the_published_ones(
    size: Any, embed: int, depths: tuple[int, ...], heads: tuple[int, ...]
) -> None:
    assert SwinConfig(swin=size).sizes == (embed, depths, heads)
    assert SwinConfig(swin=size).label == f"Swin-{size.upper()}"


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"heads": [3, 6, 12, 25]},
            "--set: backbone.heads is [3, 6, 12, 25], expected divisors of backbone.embed, and of",
        ),
        (
            {"embed": 4},
            "--set: backbone.embed is 4, expected a number that the heads of its size divide, as",
        ),
        ({"swin": "xl"}, "--set: backbone.swin is 'xl', expected 't' or 's' or 'b' or 'l'."),
        ({"window": 1}, "--set: backbone.window is 1, expected 2 to 64."),
        (
            {"drop_path": 1},
            "--set: backbone.drop_path is 1.0, expected 0 or more, and less than 1.",
        ),
        ({"depths": [2, 2, 2]}, "--set: backbone.depths is [2, 2, 2], expected"),
        ({"deformable": 1}, "--set: there is no setting backbone.deformable."),
    ],
)
def test_impossible_settings_of_swin_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(FormatError) as problem:
        config_from_dict({"backbone": settings}, base=SWIN, source="--set")
    assert problem.value.message.startswith(message)


def test_swin_learns_as_published() -> None:
    config = read_config("maskrcnn-swin-s")
    assert config.backbone == SwinConfig(swin="s")
    schedule, seen = config.schedule, config.input
    assert (schedule.optimiser, schedule.learning_rate, schedule.weight_decay) == (
        "adamw", 1e-4, 0.05,
    )  # fmt: skip
    epoch = schedule.updates // 36
    assert schedule.steps == (27 * epoch, 33 * epoch)
    assert epoch == -(-117_266 // schedule.batch)
    assert (seen.order, seen.train_sizes[0], seen.train_sizes[-1]) == ("RGB", 480, 800)


def test_only_a_swin_of_a_published_size_is_ordinary() -> None:
    assert is_ordinary(changed(SWIN, "large", backbone={"swin": "l"}))
    assert not is_ordinary(changed(SWIN, "mine", backbone={"embed": 9600}))
