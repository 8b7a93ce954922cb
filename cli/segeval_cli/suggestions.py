"""What to propose for a word that is no command."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from difflib import get_close_matches
from pathlib import Path

EVALUATION = (
    "segeval ap for masks, boundaries and boxes, segeval miou for label maps, or segeval pq for "
    "panoptic files"
)

MEANT = {
    "help": "segeval --help",
    "version": "segeval --version",
    **dict.fromkeys(
        ("eval", "evaluate", "evaluation", "score", "metrics", "test", "val"), EVALUATION
    ),
    **dict.fromkeys(("map", "coco", "lvis", "segm", "bbox", "boundary"), "segeval ap"),
    **dict.fromkeys(("iou", "semantic", "trimap"), "segeval miou"),
    **dict.fromkeys(("panoptic",), "segeval pq"),
    **dict.fromkeys(("sam3", "saco", "pmf1", "il-mcc", "concepts"), "segeval cgf1"),
    **dict.fromkeys(("lint", "validate"), "segeval check"),
    "verify": "segeval ap ... --verify",
    "cocofy": "segeval convert cocofy",
    "panoptic-to-coco": "segeval convert panoptic-to-coco",
    "openimages-to-coco": "segeval convert openimages-to-coco",
    "coco-to-openimages": "segeval convert coco-to-openimages",
    "max-dets": "segeval sweep max-dets",
    **dict.fromkeys(("figure", "hist", "size-hist"), "segeval plot size-hist"),
    **dict.fromkeys(("visualize", "visualise", "visualization", "vis"), "segeval draw"),
    **dict.fromkeys(("infer", "inference", "detect", "segment"), "segeval predict"),
    **dict.fromkeys(("fit", "finetune"), "segeval train"),
    **dict.fromkeys(("example", "examples", "start", "init"), "segeval demo"),
    **dict.fromkeys(("presets", "zoo"), "segeval models"),
    "show": "segeval models show",
    "flops": "segeval models flops",
}
"""Words of other tools, and what does the same here."""

OF_A_SECOND_MODEL = ("--compare", "--against", "--baseline")
"""Options that could name a second model, for which there is a place among the files."""

WITH_A_SECOND_MODEL = "PREDS [B] GT"
"""The files of commands that take a second model."""


def proposal(words: Sequence[str], commands: Collection[str]) -> str:
    """What to propose for a command line whose first word is no command; "" for nothing.

    Args:
        words: of the command line.
        commands: that there are.

    Example:
        >>> proposal(["AP", "p.json"], ["ap", "pq"]), proposal(["version"], ["ap"])
        ('segeval ap', 'segeval --version')
    """
    word = words[0].lower()
    if word in commands:
        return f"segeval {word}"
    if word in MEANT:
        return MEANT[word]
    if Path(words[0]).exists():
        return "segeval ap PREDS GT" if "ap" in commands else ""
    close = get_close_matches(word, [*commands, *MEANT], n=1)
    return MEANT.get(close[0], f"segeval {close[0]}") if close else ""


def too_many(name: str, positional: Sequence[str], extra: Sequence[str]) -> str:
    """The message for more words than a command takes.

    Args:
        name: of the command.
        positional: what it takes, as in its help.
        extra: the words that are too many.
    """
    takes = " ".join(positional) or "no files"
    text = (
        f"{name} takes {takes}; {', '.join(extra)} {'is' if len(extra) == 1 else 'are'} too many."
    )
    if list(positional[:1]) == ["PREDS"]:
        text += " Several predictions are evaluated one by one, a command for each."
    return text
