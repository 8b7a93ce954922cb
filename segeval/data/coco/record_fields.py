"""Records of predictions whose score, category or image stands elsewhere, as those of SAM do."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

import msgspec
from msgspec import Raw

from segeval.data.coco.refused_predictions import numbered
from segeval.data.files import STANDARD_INPUT, Content
from segeval.errors import FormatError

SCORE = "score"

ANY_CATEGORY = Raw(b"0")
"""Id of the category of records without one, where categories are ignored."""

NUMBER = re.compile(r"(\d{1,18})$")
"""The number at the end of a file's name."""


class Fields(NamedTuple):
    """Where records have their fields.

    Attributes:
        score: name of the field with the score.
        agnostic: whether records may lack a category, because categories are ignored.
    """

    score: str = SCORE
    agnostic: bool = False


USUAL = Fields()
"""The fields of COCO's results."""


def number_of(path: str | Path) -> int | None:
    """The image id in the name of a file, such as 123 of sa_123.json; None without one.

    Example:
        >>> number_of("preds/sa_00123.json.gz"), number_of("preds.json")
        (123, None)
    """
    if str(path) == STANDARD_INPUT:
        return None
    found = NUMBER.search(Path(path).name.partition(".")[0])
    return None if found is None else int(found[1])


def with_usual_fields(content: Content, fields: Fields, image_id: int | None) -> Content:
    """The same list of records, with the usual names of fields.

    Args:
        content: a list of records. Anything else is left as it is, for the reader to refuse.
        fields: where records have their score, and whether they may lack a category.
        image_id: id of the image of records that name none.

    Raises:
        FormatError: if a record lacks the field with the score.
    """
    if content.begins != b"[" or (fields == USUAL and not _lacks_image(content)):
        return content
    try:
        records = msgspec.json.decode(content.data.data, type=list[dict[str, Raw]])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return content
    for place, record in enumerate(records):
        if fields.score != SCORE:
            if fields.score not in record:
                named = ", ".join(list(record)[:6]) or "nothing"
                raise numbered(
                    FormatError(
                        f"has no {fields.score} (`score_field`), only {named}.",
                        code="missing-score",
                        field=fields.score,
                    ),
                    content.name,
                    place,
                )
            record[SCORE] = record[fields.score]
        if fields.agnostic:
            record.setdefault("category_id", ANY_CATEGORY)
        if image_id is not None:
            record.setdefault("image_id", Raw(str(image_id).encode()))
    return Content(msgspec.json.encode(records), content.name)


def _lacks_image(content: Content) -> bool:
    """Whether the first record names no image."""
    start = content.skip_blank(content.skip_blank(0) + 1)
    first = content.part(start, start + (1 << 16)).tobytes().partition(b"}")[0]
    return first.startswith(b"{") and b'"image_id"' not in first
