"""The command lines of the programs in this folder."""

from __future__ import annotations

import argparse
from pathlib import Path

import torch

from examples.pointrend_vs_conv.make_data import make_missing

PICTURES = (800, 200)
"""To train on, and to test on."""


def parser_of(doc: str | None, folder: str) -> argparse.ArgumentParser:
    """A command line with a folder and `--smoke`; the first line of the program's text is help."""
    parser = argparse.ArgumentParser(description=(doc or "").splitlines()[0])
    parser.add_argument("folder", nargs="?", type=Path, default=Path(folder))
    parser.add_argument("--smoke", action="store_true", help="2 updates, to see that it runs")
    return parser


def asked_of(parser: argparse.ArgumentParser) -> argparse.Namespace:
    """What was asked for; a trial has a folder in the folder."""
    asked = parser.parse_args()
    if asked.smoke:
        asked.folder /= "smoke"  # keeps meaningless numbers apart
    return asked


def asked_of_seeds(doc: str | None) -> argparse.Namespace:
    """Folder, `seeds`, `workers` and `smoke` of a program that trains heads with several seeds."""
    parser = parser_of(doc, "pointrend-vs-conv")
    parser.add_argument("--seeds", type=int, default=1, help="number of seeds: 0, 1, ...")
    parser.add_argument("--workers", type=int, default=2, help="heads trained at the same time")
    return asked_of(parser)


def asked_of_one(
    doc: str | None, folder: str, *, updates: int, few: tuple[int, int]
) -> argparse.Namespace:
    """Folder, `updates` and `seed` of a program that trains one model; its pictures are made.

    Args:
        doc: text of the program.
        folder: for pictures and results, unless another one is asked for.
        updates: of the training, unless others are asked for.
        few: pictures of a trial, which has 2 updates.
    """
    parser = parser_of(doc, folder)
    parser.add_argument("--updates", type=int, default=updates)
    parser.add_argument("--seed", type=int, default=0)
    asked = asked_of(parser)
    if asked.smoke:
        asked.updates = 2
    make_missing(asked.folder, few if asked.smoke else PICTURES, asked.seed)
    torch.set_num_threads(1)
    return asked
