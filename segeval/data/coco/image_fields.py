"""Fields of image records that evaluation does not know, such as the weather."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from segeval.data.coco.json_folders import json_files
from segeval.data.files import open_content
from segeval.data.keys import Key, shown_key
from segeval.errors import FormatError, InputError

KNOWN = ("id", "file_name", "height", "width")
"""Fields of every image, which are no example of a field to divide images by."""


class _Images(msgspec.Struct):
    """The images of a COCO file; msgspec skips everything else."""

    images: list[dict[str, Any]] = []


def image_field(source: str | Path | Mapping[str, Any], field: str) -> dict[Key, str]:
    """A field of the images that have it, as text, by the id of the image.

    Args:
        source: ground truth: a path as in `load_ground_truth`, or a dict in the form of a file.
        field: name of the field; its values are texts, numbers, or true and false.

    Raises:
        InputError: if there is no such file, or no image has the field.
        FormatError: if the file cannot be read, or a value is a list or an object.

    Example:
        >>> image_field({"images": [{"id": 7, "weather": "rain"}, {"id": 8}]}, "weather")
        {7: 'rain'}
    """
    found: dict[Key, str] = {}
    others: dict[str, None] = {}
    name = str(source) if isinstance(source, str | Path) else "ground truth"
    for place, image in enumerate(_images(source)):
        others |= dict.fromkeys(image)
        value = image.get(field)
        if value is None or value != value or "id" not in image:  # NaN is no value
            continue
        if isinstance(value, str) and not value.strip():  # as in a table of labels
            continue
        if isinstance(value, list | dict):
            what = "a list" if isinstance(value, list) else "an object"
            raise FormatError(
                f"{name}: image {shown_key(image['id'])} (record #{place}): {field} is {what}, "
                "expected a text or a number.",
                code="image-field",
                path=name,
                index=place,
                field=field,
            )
        found[image["id"]] = str(value).lower() if isinstance(value, bool) else str(value)
    if not found:
        fields = [each for each in others if each not in KNOWN]
        either = f"they have {', '.join(fields)}" if fields else "they have no other field"
        if field in others:
            raise InputError(
                f"{name}: the field {shown_key(field)} is null or blank in every image, expected a "
                "text or a number.",
                code="image-field",
                path=name,
                field=field,
            )
        raise InputError(
            f"{name}: no image has the field {shown_key(field)}; {either} beside "
            f"{', '.join(KNOWN)}.",
            code="image-field",
            path=name,
            field=field,
        )
    return found


def fields_of_images(source: str | Path | Mapping[str, Any]) -> dict[str, list[str | int]]:
    """The texts and whole numbers of each field of the images besides `KNOWN`, by its name.

    Args:
        source: ground truth as in `image_field`.

    Raises:
        InputError: if there is no such file.
        FormatError: if the file cannot be read.

    Example:
        >>> fields_of_images({"images": [{"id": 7, "video": "a", "wet": True}, {"id": 8}]})
        {'video': ['a']}
    """
    found: dict[str, list[str | int]] = {}
    for image in _images(source):
        for field, value in image.items():
            if field in KNOWN or isinstance(value, bool) or value == "":
                continue
            if isinstance(value, str | int):
                found.setdefault(field, []).append(value)
    return found


def yes_or_no(source: str | Path | Mapping[str, Any], field: str) -> dict[Key, bool] | None:
    """A field of the images that is true or false, by the id of the image; None if none has it.

    Args:
        source: ground truth as in `image_field`.
        field: name of the field; 1 stands for true, 0 and null for false.

    Raises:
        InputError: if there is no such file.
        FormatError: if the file cannot be read, some images lack the field, or a value is neither.

    Example:
        >>> yes_or_no({"images": [{"id": 7, "wet": True}, {"id": 8, "wet": 0}]}, "wet")
        {7: True, 8: False}
    """
    name = str(source) if isinstance(source, str | Path) else "ground truth"
    images = _images(source)
    if not any(field in image for image in images):
        return None
    found: dict[Key, bool] = {}
    for place, image in enumerate(images):
        value = image.get(field, "missing")
        if value is not None and value not in (0, 1):
            problem = (
                f"{field} is missing, which other images have."
                if field not in image
                else f"{field} is {value!r}, expected true or false."
            )
            raise FormatError(
                f"{name}: image {shown_key(image.get('id', '?'))} (record #{place}): {problem}",
                code="image-field",
                path=name,
                index=place,
                field=field,
            )
        if "id" in image:
            found[image["id"]] = bool(value)
    return found


def image_texts(source: str | Path | Mapping[str, Any], field: str) -> dict[Key, str]:
    """A field of the images that is text, by the id of the image; others are left out.

    Args:
        source: ground truth as in `image_field`.
        field: name of the field.

    Raises:
        InputError: if there is no such file.
        FormatError: if the file cannot be read.
    """
    return {
        image["id"]: image[field]
        for image in _images(source)
        if "id" in image and isinstance(image.get(field), str)
    }


def _images(source: str | Path | Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records of all images."""
    if isinstance(source, Mapping):
        return [dict(image) for image in source.get("images", [])]
    files = json_files(source)
    return [
        image for path in ([source] if files is None else files) for image in _decoded(path).images
    ]


def _decoded(path: str | Path) -> _Images:
    content = open_content(path)
    data = content.data.tobytes()
    try:
        return msgspec.json.decode(data, type=_Images)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        if isinstance(error, RecursionError) or (found := _read_by_python(data)) is None:
            raise FormatError(
                f"{content.name}: its images cannot be read ({error}), expected COCO ground truth.",
                code="bad-json",
                path=content.name,
            ) from None
        return found


def _read_by_python(data: bytes) -> _Images | None:
    """The images of a file with NaN, Infinity or half a surrogate pair, which msgspec refuses.

    An evaluation reads such files where these stand in fields that it does not use.
    """
    try:
        return msgspec.convert(json.loads(data), _Images)
    except (ValueError, RecursionError):
        return None
