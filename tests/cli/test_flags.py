"""Arguments that the library names, in the words of the command line."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import numpy as np
import pytest
import typer

import segeval
from segeval.checks.whole_set import PredictedImages, unpredicted_images
from segeval.data import open_images
from segeval.errors import MismatchError
from segeval_cli import failures, inputs, main
from segeval_cli.flags import FUNCTIONS, Flag, document_in_flags, in_flags, use_flags
from segeval_cli.groups import LaterCommand, QuickGroup
from segeval_cli.streams import emit

FLAGS = {
    "skip_unknown": Flag("--skip-unknown", takes_value=False),
    "flip": Flag("--flip", "--no-flip", takes_value=False),
    "max_dets": Flag("--max-dets"),
    "protocol": Flag("--protocol"),
    "trimap": Flag("--trimap"),
    "area_from": Flag("--area-from"),
    "iou": Flag("--iou", is_repeated=True),
    "settings": Flag("--set"),
    "categories": Flag("--categories"),
    "gt": Flag("GT"),
}


@pytest.fixture(autouse=True)
def _no_flags_afterwards() -> Iterator[None]:
    yield
    use_flags(())


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("`area_from`", "--area-from"),
        ("`skip_unknown=True`", "--skip-unknown"),
        ("`max_dets=0`", "--max-dets 0"),
        ("`max_dets=0.5`", "--max-dets 0.5"),
        ('`protocol="coco"`', "--protocol coco"),
        ("`protocol='coco'`", "--protocol coco"),
        ("`protocol='lvis 2021'`", "--protocol 'lvis 2021'"),
        ("`trimap=[1, 3, 5]`", "--trimap 1,3,5"),
        ("`trimap=(8,)`", "--trimap 8"),
        ('`iou=["bbox"]`', "--iou bbox"),
        ('`iou=("segm", "boundary")`', "--iou segm --iou boundary"),
        ("`categories=['~chair', 'arm chair', ...]`", "--categories '~chair,arm chair,...'"),
        ("`categories=['~chair']`", "--categories ~chair"),
        ('`settings={"input.train_sizes": ...}`', "--set input.train_sizes=..."),
        (
            '`settings={"classes": 3, "schedule.clip": 1.0}`',
            "--set classes=3 --set schedule.clip=1.0",
        ),
        ("`input.train_sizes`", "--set input.train_sizes"),
        ("`schedule.steps=[6, 8]`", "--set 'schedule.steps=[6, 8]'"),
        ("`backbone.stride_in_1x1=False`", "--set backbone.stride_in_1x1=false"),
        ("`trimap=...`", "--trimap ..."),
        ("`flip=False`", "--no-flip"),
        ("`gt`", "GT"),
    ],
)
def test_an_argument_becomes_its_flag(written: str, shown: str) -> None:
    assert in_flags(f"Try {written}.", FLAGS) == f"Try {shown}."


@pytest.mark.parametrize(
    "text",
    [
        "`ci=True` is no option of the command",
        "`skip_unknown=False` and `max_dets=None` cannot be written as flags",
        '`skip_unknown="yes"` takes no value there',
        "`protocol=name` is not a value",
        "`segeval ap --json`, `Max_dets` and `max-dets` are no arguments",
        "`bbox` is a field, max_dets without backticks a word",
    ],
)
def test_other_text_stays_as_it_is(text: str) -> None:
    assert in_flags(text, FLAGS) == text


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("`panoptic_quality`", "segeval pq"),
        ("`open_images_ap`", "segeval ap --protocol openimages"),
        ("`average_precision('a.json', 'my gt.json')`", "segeval ap a.json 'my gt.json'"),
        ("`cityscapes_ap('preds', 'gt')`", "segeval ap preds gt --protocol cityscapes"),
        ("`mean_iou(trimap=[1, 3])`", "segeval miou --trimap 1,3"),
        ("`compare(('a.json', 'b.json'), 'c', 'gt')`", "segeval compare a.json,b.json c gt"),
        ("`compare('a', 'b', 'gt', others=['c', 'd'])`", "segeval compare a b c d gt"),
        ("`error_differences('a', 'b', 'gt')`", "segeval errors a b gt"),
        ("`oracles(['a', 'my b'], 'gt')`", "segeval oracles a 'my b' gt"),
        ("`mean_iou(preds, gt)`", "`mean_iou(preds, gt)`"),
        ("`mean_of(1)`", "`mean_of(1)`"),
    ],
)
def test_a_function_becomes_its_command(written: str, shown: str) -> None:
    assert in_flags(f"Try {written}.", FLAGS) == f"Try {shown}."


def test_a_message_does_not_recommend_the_command_that_was_just_run() -> None:
    use_flags((), "show")
    assert in_flags("Evaluate it with `average_precision`.") == "Evaluate it with segeval ap."
    assert in_flags("Evaluate it with `panoptic_quality`.") == "Evaluate it with segeval pq."
    assert in_flags("`panoptic_quality('a.json', 'b.json')`") == (
        "segeval show a.json b.json --image ..."
    )


def test_every_function_that_becomes_a_command_is_there() -> None:
    public = {
        *segeval.__all__,
        *segeval.analysis.__all__,
        *segeval.checks.__all__,
        *segeval.data.__all__,
        *open_images.__all__,
        "panoptic_to_instances",
        *segeval.rescore.__all__,
    }
    assert FUNCTIONS.keys() <= public


def test_several_arguments_of_one_message_are_translated() -> None:
    text = 'Cut (`max_dets=0` uses all) by `protocol="lvis"` in `gt`'
    assert in_flags(text, FLAGS) == "Cut (--max-dets 0 uses all) by --protocol lvis in GT"


def application(problem: Exception | None = None) -> typer.Typer:
    """A command that fails, or shows a translated document, in a group with another one."""
    app = typer.Typer(cls=QuickGroup, pretty_exceptions_enable=False)

    @app.command()
    def one(
        gt: str,
        *,
        skip_unknown: Annotated[bool, typer.Option("--skip-unknown")] = False,
        class_ids: Annotated[list[str] | None, typer.Option("--classes", metavar="IDS")] = None,
    ) -> None:
        if problem is not None:
            raise problem
        message = "`class_ids` of `gt`"
        document = {"notes": [{"message": message, "count": 1}], "results": {"name": "`gt`"}}
        emit(str(document_in_flags({**document, "reasons": ["`classes=[1, 2]`"]})))

    @app.command()
    def other() -> None:
        if problem is not None:
            raise problem

    return app


def test_an_error_speaks_in_the_flags_of_the_command_that_raised_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    app = application(
        MismatchError("gt.json: Drop them: `skip_unknown=True`", option="skip_unknown")
    )
    failures.run(app, ["one", "gt.json"])
    assert capsys.readouterr().err == "error: gt.json: Drop them: --skip-unknown\n"
    failures.run(app, ["other"])
    assert capsys.readouterr().err == "error: gt.json: Drop them: `skip_unknown=True`\n"


def test_texts_of_a_document_are_translated_and_data_are_not(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert failures.run(application(), ["one", "gt.json"]) == failures.DONE
    shown = capsys.readouterr().out
    assert "{'message': '--classes of GT', 'count': 1}" in shown
    assert "'name': '`gt`'" in shown
    assert "['--classes 1,2']" in shown


@pytest.mark.parametrize(
    "text",
    [
        'gt.json has no category "`max_dets=0`"',
        "image_id is '`skip_unknown=True`', expected a number",
        "it calls 9 'a `gt` b' instead of 'lamp'",
    ],
)
def test_names_in_quotes_are_no_arguments(text: str) -> None:
    assert in_flags(text, FLAGS) == text


def test_apostrophes_are_no_quotes() -> None:
    text = "the annotators' `gt` and the images' `max_dets=0`, or 'none'"
    assert in_flags(text, FLAGS) == "the annotators' GT and the images' --max-dets 0, or 'none'"


def test_names_of_files_are_no_arguments() -> None:
    name = "`max_dets=0`.json"
    assert in_flags(f"{name}: try `gt`", FLAGS, names=[None, name]) == f"{name}: try GT"
    inputs.forget()
    inputs.declared([name])
    assert in_flags(f"{name}: try `gt`", FLAGS) == f"{name}: try GT"
    inputs.forget()
    assert in_flags(f"{name}: try `gt`", FLAGS) == "--max-dets 0.json: try GT"


UNPREDICTED = PredictedImages(10, 4, np.array([1], np.int64), np.array([3], np.int64))
"""Predictions of 3 of 10 images; the first without any is image 4."""


def parameters(*words: str) -> list[Any]:
    """The parameters of a command, or of a subcommand."""
    command: Any = typer.main.get_command(main.app)
    for word in words:
        command = command.get_command(typer.Context(command), word)
        command = command.load() if isinstance(command, LaterCommand) else command
    return list(command.params)


@pytest.mark.parametrize(
    ("command", "advice"),
    [
        ("ap", " Choose its images with --images."),
        ("compare", " Choose its images with --images."),
        ("report", ""),
        ("show", ""),
        ("suspects", ""),
        ("plot images", ""),
        ("sweep max-dets", ""),
    ],
)
def test_images_are_chosen_only_by_an_option_that_chooses_them(command: str, advice: str) -> None:
    (found,) = unpredicted_images("preds.json", UNPREDICTED, None)
    use_flags(parameters(*command.split()))
    assert in_flags(found.hint) == f"Was the model run on a part?{advice}"


def test_images_that_are_chosen_by_another_option_than_their_folder_are_named_so() -> None:
    use_flags(parameters("draw"))
    text = "`images=['7.jpg', 'a b.jpg']`: gt.json has none. `images` is a folder"
    assert in_flags(text) == "--image '7.jpg,a b.jpg': gt.json has none. --images is a folder"
