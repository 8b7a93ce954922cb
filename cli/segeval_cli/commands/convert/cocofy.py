"""`segeval convert cocofy`: LVIS annotations with COCO categories."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from segeval.words import counted
from segeval_cli.options import FILES, Overwrite, Quiet, argument, output_option
from segeval_cli.output import check_target
from segeval_cli.progress import say_notes, working
from segeval_cli.streams import say


def cocofy(
    lvis: Annotated[str, argument("LVIS", "Ground truth of LVIS: .json or .json.gz.")],
    *,
    synsets: Annotated[
        str,
        FILES.reading(
            "--map JSON",
            "coco_to_synset.json of the LVIS API, which maps COCO categories to LVIS.",
        ),
    ],
    output: Annotated[Path, output_option("Ground truth to write: .json.")],
    overwrite: Overwrite = False,
    quiet: Quiet = False,
) -> None:
    """Write LVIS annotations with COCO categories, to compute AP* of COCO models.

    Example: segeval convert cocofy lvis_v0.5_val.json --map coco_to_synset.json -o cocofied.json
    """
    check_target(output, (".json",), overwrite=overwrite)
    from segeval.data.coco.cocofy import cocofy as convert

    with working(f"converting {lvis}", quiet=quiet):
        done = convert(lvis, synsets, output)
    if not quiet:
        say_notes(done.notes)
        written = counted(done.annotations, "annotation")
        kinds = counted(done.categories, "category", "categories")
        say(f"wrote {output}: {written} of {kinds} in {counted(done.images, 'image')}")
