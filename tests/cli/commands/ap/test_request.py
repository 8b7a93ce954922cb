"""The request of `segeval ap`, and which protocol knows which option."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import pytest

from segeval.metrics.coco.arguments import Arguments
from segeval_cli import failures
from segeval_cli.commands.ap.request import EVERYWHERE, OTHERS, PANELS, ApRequest
from segeval_cli.groups import LaterCommand
from segeval_cli.main import app

PARAMETERS: dict[str, Any] = {param.name: param for param in LaterCommand("ap").load().params}
SHOWN = {"fail_under", "metric", "json", "output", "overwrite", "show_all", "verbose"}
"""Parameters that say what is shown and where, and no more."""


AFTERWARDS = {"ci", "resamples", "seed", "groups", "replicates", "slices"}
"""Parameters of intervals and of parts of the images, which are made from a result."""


def test_every_parameter_is_in_the_request_or_concerns_the_output() -> None:
    asked = {field.name for kind in (Arguments, ApRequest) for field in fields(kind)}
    assert asked - {"arguments", "clock"} == PARAMETERS.keys() - SHOWN - AFTERWARDS


def test_protocols_know_parameters_that_there_are() -> None:
    assert PARAMETERS.keys() > EVERYWHERE
    assert all(known <= PARAMETERS.keys() for known in OTHERS.values())
    assert OTHERS.keys() == set(PANELS.values())


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (
            ["--boxes", "b.csv"],
            "--boxes is an option of --protocol openimages, which is not given.",
        ),
        (
            ["--protocol", "lvis", "--coco-style"],
            "--coco-style does not go with --protocol lvis; it is of cityscapes.",
        ),
        (
            ["--protocol", "openimages", "--coco-style"],
            "--coco-style does not go with --protocol openimages; it is of cityscapes.",
        ),
        (
            ["--protocol", "cityscapes", "--per", "size"],
            "--per does not go with --protocol cityscapes.",
        ),
    ],
)
def test_an_option_that_the_protocol_would_not_heed_is_refused(
    argv: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert failures.run(app, ["ap", "preds", "gt", *argv]) == failures.UNUSABLE_INPUT
    assert capsys.readouterr().err == f"error: {message}\n"
