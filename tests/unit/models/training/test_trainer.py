"""The loop of training: exact resumption, evaluations, ends of all kinds."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from segeval.errors import InputError, MismatchError, Note
from segeval.models.files.weights import read_weights
from segeval.models.training.checkpoints import read_state, save_state
from segeval.models.training.events import Evaluated, Event, Progress, Saved, Started, Stopped
from segeval.models.training.log import read_log
from segeval.models.training.run_settings import RunSettings
from segeval.models.training.trainer import train
from tests.tiny_training import CATEGORIES, Measured, Noise, Tiny, tiny_config, tiny_model


def run(output: Path, updates: int = 8, **how: Any) -> list[Event]:
    """All events of a run."""
    config = how.pop("config", None) or tiny_config(updates)
    model, data = how.pop("model", None) or tiny_model(), how.pop("data", None) or Noise()
    return list(train(model, config, data, output=output, **how))


def losses(events: list[Event]) -> list[float]:
    return [each.loss for each in events if isinstance(each, Progress)]


def of_kind(events: list[Event], kind: type) -> list[Any]:
    return [each for each in events if isinstance(each, kind)]


def stop_after(number: int) -> Any:
    """A question that is answered with yes the n-th time."""
    asked = iter(range(1, 1000))
    return lambda: next(asked) == number


HOWS: dict[str, dict[str, Any]] = {
    "plain": {},
    "averaged": {"ema": 0.9},
    "accumulated": {"accumulate": 2},
    "bf16": {"amp": "bf16"},
    "fp16": {"amp": "fp16"},
    "adamw": {"optimiser": "adamw"},
}


def without(values: dict[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


@pytest.mark.parametrize("how", HOWS.values(), ids=HOWS)
def test_a_run_that_goes_on_has_the_losses_and_weights_of_one_that_was_not_interrupted(
    how: dict[str, Any], tmp_path: Path
) -> None:
    optimiser = how.get("optimiser", "sgd")
    settings = RunSettings(seed=3, eval_every=8, **without(how, "optimiser"))
    config = tiny_config(8, clip=0.5, optimiser=optimiser)
    whole = run(tmp_path / "whole", config=config, settings=settings)
    first = run(tmp_path / "a", config=config, settings=settings, should_stop=stop_after(5))
    # the model that goes on has other weights at first
    second = run(tmp_path / "a", config=config, settings=settings, resume=True, model=tiny_model(9))
    assert len(losses(first)) == 5
    assert losses(first) + losses(second) == losses(whole)
    ends = [read_state(tmp_path / name / "last.pt") for name in ("whole", "a")]
    assert all(torch.equal(ends[0].model[name], ends[1].model[name]) for name in ends[0].model)
    bests = [read_weights(tmp_path / name / "best.safetensors") for name in ("whole", "a")]
    assert all(torch.equal(bests[0][name], bests[1][name]) for name in bests[0])


def test_images_in_two_parts_give_the_gradients_of_all_at_once(tmp_path: Path) -> None:
    # without a norm of the batch, and without random numbers
    found = [
        run(
            tmp_path / str(parts),
            model=tiny_model(norm=False, noise=0.0),
            settings=RunSettings(accumulate=parts),
        )
        for parts in (1, 2)
    ]
    assert losses(found[0]) == pytest.approx(losses(found[1]), rel=1e-5)


def test_the_loss_falls(tmp_path: Path) -> None:
    found = losses(run(tmp_path / "a", 20))
    assert sum(found[-3:]) < sum(found[:3]) / 2


def test_without_validation_the_last_weights_are_the_best_and_a_note_says_so(
    tmp_path: Path,
) -> None:
    events = run(tmp_path / "a")
    assert of_kind(events, Note) == [
        Note("no-validation", "no validation data: best.safetensors has the last weights")
    ]
    assert events[-1] == Stopped("done", 8, None, None)
    best = read_weights(tmp_path / "a" / "best.safetensors")
    last = read_state(tmp_path / "a" / "last.pt")
    assert all(torch.equal(best[name], last.model[name]) for name in best)


def test_the_weights_of_the_best_evaluation_are_kept(tmp_path: Path) -> None:
    measured = Measured(0.1, 0.3, None, 0.2)
    events = run(tmp_path / "a", settings=RunSettings(eval_every=2), validation=measured)
    assert [each.is_best for each in of_kind(events, Evaluated)] == [True, True, False, False]
    assert events[-1] == Stopped("done", 8, 0.3, 4)
    best = read_weights(tmp_path / "a" / "best.safetensors")
    assert torch.equal(best["head.weight"], measured.seen[1])


def test_less_of_a_metric_can_be_better(tmp_path: Path) -> None:
    settings = RunSettings(eval_every=2, metric="loss", mode="min")
    events = run(tmp_path / "a", settings=settings, validation=Measured(0.3, 0.1, 0.2, 0.1))
    assert events[-1] == Stopped("done", 8, 0.1, 4)


def test_averaged_weights_are_what_is_measured_and_kept(tmp_path: Path) -> None:
    measured = Measured(0.5)
    run(tmp_path / "a", settings=RunSettings(ema=0.99, eval_every=8), validation=measured)
    state = read_state(tmp_path / "a" / "last.pt")
    assert state.average is not None
    mean = state.average["weights"]["head.weight"]
    assert torch.equal(measured.seen[0], mean)
    assert torch.equal(read_weights(tmp_path / "a" / "best.safetensors")["head.weight"], mean)
    assert not torch.equal(state.model["head.weight"], mean)


def test_training_stops_when_the_metric_has_not_become_better_for_too_long(
    tmp_path: Path,
) -> None:
    settings = RunSettings(eval_every=1, patience=2)
    events = run(tmp_path / "a", settings=settings, validation=Measured(0.1, 0.3, 0.2, 0.3, 0.9))
    assert events[-1] == Stopped("patience", 4, 0.3, 2)
    assert read_state(tmp_path / "a" / "last.pt").update == 4


def test_patience_is_counted_on_when_a_run_goes_on(tmp_path: Path) -> None:
    settings = RunSettings(eval_every=1, patience=2)
    run(
        tmp_path / "a",
        settings=settings,
        validation=Measured(0.3, 0.2),
        should_stop=stop_after(3),
    )
    # what was not measured after update 3 is made up for
    events = run(tmp_path / "a", settings=settings, validation=Measured(0.1), resume=True)
    assert events[-1] == Stopped("patience", 3, 0.3, 1)


def test_an_evaluation_that_an_interrupt_left_out_is_made_up_for(tmp_path: Path) -> None:
    settings = RunSettings(eval_every=4)
    whole = run(tmp_path / "whole", settings=settings, validation=Measured(0.7, 0.5))
    first = run(tmp_path / "a", settings=settings, validation=Measured(), should_stop=stop_after(4))
    second = run(tmp_path / "a", settings=settings, validation=Measured(0.7, 0.5), resume=True)
    assert of_kind(first, Evaluated) == []
    assert [each.update for each in of_kind(second, Evaluated)] == [4, 8]
    assert second[-1] == whole[-1] == Stopped("done", 8, 0.7, 4)
    bests = [read_weights(tmp_path / name / "best.safetensors") for name in ("whole", "a")]
    assert all(torch.equal(bests[0][name], bests[1][name]) for name in bests[0])


def test_a_run_that_was_measured_does_not_go_on_without_validation(tmp_path: Path) -> None:
    settings = RunSettings(eval_every=2)
    run(tmp_path / "a", settings=settings, validation=Measured(0.7), should_stop=stop_after(4))
    before = (tmp_path / "a" / "best.safetensors").read_bytes()
    with pytest.raises(MismatchError, match="Name the validation data again"):
        run(tmp_path / "a", settings=settings, resume=True)
    assert (tmp_path / "a" / "best.safetensors").read_bytes() == before


def test_a_run_does_not_go_on_with_other_images(tmp_path: Path) -> None:
    run(tmp_path / "a", should_stop=stop_after(2))
    with pytest.raises(MismatchError, match=r"has images 100, got 60\. Resume .* the same data"):
        run(tmp_path / "a", data=Fewer(), resume=True)


class Fewer(Noise):
    """Another data set."""

    def __len__(self) -> int:
        return 60


def test_a_loss_that_is_not_finite_names_the_images_and_changes_nothing(tmp_path: Path) -> None:
    model = tiny_model(norm=False)
    message = r"update 3: loss_cls is nan\. The images of the batch: 8\.jpg, 9\.jpg, 10\.jpg, 11"
    with pytest.raises(InputError, match=message) as caught:
        run(tmp_path / "a", data=Noise(bad=9), model=model)
    assert caught.value.code == "not-finite"
    assert all(bool(each.isfinite().all()) for each in model.state_dict().values())


def test_weights_with_which_a_loss_was_not_finite_are_not_kept(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="update 3: loss_cls is nan"):
        run(tmp_path / "a", data=Noise(bad=9))
    assert sorted(each.name for each in (tmp_path / "a").iterdir()) == ["config.toml", "log.jsonl"]
    assert len(list(read_log(tmp_path / "a" / "log.jsonl"))) == 2
    assert run(tmp_path / "a")[-1] == Stopped("done", 8, None, None)  # the folder is not lost


@pytest.mark.parametrize("data", [Noise(bad=0), Noise(broken=0)])
def test_a_run_that_fails_in_its_first_update_leaves_nothing(data: Noise, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run(tmp_path / "runs" / "a", data=data)
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_cannot_be_read_leaves_a_state_from_which_the_run_goes_on(
    tmp_path: Path,
) -> None:
    with pytest.raises(InputError, match=r"14\.jpg: cannot be read"):
        run(tmp_path / "a", data=Noise(broken=14))
    assert read_state(tmp_path / "a" / "last.pt").update == 3
    assert losses(run(tmp_path / "a", resume=True)) == losses(run(tmp_path / "whole"))[3:]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
        MemoryError(),
    ],
)
def test_a_full_memory_is_told_with_what_helps(
    error: Exception, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(Tiny, "losses", full)
    message = (
        r"update 1: not enough memory on cpu for 4 images of 8 x 8 pixels \(H x W\) at a time\. A "
        r"smaller `batch`, more parts \(`accumulate`\)"
    )
    with pytest.raises(InputError, match=message) as caught:
        run(tmp_path / "a")
    assert caught.value.code == "batch-memory"


def test_an_error_that_is_not_of_the_memory_stays_what_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def wrong(*_: object, **__: object) -> None:
        raise RuntimeError("shapes differ")

    monkeypatch.setattr(Tiny, "losses", wrong)
    with pytest.raises(RuntimeError, match="shapes differ"):
        run(tmp_path / "a")


def test_of_accumulated_parts_only_the_images_of_the_wrong_one_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"The images of the batch: 8\.jpg, 9\.jpg\. The"):
        run(tmp_path / "a", data=Noise(bad=9), settings=RunSettings(accumulate=2))


def test_an_interrupt_leaves_a_state_from_which_the_run_goes_on(tmp_path: Path) -> None:
    events = train(tiny_model(), tiny_config(), Noise(interrupt=3), output=tmp_path / "a")
    with pytest.raises(KeyboardInterrupt):
        list(events)
    assert read_state(tmp_path / "a" / "last.pt").update == 3
    rest = run(tmp_path / "a", resume=True)
    assert losses(rest) == losses(run(tmp_path / "whole"))[3:]


def test_who_stops_to_iterate_leaves_a_state_too(tmp_path: Path) -> None:
    events = train(tiny_model(), tiny_config(), Noise(), output=tmp_path / "a")
    for event in events:
        if isinstance(event, Progress) and event.update == 2:
            break
    events.close()
    assert read_state(tmp_path / "a" / "last.pt").update == 2


def test_a_request_to_stop_is_heard_after_the_update(tmp_path: Path) -> None:
    events = run(tmp_path / "a", should_stop=stop_after(2), settings=RunSettings(eval_every=8))
    assert events[-1] == Stopped("interrupted", 2, None, None)
    assert [each.path.name for each in of_kind(events, Saved)] == ["best.safetensors", "last.pt"]


def test_the_log_has_a_line_for_each_update_and_evaluation_once(tmp_path: Path) -> None:
    settings = RunSettings(eval_every=4)
    how: dict[str, Any] = {"settings": settings}
    run(tmp_path / "a", validation=Measured(0.5, 0.6), **how)
    path = tmp_path / "a" / "log.jsonl"
    whole = [(each["kind"], each["update"]) for each in read_log(path)]
    updates = [("update", update) for update in range(1, 9)]
    assert whole == [*updates[:4], ("evaluation", 4), *updates[4:], ("evaluation", 8)]
    first = json.loads(path.read_text().splitlines()[0])
    assert first["losses"].keys() == {"loss_cls", "loss_mask"}
    assert first["loss"] == sum(first["losses"].values())


def test_lines_of_the_log_beyond_the_state_are_written_again(tmp_path: Path) -> None:
    run(tmp_path / "a", should_stop=stop_after(4))
    path = tmp_path / "a" / "log.jsonl"
    extra = path.read_text().splitlines()[-1].replace('"update":4', '"update":5')
    path.write_text(path.read_text() + extra + '\n{"kind":"upd')
    run(tmp_path / "a", resume=True)
    assert [each["update"] for each in read_log(path)] == list(range(1, 9))


def test_a_run_can_be_made_longer(tmp_path: Path) -> None:
    run(tmp_path / "a", 4)
    events = run(tmp_path / "a", 6, resume=True)
    assert events[-1] == Stopped("done", 6, None, None)
    assert len(losses(events)) == 2


def test_a_run_goes_on_with_another_schedule_and_says_so(tmp_path: Path) -> None:
    run(tmp_path / "a", 4, should_stop=stop_after(2))
    config = tiny_config(4, learning_rate=0.01, weight_decay=0.5)
    events = run(tmp_path / "a", config=config, resume=True)
    notes = [each.message for each in of_kind(events, Note)]
    assert "schedule.learning_rate changes from 0.1 to 0.01" in notes
    assert [each.rate for each in of_kind(events, Progress)] == pytest.approx([0.01, 0.01])
    groups = read_state(tmp_path / "a" / "last.pt").optimiser["param_groups"]
    assert {group["weight_decay"] for group in groups} == {0.5, 0.0}  # weights, and norms


def test_without_validation_the_state_is_written_at_the_end_only(tmp_path: Path) -> None:
    saved = [each.update for each in of_kind(run(tmp_path / "a"), Saved)]
    assert saved == [8, 8]


def test_a_run_that_is_complete_says_that_nothing_is_left(tmp_path: Path) -> None:
    run(tmp_path / "a", 4)
    events = run(tmp_path / "a", 4, resume=True)
    assert (
        "already has 4 of 4 updates: the run is complete. More `updates` would train on"
        in of_kind(events, Note)[1].message
    )
    assert events[-1] == Stopped("done", 4, None, None)


def test_a_folder_with_something_in_it_is_refused(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").touch()
    with pytest.raises(InputError, match=r"is not empty \(it has notes\.txt\).*`resume=True`"):
        run(tmp_path)


def test_there_must_be_something_to_go_on_with(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"last\.pt: no such file\. There is no run to resume"):
        run(tmp_path / "a", resume=True)


@pytest.mark.parametrize(
    ("config", "data", "settings", "message"),
    [
        (tiny_config(batch=8), Noise(), {}, r"has schedule\.batch 4, got 8"),
        (tiny_config(optimiser="adamw"), Noise(), {}, r"has schedule\.optimiser 'sgd', got"),
        (
            tiny_config(),
            Noise(),
            {"seed": 1},
            r"has seed 0, got 1\. Resume it with `seed=0`, or start",
        ),
        (
            tiny_config(),
            Noise(),
            {"ema": 0.9},
            r"has ema none, got 0\.9\. Resume it without `ema`, or",
        ),
        (
            tiny_config(),
            Noise(categories=CATEGORIES[:1]),
            {},
            r"the 2 categories of this run",
        ),
    ],
)
def test_another_run_does_not_go_on(
    config: Any, data: Any, settings: Any, message: str, tmp_path: Path
) -> None:
    run(tmp_path / "a", should_stop=stop_after(2))
    with pytest.raises(MismatchError, match=message):
        run(
            tmp_path / "a",
            config=config,
            data=data,
            settings=RunSettings(**settings),
            resume=True,
        )


@pytest.mark.parametrize(
    ("how", "message"),
    [
        ({"settings": RunSettings(accumulate=3)}, "schedule.batch is 4.*3 parts for each of 1 pro"),
        ({"settings": RunSettings(patience=3)}, "`patience` needs validation data"),
        ({"settings": RunSettings(metric="AP")}, "`metric` needs validation data"),
        (
            {"settings": RunSettings(metric="PQ"), "validation": Measured()},
            "`metric` is 'PQ', expected one of AP, loss",
        ),
    ],
)
def test_what_cannot_work_is_refused_before_a_folder_is_made(
    how: dict[str, Any], message: str, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=message):
        run(tmp_path / "a", **how)
    assert not (tmp_path / "a").exists()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"amp": "int8"}, "`amp` is 'int8', expected one of bf16, fp16"),
        ({"mode": "up"}, "`mode` is 'up', expected one of max, min"),
        ({"accumulate": 0}, "`accumulate` is 0, expected 1 or more"),
        ({"seed": -1}, "`seed` is -1, expected 0 or more"),
    ],
)
def test_settings_that_make_no_sense_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        RunSettings(**values)


def test_the_first_event_says_what_comes(tmp_path: Path) -> None:
    model = tiny_model()
    model.backbone.requires_grad_(requires_grad=False)
    events = run(tmp_path / "a", model=model)
    trained = sum(each.numel() for each in model.head.parameters())
    frozen = sum(each.numel() for each in model.backbone.parameters())
    assert of_kind(events, Started) == [Started(0, 8, 100, 4, trained, frozen, "cpu", 1)]


def test_an_update_without_a_step_of_fp16_has_no_gradient(tmp_path: Path) -> None:
    events = run(tmp_path / "a", settings=RunSettings(amp="fp16"))
    gradients = [each.gradient for each in of_kind(events, Progress)]
    assert all(each is None or math.isfinite(each) for each in gradients)
    assert gradients[-1] is not None


class Overflowing(Tiny):
    """A model whose losses are finite, and their gradients in some updates not."""

    def __init__(self, *updates: int) -> None:
        super().__init__(norm=False)
        self.updates, self.asked = updates, 0

    def losses(self, batch: Any, *, generator: Any = None) -> dict[str, torch.Tensor]:
        found = super().losses(batch, generator=generator)
        self.asked += 1
        if self.asked in self.updates:
            # the slope of a root at 0 is infinite
            found["loss_root"] = (self.head.weight.sum() * 0).sqrt()
        return found


def test_fp16_gives_up_when_no_gradient_is_finite_any_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segeval.models.training.steps.MOST_LEFT_OUT", 3)
    settings = RunSettings(amp="fp16")
    message = (
        r'update 6: in fp16 the gradient was not finite in 3 updates in a row, .*\(`amp="bf16"`\)'
    )
    with pytest.raises(InputError, match=message) as caught:
        run(tmp_path / "a", settings=settings, model=Overflowing(2, 4, 5, 6))
    assert (caught.value.code, caught.value.count) == ("not-finite", 3)


def test_updates_that_fp16_leaves_out_now_and_then_end_no_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("segeval.models.training.steps.MOST_LEFT_OUT", 3)
    model = Overflowing(1, 2, 4, 5, 7)
    events = run(tmp_path / "a", settings=RunSettings(amp="fp16"), model=model)
    left_out = [each.update for each in of_kind(events, Progress) if each.gradient is None]
    assert left_out == [1, 2, 4, 5, 7]


@pytest.mark.parametrize(
    "changes",
    [
        {"model": {}},
        {"optimiser": {"state": {}}},
        {"optimiser": {"state": {0: {"momentum_buffer": torch.zeros(7)}}}},
        {"optimiser": {"state": {0: 1}}},
    ],
)
def test_a_state_with_other_parts_is_refused_when_the_run_goes_on(
    changes: dict[str, Any], tmp_path: Path
) -> None:
    run(tmp_path / "a", should_stop=stop_after(5))
    path = tmp_path / "a" / "last.pt"
    state = read_state(path)
    if changes.get("optimiser", {}).get("state"):
        groups = state.optimiser["param_groups"]
        changes = {"optimiser": {**changes["optimiser"], "param_groups": groups}}
    save_state(path, replace(state, **changes))
    with pytest.raises(InputError, match=r"last\.pt: is not a state of this training run \("):
        run(tmp_path / "a", resume=True)
