"""The file of predictions that a command writes."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.errors import InputError
from segeval_cli.options import argument, output_option
from segeval_cli.output import check_target
from segeval_cli.values import refused

SUFFIXES = (".json", ".jsonl", ".gz")
"""Formats of predictions."""

ENDINGS = (".json", ".jsonl", ".json.gz", ".jsonl.gz")
"""How the names of written predictions end, as their writer has it."""

AnyPreds = Annotated[
    str, argument("PREDS", 'Predictions: .json, .json.gz, .jsonl or "-", or .csv of Open Images.')
]

PredictionFile = Annotated[
    Path | None, output_option("COCO results file to write: .json, .json.gz or .jsonl.")
]

AnyPredictionFile = Annotated[
    Path | None, output_option("File to write, in the format of PREDS: .json, .jsonl, or .csv.")
]

PredictionsOrFolder = Annotated[
    Path | None,
    output_option(
        "COCO results file to write: .json, .json.gz or .jsonl; of label maps, a new folder.",
        "PATH",
    ),
]


def check_prediction_file(
    output: Path | None, *, is_needed: bool, overwrite: bool, preds: str = ""
) -> None:
    """Refuse a file that cannot be written, before any work.

    Args:
        output: the value of the option; None without it.
        is_needed: whether nothing else shows the result.
        overwrite: whether an older file may be replaced.
        preds: the predictions that it is made from; if they are Open Images', so is it.

    Raises:
        InputError: if nothing says where to write, or the file cannot be written.
    """
    from segeval.data.paths import is_csv

    is_table = is_csv(preds)
    if output is None and is_needed:
        raise InputError(
            "nothing says where to write the result, expected -o with a file: "
            f"{'out.csv' if is_table else 'out.json'}",
            code="option",
            option="output",
        )
    endings = (".csv",) if is_table else ENDINGS
    if output is not None and not output.name.endswith(endings):
        either = f"{'one of ' * (len(endings) > 1)}{', '.join(endings)}"
        problem = f"the suffix says what to write, expected {either}."
        raise refused("--output", output, problem, path=output)
    check_target(output, SUFFIXES if output is None else (output.suffix,), overwrite=overwrite)
