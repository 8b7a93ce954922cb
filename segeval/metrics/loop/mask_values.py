"""The masks of one image, as a caller holds them, as columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from segeval.checks.outside import may_be_no_polygons
from segeval.checks.shapes import outlines
from segeval.data.coco.refused_segmentations import PlainMask, checked_segmentation, plain_mask
from segeval.data.json.broken import shown
from segeval.data.segmentations import Format, Segmentations
from segeval.errors import FormatError, InputError, ShapeError
from segeval.frozen import frozen
from segeval.masks import CompressedMasks, RunLengths, check_totals, compress, encode
from segeval.masks.values import MaskValues, encode_values
from segeval.metrics.loop.places import Place
from segeval.metrics.loop.settings import no_masks

Size = tuple[int, int]
"""(H, W) in pixels."""

NEAR_END = 0.05
"""How near to 0 and 1 the ends of values are that are probabilities, and no logits by accident."""

HINT = '`mask_values="logits"` (cut at 0) or `mask_values="probabilities"` (cut at 0.5)'


class How(NamedTuple):
    """How masks become runs.

    Attributes:
        mask_values: what floats are; None refuses them.
        workers: threads, None for all cores.
    """

    mask_values: MaskValues | None
    workers: int | None


@frozen(eq=False)
class ImageMasks:
    """N masks of one image.

    Attributes:
        segmentations: the masks.
        size: (H, W) of the masks that have a size of their own; None without any.
        is_sound: whether they were made here, so that nothing in them can be wrong.
    """

    segmentations: Segmentations
    size: Size | None
    is_sound: bool

    def __len__(self) -> int:
        return len(self.segmentations)

    def has_defect(self, size: Size) -> bool:
        """Whether a mask is malformed, of another size than its image, or likely no polygon.

        Args:
            size: (H, W) of the image; (-1, -1) where it is unknown.
        """
        found = self.segmentations
        sizes = np.broadcast_to(np.array(size, np.int32), (len(self), 2))
        if (found.mask_sizes(sizes) != sizes).any():
            return True
        strings = found.rows(Format.STRING)
        if found.strings.take(strings).measure(1)[1].any():
            return True
        others = np.flatnonzero(found.format != Format.STRING)
        try:
            found.take(others).run_lengths(sizes[others], workers=1)
        except InputError:
            return True  # the evaluation of the image says what is wrong
        drawn = found.rows(Format.POLYGON)
        if not len(drawn):
            return False
        extents, sums = outlines(found.take(drawn).polygons()[0])
        return bool(may_be_no_polygons(extents, sums, sizes[drawn]).any())


def masks_of(given: Any, place: Place, *, size: Size | None, how: How) -> ImageMasks:
    """The masks of one image.

    Args:
        given: an array (N, H, W) or (N, 1, H, W), or a list of arrays (H, W); runs; or a list of
            COCO's run lengths, compressed strings or polygons.
        place: of the field in messages.
        size: (H, W) of the image, if it is known: floats are resized to it, and strings have it.
        how: what floats are, and threads.

    Raises:
        FormatError: for values that are no masks.
        ShapeError: for arrays of another shape.
    """
    if isinstance(given, RunLengths):
        try:
            check_totals(given)
        except InputError as error:
            raise _placed(error, place) from None
        return _strings(compress(given))
    if isinstance(given, CompressedMasks):
        return _strings(given, is_sound=False)
    if isinstance(given, Sequence) and not isinstance(given, str | bytes):
        if not len(given):
            return ImageMasks(no_masks(0), None, is_sound=True)
        if all(hasattr(one, "shape") for one in given):
            return _joined([
                _dense(place.at(row).array(one)[np.newaxis], place.at(row), size, how)
                for row, one in enumerate(given)
            ])  # fmt: skip
        return _written(given, place, size)
    if isinstance(given, str | bytes | Mapping):
        raise FormatError(
            f"{place} is {shown(given, 40)}, expected a mask for each score.",
            code="mask-values",
            field="masks",
        )
    return _dense(place.array(given), place, size, how)


def _strings(masks: CompressedMasks, *, is_sound: bool = True) -> ImageMasks:
    """Compressed masks as columns."""
    form = np.full(len(masks), Format.STRING, np.uint8)
    sizes = masks.sizes.tolist()
    own = (sizes[0][0], sizes[0][1]) if sizes else None
    return ImageMasks(Segmentations(form, masks), own, is_sound and _alike(masks))


def _alike(masks: CompressedMasks) -> bool:
    """Whether all masks have one size."""
    return bool((masks.sizes == masks.sizes[:1]).all())


def _joined(parts: Sequence[ImageMasks]) -> ImageMasks:
    """Masks that were given one by one."""
    return _strings(CompressedMasks.joined([part.segmentations.strings for part in parts]))


def _dense(pixels: NDArray[Any], place: Place, size: Size | None, how: How) -> ImageMasks:
    """Masks from an array."""
    if pixels.ndim == 4 and pixels.shape[1] == 1:
        pixels = pixels[:, 0]
    if not pixels.size and pixels.ndim < 3 and not len(pixels):
        return ImageMasks(no_masks(0), None, is_sound=True)
    if pixels.ndim != 3:
        raise ShapeError(
            f"{place} has shape {pixels.shape}, expected (N, H, W) or (N, 1, H, W).",
            code="mask-shape",
            field="masks",
        )
    kind = pixels.dtype.kind
    if kind == "f":
        return _strings(compress(_cut(pixels, place, size, how)))
    if kind not in "biu":
        raise FormatError(
            f"{place} holds {pixels.dtype}, expected bool, 0 and 1, or floats.",
            code="mask-values",
            field="masks",
        )
    try:
        return _strings(compress(encode(pixels, strict=True, workers=how.workers)))
    except FormatError as error:
        raise _placed(error, place) from None


def _placed(error: InputError, place: Place) -> FormatError:
    """What is wrong with a mask, said with its image."""
    return FormatError(
        f"{place}: {error.message}", code=error.code, field="masks", option=error.option
    )


def _cut(pixels: NDArray[Any], place: Place, size: Size | None, how: How) -> RunLengths:
    """Runs of floats, which are resized where they have another size than the image."""
    if how.mask_values is None:
        needed = "expected bool, or 0 and 1."
        if place.side == "preds":
            needed = f"say what the values are, {HINT}, or give bool masks."
        raise FormatError(
            f"{place} holds {pixels.dtype}: {needed}",
            code="mask-values",
            field="masks",
            option="mask_values",
        )
    try:
        found = encode_values(pixels, how.mask_values, size=size, workers=how.workers)
    except InputError as error:
        raise _placed(error, place) from None
    if how.mask_values == "logits":
        _check_logits(found, pixels, place)
    return found


def _check_logits(found: RunLengths, pixels: NDArray[Any], place: Place) -> None:
    """Refuse probabilities in place of logits, each of which covers its whole image.

    Args:
        found: the masks, cut at 0.
        pixels: their values, shape (N, h, w).
        place: of them in messages.
    """
    runs = found.counts
    if not len(found) or len(runs) != 2 * len(found) or runs[::2].any():
        return  # some pixel is negative, which only the values of masks without one are read for
    low, high = float(pixels.min()), float(pixels.max())
    if 0 <= low <= NEAR_END and 1 - NEAR_END <= high <= 1:
        raise FormatError(
            f"{place}: all values are from {low:.3g} to {high:.3g}, so every mask that is cut at 0 "
            'covers its whole image. Are they probabilities? `mask_values="probabilities"` cuts '
            "them at 0.5.",
            code="mask-values",
            field="masks",
            option="mask_values",
        )


def _written(given: Sequence[Any], place: Place, size: Size | None) -> ImageMasks:
    """Masks from values as COCO's files have them."""
    texts: list[bytes] = []
    forms = np.zeros(len(given), np.uint8)
    sizes = np.zeros((len(given), 2), np.int32)
    for row, value in enumerate(given):
        mask = _plain(value, place.at(row), size)
        texts.append(mask.text)
        forms[row], sizes[row] = mask.format, mask.size
    lengths = np.fromiter(map(len, texts), np.int32, len(texts))
    strings = CompressedMasks(
        np.frombuffer(bytearray(b"".join(texts)), np.uint8),
        np.cumsum(lengths, dtype=np.int64) - lengths,
        lengths,
        sizes,
    )
    with_size = sizes[(forms == Format.STRING) | (forms == Format.COUNTS)]
    own = (int(with_size[0, 0]), int(with_size[0, 1])) if len(with_size) else None
    return ImageMasks(Segmentations(forms, strings), own, is_sound=False)


