"""What `segeval train` shows of the events of a run."""

from __future__ import annotations

import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from segeval.errors import Note
from segeval.models.training.events import Evaluated, Progress, Saved, Started, Stopped
from segeval_cli.commands.train.view import TrainView, duration

STARTED = Started(0, 2000, 12_144, 8, 56_544_362, 0, "cuda", 1, tuple(range(100, 2001, 100)))
METRICS = {"AP": 0.4413, "AP50": 0.7, "AP75": None, "boundary_AP": 0.3, "boundary_AP50": 0.5}


SAVED = Saved(Path("run/last.pt"), 7)


def progress(update: int, loss: float = 1.0, seconds: float = 2.0) -> Progress:
    return Progress(update, 2000, {"loss": loss}, loss, 0.02, 3.0, seconds, 0.0)


def evaluated(update: int, *, best: bool = True, seconds: float = 10.0) -> Evaluated:
    return Evaluated(update, METRICS, "AP", best, seconds)


def shown(*events: Any, quiet: bool = False) -> TrainView:
    view = TrainView(quiet=quiet)
    for event in events:
        view.show(event)
    return view


def test_the_first_line_says_what_comes(capsys: pytest.CaptureFixture[str]) -> None:
    shown(STARTED)
    assert capsys.readouterr().err == (
        "training 56,544,362 parameters, 2,000 updates of 8 images from 12,144, on cuda\n"
    )
    shown(Started(500, 2000, 12_144, 8, 100, 9408, "cuda", 4))
    assert capsys.readouterr().err == (
        "training 100 parameters, 9,408 frozen, updates 501 to 2,000 of 8 images from 12,144, "
        "on cuda in 4 processes\n"
    )


def test_notes_and_evaluations_are_lines_that_stay(capsys: pytest.CaptureFixture[str]) -> None:
    shown(Note("init", "R-50.pkl: 265 of 311 weights found"), evaluated(100), progress(101))
    assert capsys.readouterr().err == (
        "note: R-50.pkl: 265 of 311 weights found\n"
        "update 100: AP 44.1, AP50 70.0, AP75 -, boundary_AP 30.0, boundary_AP50 50.0 "
        "(best so far)\n"
    )


