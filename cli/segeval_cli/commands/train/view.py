"""The output of `segeval train`: a live line, permanent lines above it, and a summary."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from segeval.errors import Note
from segeval.models.training.events import Evaluated, Event, Progress, Saved, Started, Stopped
from segeval.words import counted, percent
from segeval_cli.flags import in_flags
from segeval_cli.streams import is_ascii, say
from segeval_cli.tables import flow, terminal_width, wrapped
from segeval_cli.visible import shown

SMOOTHED = 0.95
"""Decay per update of the displayed averages of loss and time."""

QUIET_SECONDS = 60.0
"""Seconds between lines where the terminal cannot redraw one."""

SPINNER = 4
"""Characters that the spinner takes."""

DRAW_SECONDS = 30.0
"""Seconds between drawings of the curves, at least."""

MOST_METRICS = 5
"""Metrics shown per evaluation."""

FINISHED = "finished"
"""Code of the note on a run that has nothing left to do."""

FIRM = "\N{NO-BREAK SPACE}"
"""Stands for a space at which lines must not break."""

INDENT = 7
"""Spaces before continuation lines of the metrics."""


class TrainView:
    """Shows the events of a run.

    Args:
        quiet: show nothing while it runs.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self.quiet = quiet
        self.started: Started | None = None
        self.progress: Progress | None = None
        self.best: Evaluated | None = None
        self.metric = "the metric"
        self.stopped: Stopped | None = None
        self.is_interrupted = False
        self.saved: int | None = None  # updates in last.pt
        self.left_out = 0  # updates of fp16 that changed nothing
        self.files: list[Path] = []
        self.notes: list[Note] = []
        self.first_loss: float | None = None
        self.loss = 0.0
        self._begin = self._told = self._drawn = time.perf_counter()
        self._seconds: float | None = None
        self._measuring: float | None = None  # seconds of the last evaluation
        self._is_over = False
        self._status: Any = None

    @contextmanager
    def moving(self) -> Iterator[None]:
        """A context with a live line on a terminal."""
        if self.quiet or not sys.stderr.isatty():
            yield
            return
        from rich.console import Console

        spinner = "line" if is_ascii(sys.stderr) else "dots"
        with Console(stderr=True).status("reading the first images", spinner=spinner) as status:
            self._status = status
            yield
        self._status = None

    def show(self, event: Event) -> None:
        """Show an event."""
        match event:
            case Started():
                self.started = event
                self.saved = event.update or None
                self._begin = self._told = time.perf_counter()
                if not self._is_over:
                    self.say(_start_line(event))
            case Progress():
                self._move(event)
            case Evaluated():
                self.best = event if event.is_best else self.best
                self.metric = event.metric
                self._measuring = event.seconds
                self.say(_evaluation_line(event))
            case Saved():
                self.files = [*(each for each in self.files if each != event.path), event.path]
                self.saved = event.update if _is_state(event.path) else self.saved
            case Stopped():
                self.stopped = event
                self.is_interrupted = event.reason == "interrupted"
            case Note():
                self.notes.append(event)
                self._is_over |= event.code == FINISHED
                self.say(f"note: {in_flags(event.message)}")

    def measuring(self, done: int, total: int) -> None:
        """Show how many validation images are done."""
        if self._status is not None:
            self._status.update(f"measuring: {done:,} of {total:,} images")

    def say(self, text: str) -> None:
        """Print a line that stays."""
        if self.quiet:
            return
        if self._status is None:
            say(text)
        else:
            self._status.console.print(shown(text), highlight=False, markup=False, soft_wrap=True)

    def _move(self, event: Progress) -> None:
        """Show the progress of another update."""
        self.progress = event
        self.left_out += event.gradient is None
        if self.first_loss is None or self._seconds is None:
            self.first_loss, self.loss, self._seconds = event.loss, event.loss, event.seconds
        # short runs average over their last fifth: the start is soon forgotten
        done = event.update - (self.started.update if self.started else 0)
        kept = min(SMOOTHED, 1 - 5 / (done + 4))
        self.loss += (1 - kept) * (event.loss - self.loss)
        self._seconds += (1 - kept) * (event.seconds - self._seconds)
        line = self._progress_line(event)
        if self._status is not None:
            self._status.update(line)
        elif time.perf_counter() - self._told > QUIET_SECONDS and event.update < event.updates:
            self._told = time.perf_counter()
            self.say(line)

    def _progress_line(self, event: Progress) -> str:
        """Progress, speed and remaining time."""
        seconds = self._seconds or event.seconds
        batch = self.started.batch if self.started else 0
        parts = [
            f"update {event.update:,} of {event.updates:,}",
            f"loss {self.loss:.4g}",
            f"{self._left(event, seconds)} left",
            f"{batch / max(seconds, 1e-9):.1f} images/s",
            f"rate {event.rate:.3g}",
        ]
        room = terminal_width() - SPINNER
        while len(parts) > 1 and len("  ".join(parts)) > room:
            parts.pop()
        return "  ".join(parts)

    def _left(self, event: Progress, seconds: float) -> str:
        """The remaining time, evaluations included; more than that until one was timed."""
        due = self.started.evaluations if self.started else ()
        evaluations = sum(each > event.update for each in due)
        left = (event.updates - event.update) * seconds
        if evaluations and self._measuring is None:
            return f"over {duration(left)}"
        return duration(left + evaluations * (self._measuring or 0.0))

    def is_drawing_due(self, event: Event) -> bool:
        """Whether the curves have something new to show and are old enough."""
        is_old = time.perf_counter() - self._drawn > DRAW_SECONDS
        return is_old and isinstance(event, Evaluated | Saved)

    def draw(self, folder: Path) -> None:
        """Draw losses and metrics of the run in a folder; a failure becomes a note."""
        from segeval.models.training.log import read_log
        from segeval.models.training.run_folder import CURVES, LOG
        from segeval.plots import plot_training, save

        self._drawn = time.perf_counter()
        try:
            records = list(read_log(folder / LOG)) if (folder / LOG).is_file() else []
            if records:
                save(plot_training(records), folder / CURVES)
                self.show(Saved(folder / CURVES, records[-1]["update"]))
        except Exception as problem:
            self.say(f"note: {folder / CURVES} could not be drawn: {problem}")

    def summary(self, name: str, output: Path, width: int) -> str:
        """The summary at the end."""
        seconds = time.perf_counter() - self._begin
        first, last = self.started, self.progress
        title = [f"Trained {name}"]
        if first is not None and last is not None:
            done = counted(last.update - first.update, "update")
            title += [f"{done} of {counted(first.batch, 'image')} on {first.device}"]
        paragraphs = [flow([*title, duration(seconds)], width), self._end(width)]
        lines = [f"loss   {self.first_loss:.4g} at first, {self.loss:.4g} at the end"]
        if self.best is not None:
            lines.append(f"best   {_metrics(self.best.metrics)} after update {self.best.update:,}")
        elif self.stopped is not None and self.stopped.best_update is not None:
            number, update = percent(self.stopped.best), self.stopped.best_update
            lines.append(f"best   still from update {update:,}: {self.metric} {number}")
        if self.left_out:
            updates = counted(self.left_out, "update")
            lines.append(f"fp16   {updates} skipped: gradients too large for 16 bits")
        paragraphs.append("\n".join(wrapped(line, width, later_indent=INDENT) for line in lines))
        names = Counter(each.relative_to(output).parts[0] for each in self.files)
        files = ", ".join(_file_or_folder(output / name, number) for name, number in names.items())
        paragraphs.append(wrapped(f"in {output}/   {files}", width, later_indent=INDENT))
        return "\n\n".join(filter(None, paragraphs)).replace(FIRM, " ")

    def to_dict(self, name: str) -> dict[str, Any]:
        """The JSON object of a run with the configuration `name`."""
        from segeval.metrics.result import envelope

        first, last, end = self.started, self.progress, self.stopped
        best = None
        if end is not None and end.best_update is not None:
            best = {"update": end.best_update, "metric": self.metric, "value": end.best}
        results = {
            "update": None if last is None else last.update,
            "loss": None if last is None else last.loss,
            "reason": "interrupted" if end is None else end.reason,
            "best": best,
            "files": [str(each) for each in self.files],
        }
        return envelope(
            "segeval/train/1",
            results,
            inputs={},
            settings={"model": name, **({} if first is None else vars(first))},
            notes=tuple(self.notes),
            seconds=time.perf_counter() - self._begin,
        )

    def _end(self, width: int) -> str:
        """Why the run ended before its last update."""
        update = self.progress.update if self.progress else 0
        if self.is_interrupted:
            return wrapped(f"interrupted after update {update:,}; {self.rest()}", width)
        if self.stopped is not None and self.stopped.reason == "patience":
            text = f"stopped early, after update {update:,}: {self.metric} did not improve"
            return wrapped(text, width)
        return ""

    def rest(self) -> str:
        """Where the run can be resumed from."""
        update = self.progress.update if self.progress else 0
        if self.saved is None:
            return "nothing was saved to resume from"
        if self.saved == update:
            return "resume with --resume"
        return f"last.pt has {counted(self.saved, 'update')}: --resume continues from there"


