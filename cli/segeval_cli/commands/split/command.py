"""`segeval split`: parts of ground truth and its predictions by image."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from segeval.errors import InputError
from segeval_cli.ap_options import ScoreField
from segeval_cli.options import (
    GroundTruthPath,
    Json,
    Overwrite,
    Panel,
    Quiet,
    argument,
    output_option,
)
from segeval_cli.output import check_folder, check_standard_input
from segeval_cli.progress import working
from segeval_cli.quick_values import PERCENT
from segeval_cli.results import Output
from segeval_cli.streams import say
from segeval_cli.values import shortened

if TYPE_CHECKING:
    from segeval.analysis.splitting.shares import Share

HOW = Panel("How to split")
SUCH = "such as fit:0.5,judge:0.5"
REST = "rest"
"""The share of a part that gets all images that no other part has."""

Preds = Annotated[
    list[str] | None,
    argument(
        "[PREDS ...]", "Predictions for these images, split in the same way: .json or .jsonl."
    ),
]
Parts = Annotated[
    str,
    HOW.option(
        "--parts NAME:SHARE,...",
        "Names with fractions that sum to 1, numbers of images, or rest: fit:0.5,judge:0.5 or "
        "val:500,train:rest.",
    ),
]
Seed = Annotated[
    int, HOW.option("--seed N", "Another seed gives other parts.", min=0, show_default=True)
]
Groups = Annotated[
    str | None,
    HOW.reading(
        "--groups SOURCE",
        "Images that stay together, such as the frames of a video: a field of the images in GT, "
        "or a .csv of image and label.",
    ),
]
Stratify = Annotated[
    bool,
    HOW.option(
        "--stratify/--no-stratify",
        "Spread every category over the parts in proportion, or deal images by chance alone. "
        "Default: --stratify.",
    ),
]

SkipUnknown = Annotated[
    bool,
    HOW.option("--skip-unknown", "Leave out predictions of images that GT lacks, and count them."),
]


def split(
    gt: GroundTruthPath,
    preds: Preds = None,
    *,
    parts: Parts,
    groups: Groups = None,
    stratify: Stratify = True,
    seed: Seed = 0,
    score_field: ScoreField = "score",
    skip_unknown: SkipUnknown = False,
    output: Annotated[Path, output_option("Where to write the parts: gt.fit.json ...", "FOLDER")],
    json: Json = False,
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Parts of ground truth and its predictions by image, such as train, val and test.

    Records stay as they are, and so do all other fields of the files. Rare
    categories come into every part where there are enough images of them.

    Example: segeval split gt.json a.json b.json --parts fit:0.5,judge:0.5 -o parts
    """
    check_standard_input()
    shares = parsed_parts(parts)
    check_folder(output, overwrite=overwrite)
    files = preds or []
    inputs = {"gt": gt, **{f"preds_{place}": path for place, path in enumerate(files, 1)}}
    out = Output(inputs=inputs, number="images", json=json, quiet=quiet)
    with working(f"splitting {', '.join([gt, *files])}", quiet=quiet):
        from segeval.analysis.splitting.run import split_files

        found = split_files(
            gt, files, folder=output, parts=shares, groups=groups, stratify=stratify, seed=seed,
            score_field=score_field, skip_unknown=skip_unknown, overwrite=overwrite,
        )  # fmt: skip
    out.show(found)
    if not quiet:
        say(f"wrote {output}")


def parsed_parts(text: str) -> dict[str, Share]:
    """The value of --parts.

    Raises:
        InputError: if it cannot be read, or names a part twice.

    Example:
        >>> parsed_parts("fit:0.5,judge:rest"), parsed_parts("val:500,train:9500")
        ({'fit': 0.5, 'judge': None}, {'val': 500, 'train': 9500})
    """
    found: dict[str, Share] = {}
    for entry in text.split(","):
        name, colon, share = (word.strip() for word in entry.partition(":"))
        if not name or not colon or name in found:
            problem = f"names {name} twice" if name in found else f"expected NAME:SHARE, {SUCH}"
            raise _refused(entry, problem)
        if share == REST:
            found[name] = None
            continue
        if percent := PERCENT.fullmatch(share):
            number = f"{float(percent[1]) / 100:.15g}"
            raise _refused(entry, f"it has a percent sign. Write {name}:{number}.")
        try:
            found[name] = int(share) if share.isdecimal() else float(share)
        except ValueError:
            problem = f"expected a fraction, a number of images, or rest, {SUCH}"
            raise _refused(entry, problem) from None
    return found


def _refused(entry: str, problem: str) -> InputError:
    """The error for an entry that cannot be read."""
    return InputError(
        f"`parts` has {shortened(entry)!r}: {problem}",
        code="split-parts",
        option="parts",
    )