def test_where_nothing_moves_there_is_a_line_a_minute(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = iter(range(0, 10_000, 25))
    monkeypatch.setattr("segeval_cli.commands.train.view.time.perf_counter", lambda: next(clock))
    monkeypatch.setenv("COLUMNS", "80")
    shown(STARTED, *(progress(update) for update in range(1, 7)))
    lines = capsys.readouterr().err.splitlines()[1:]
    assert lines == [
        "update 3 of 2,000  loss 1  over 1:07 h left  4.0 images/s  rate 0.02",
        "update 6 of 2,000  loss 1  over 1:06 h left  4.0 images/s  rate 0.02",
    ]


@pytest.mark.parametrize(
    ("columns", "line"),
    [
        (80, "update 100 of 2,000  loss 1  1:19 h left  4.0 images/s  rate 0.02"),
        (60, "update 100 of 2,000  loss 1  1:19 h left  4.0 images/s"),
        (40, "update 100 of 2,000  loss 1"),
        (10, "update 100 of 2,000"),
    ],
)
def test_the_line_that_moves_fits_and_counts_evaluations(
    columns: int, line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    # 1,900 updates of two seconds, and an evaluation of 50 s after every hundredth of them
    view = shown(STARTED, progress(1), evaluated(100, seconds=50.0), progress(100))
    assert view._progress_line(progress(100)) == line


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    shown(STARTED, Note("a", "b"), evaluated(1), quiet=True)
    assert capsys.readouterr().err == ""


def test_the_summary_tells_what_was_reached() -> None:
    view = shown(STARTED, progress(1, 4.0), evaluated(1), evaluated(2, best=False))
    view.show(progress(2000, 0.5))
    view.show(Saved(Path("run/best.safetensors"), 2000))
    view.show(Saved(Path("run/last.pt"), 2000))
    view.show(Saved(Path("run/best.safetensors"), 2000))
    view.show(Stopped("done", 2000, 0.4413, 1))
    title, reached, files = view.summary("small", Path("run"), 80).split("\n\n")
    assert title.startswith("Trained small   2,000 updates of 8 images on cuda   ")
    assert reached.splitlines() == [
        "loss   4 at first, 3.825 at the end",
        "best   AP 44.1, AP50 70.0, AP75 -, boundary_AP 30.0, boundary_AP50 50.0 after",
        "       update 1",
    ]
    assert files == "in run/   last.pt, best.safetensors"


def test_a_narrow_summary_parts_no_number_from_its_name() -> None:
    view = shown(STARTED, progress(1), evaluated(1), Stopped("done", 1, 0.4413, 1))
    lines = view.summary("small", Path("run"), 40).splitlines()
    assert max(map(len, lines)) <= 40
    assert "best   AP 44.1, AP50 70.0, AP75 -," in lines
    assert "       boundary_AP 30.0," in lines


@pytest.mark.parametrize(
    ("events", "interrupted", "words"),
    [
        ((evaluated(5), Stopped("patience", 7, 0.4, 5)), False,
         "stopped early, after update 7: AP did not improve"),
        ((SAVED, Stopped("interrupted", 7, None, None),), False,
         "interrupted after update 7; resume with --resume"),
        ((SAVED,), True, "interrupted after update 7; resume with --resume"),
        ((Saved(Path("run/last.pt"), 5), Saved(Path("run/best.safetensors"), 7)), True,
         "interrupted after update 7; last.pt has 5 updates: --resume continues from there"),
        ((Saved(Path("run/best.safetensors"), 7),), True,
         "interrupted after update 7; nothing was saved to resume from"),
        ((evaluated(6, best=False), Stopped("done", 7, 0.25, 4)), False,
         "best   still from update 4: AP 25.0"),
    ],
)  # fmt: skip
def test_the_summary_tells_why_it_ended(
    events: tuple[Any, ...], interrupted: bool, words: str
) -> None:
    view = shown(STARTED, progress(7), *events)
    view.is_interrupted |= interrupted
    assert words in view.summary("small", Path("run"), 80)


def test_a_run_that_went_on_can_go_on_from_where_it_was() -> None:
    view = shown(Started(500, 2000, 12_144, 8, 100, 0, "cuda", 1), progress(502))
    view.is_interrupted = True
    words = "interrupted after update 502; last.pt has 500 updates: --resume continues from there"
    assert words in " ".join(view.summary("small", Path("run"), 80).split())


def test_updates_that_fp16_left_out_are_counted() -> None:
    view = shown(STARTED, progress(1), replace(progress(2), gradient=None), progress(3))
    words = "fp16   1 update skipped: gradients too large for 16 bits"
    assert words in view.summary("small", Path("run"), 80)
    assert "fp16" not in shown(STARTED, progress(1)).summary("small", Path("run"), 80)


def test_curves_that_cannot_be_drawn_end_no_run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    view = TrainView()
    view.draw(tmp_path)
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "log.jsonl").write_text("no json\n")
    view.draw(tmp_path)
    assert "curves.png could not be drawn: " in capsys.readouterr().err


def test_curves_are_drawn_after_half_a_minute_and_not_all_the_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    view, begin = TrainView(), time.perf_counter()
    assert not view.is_drawing_due(evaluated(1))
    monkeypatch.setattr(time, "perf_counter", lambda: begin + 31)
    assert view.is_drawing_due(evaluated(2))
    assert not view.is_drawing_due(progress(2))
    view.draw(Path("nowhere"))
    assert not view.is_drawing_due(evaluated(3))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0.4, "0 s"), (59.7, "1:00 min"), (3599.9, "1:00 h"), (172_790, "2 d 0 h")],
)
def test_times_are_rounded_before_they_are_named(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_the_time_left_is_a_lower_bound_until_an_evaluation_was_timed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "80")
    view = shown(STARTED, progress(1), progress(50))
    assert "  over 1:05 h left  " in view._progress_line(progress(50))


def test_a_resumed_run_with_nothing_left_does_not_announce_updates(
    capsys: pytest.CaptureFixture[str],
) -> None:
    over = Note("finished", "run/last.pt already has 2,000 of 2,000 updates: the run is complete")
    shown(over, replace(STARTED, update=2000), Stopped("done", 2000, 0.5, 1900))
    written = capsys.readouterr().err
    assert "training" not in written
    assert "already has 2,000 of 2,000 updates" in written
