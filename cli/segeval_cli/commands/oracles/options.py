"""Options of `segeval oracles` alone."""

from __future__ import annotations

from typing import Annotated

from segeval_cli.options import argument

Files = Annotated[
    list[str],
    argument(
        "PREDS [PREDS ...] GT",
        "Predictions of one or several models, then ground truth: .json or .json.gz; predictions "
        'also .jsonl; "-" for standard input.',
    ),
]