def duration(seconds: float) -> str:
    """A duration for people.

    Example:
        >>> duration(7.25), duration(185), duration(9_254), duration(200_000)
        ('7 s', '3:05 min', '2:34 h', '2 d 7 h')
    """
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60}:{whole % 60:02} min"
    minutes = round(seconds / 60)
    if minutes < 48 * 60:
        return f"{minutes // 60}:{minutes % 60:02} h"
    return f"{minutes // 1440} d {minutes % 1440 // 60} h"


def _start_line(event: Started) -> str:
    """The plan of the run."""
    where = event.device
    if event.processes > 1:
        where = f"{where} in {event.processes} processes"
    frozen = f", {event.frozen:,} frozen" if event.frozen else ""
    updates = counted(event.updates, "update")
    if event.update:
        updates = f"updates {event.update + 1:,} to {event.updates:,}"
    return (
        f"training {event.trained:,} parameters{frozen}, {updates} of "
        f"{counted(event.batch, 'image')} from {event.images:,}, on {where}"
    )


def _evaluation_line(event: Evaluated) -> str:
    """The metrics of an evaluation."""
    best = " (best so far)" if event.is_best else ""
    return f"update {event.update:,}: {_metrics(event.metrics)}{best}".replace(FIRM, " ")


def _file_or_folder(path: Path, number: int) -> str:
    """The name of a file, or of a folder with the number of its files."""
    return f"{path.name}/ ({counted(number, 'file')})" if path.is_dir() else path.name


def _is_state(path: Path) -> bool:
    """Whether a run can resume from a file."""
    from segeval.models.training.run_folder import LAST  # with PyTorch, which is there by now

    return path.name == LAST


def _metrics(metrics: Mapping[str, float | None]) -> str:
    """The first metrics, in percent."""
    first = list(metrics.items())[:MOST_METRICS]
    return ", ".join(f"{name}{FIRM}{percent(value)}" for name, value in first)
