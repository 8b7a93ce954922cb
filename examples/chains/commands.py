"""Commands of segeval in one process, as a user would type them, and the tables between them."""

from __future__ import annotations

import argparse
import io
import json
import os
import shlex
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch

from segeval.models.config import Config, to_toml
from segeval_cli import failures
from segeval_cli.main import app

Row = Sequence[str | float | None]


def run(*words: object) -> None:
    """Print a command, and run it.

    Raises:
        SystemExit: if it fails.
    """
    argv = [str(word) for word in words]
    print(f"\n$ segeval {shlex.join(argv)}", flush=True)
    if code := failures.run(app, argv):
        raise SystemExit(code)


def asked(*words: object) -> dict[str, Any]:
    """What a command prints with `--json`; the command itself is not shown.

    Raises:
        SystemExit: if it fails.
    """
    argv = [*map(str, words), "--quiet", "--json"]
    with redirect_stdout(io.StringIO()) as printed:
        code = failures.run(app, argv)
    if code:
        print(printed.getvalue())
        raise SystemExit(code)
    found: dict[str, Any] = json.loads(printed.getvalue())
    return found


def table(title: str, header: Sequence[str], rows: Iterable[Row]) -> None:
    """Print a table: text to the left, numbers with one digit to the right."""
    cells = [[_cell(value) for value in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(header, *cells, strict=True)]
    print(f"\n{title}\n")
    for line in (header, *cells):
        pairs = list(zip(line, widths, strict=True))
        rest = [cell.rjust(width) for cell, width in pairs[1:]]
        print("  ".join(["", line[0].ljust(widths[0]), *rest]).rstrip(), flush=True)


def _cell(value: str | float | None) -> str:
    if value is None:
        return "-"
    if isinstance(value, str):
        return value
    return f"{value:,}" if isinstance(value, int) else f"{value:.1f}"


def percent(value: float | None) -> float | None:
    """A share in percent; None stays."""
    return None if value is None else 100 * value


def trained(config: Config, *words: object) -> Row:
    """Train a model in the folder of its name, and tell its first and last loss.

    Args:
        config: of the model.
        words: further words of the command.

    Returns:
        Name, trained numbers, loss at first and at the end, and CPU seconds.
    """
    path = Path(f"{config.name}.toml")
    path.write_text(to_toml(config))
    started = time.process_time()
    asked("train", "--config", path, "--device", "cpu", "--workers", 0, *words, "-o", config.name)
    lines = [json.loads(line) for line in Path(config.name, "log.jsonl").read_text().splitlines()]
    losses = [each["loss"] for each in lines if each["kind"] == "update"]
    few = min(10, len(losses))
    from segeval.models import load

    weights = load(Path(config.name, "best.safetensors")).model.parameters()
    size = sum(each.numel() for each in weights)
    seconds = time.process_time() - started
    ends = sum(losses[:few]) / few, sum(losses[-few:]) / few
    return config.name, size, *ends, seconds


@contextmanager
def working_folder(keep: Path | None) -> Iterator[None]:
    """Work in a folder, of its own or a new one that is removed, on one thread of PyTorch."""
    before, threads = Path.cwd(), torch.get_num_threads()
    torch.set_num_threads(1)
    with TemporaryDirectory() as made:
        folder = keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(before)
            torch.set_num_threads(threads)


def main(doc: str | None, chain: Callable[..., None], *, updates: int) -> None:
    """Run a chain in a folder, as the command line says, and print the CPU seconds.

    Args:
        doc: of the program; its first line is its help.
        chain: takes a seed, the updates of each model, and `smoke`, whether data are few.
        updates: of each model by default.
    """
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--updates", type=int, default=updates)
    parser.add_argument("--smoke", action="store_true", help="2 updates, to see that it runs")
    parser.add_argument("--keep", type=Path, help="folder for all files; default: none is kept")
    given = parser.parse_args()
    started = time.process_time()
    with working_folder(given.keep):
        chain(given.seed, 2 if given.smoke else given.updates, smoke=given.smoke)
    print(f"\n{time.process_time() - started:.0f} CPU seconds")