def _plain(value: Any, place: Place, size: Size | None) -> PlainMask:
    """One mask in the form of the columns."""
    if isinstance(value, str | bytes):
        if size is None:
            raise FormatError(
                f"{place} is a compressed string, whose image has no size: give `size` as "
                '(height, width), or the mask as {"size": [H, W], "counts": ...}.',
                code="no-size",
                field="masks",
            )
        value = {"size": list(size), "counts": value}
    if isinstance(value, Mapping):
        value = _plain_runs(value, place)
    elif hasattr(value, "shape") or isinstance(value, tuple):
        value = place.array(value).tolist()
    elif isinstance(value, list):
        value = [each if isinstance(each, list) else _listed(each, place) for each in value]
    try:
        mask = plain_mask(checked_segmentation(value))
    except InputError as error:
        reason = error.reason.removesuffix(".")
        raise FormatError(
            f"{place}: {reason}.", code=error.code, field=error.field, option=error.option
        ) from None
    except (TypeError, ValueError):
        raise FormatError(
            f"{place} is {shown(json.dumps(value, default=str), 60)}, expected run lengths or "
            "polygons of numbers.",
            code="mask-values",
            field="masks",
        ) from None
    if mask.format == Format.NONE:
        raise FormatError(
            f"{place} is {value!r}, expected a mask for each score and label.",
            code="mask-values",
            field="masks",
        )
    return mask


def _listed(value: Any, place: Place) -> Any:
    """Part of a polygon as a list of numbers."""
    return place.array(value).tolist() if hasattr(value, "__len__") else value


def _plain_runs(value: Mapping[str, Any], place: Place) -> dict[str, Any]:
    """COCO's run lengths with values as JSON has them."""
    found = dict(value)
    size, counts = found.get("size"), found.get("counts")
    if size is not None and not isinstance(size, list):
        found["size"] = place.array(size).tolist()
    if isinstance(counts, bytes | bytearray):
        found["counts"] = counts.decode("ascii", errors="replace")
    elif counts is not None and not isinstance(counts, str | list):
        found["counts"] = place.array(counts).tolist()
    return found
