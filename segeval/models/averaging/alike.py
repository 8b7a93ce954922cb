"""Whether files of weights are of one model: equal names, shapes and kinds of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from segeval.errors import FormatError, InputError, MismatchError
from segeval.findings import refusal
from segeval.models.averaging.stored import StoredTensor, StoredWeights
from segeval.models.files.number_kinds import FLOATS, WORDS
from segeval.words import counted, first_few

NAMED = 3
"""Names in one message."""

WRAPPED = "module."
"""Beginning of all names in a file that was saved from PyTorch's wrapper for several GPUs."""


def require_alike(files: Sequence[StoredWeights]) -> None:
    """Refuse files whose weights cannot be averaged.

    Raises:
        MismatchError: if a tensor is missing in a file, or of another shape or kind of numbers.
    """
    first = files[0]
    for other in files[1:]:
        _require_names(first, other)
        for what, value in (("shape", _shape), ("type", _kind)):
            wrong = [
                name
                for name, each in first.tensors.items()
                if value(each) != value(other.tensors[name])
            ]
            if not wrong:
                continue
            name = wrong[0]
            raise refusal(
                str(other.path),
                f"{name} has the {what} {value(other.tensors[name])}, and in {first.path} "
                f"{value(first.tensors[name])}",
                code="weights-differ",
                count=len(wrong),
                field=name,
                hint="Only weights of one model can be averaged.",
                error=MismatchError,
            )


def _shape(tensor: StoredTensor) -> str:
    return str(tensor.shape)


def _kind(tensor: StoredTensor) -> str:
    return WORDS[tensor.kind]


def _require_names(first: StoredWeights, other: StoredWeights) -> None:
    """Refuse a tensor that one of two files lacks."""
    for lacking, having in ((other, first), (first, other)):
        names = [name for name in having.tensors if name not in lacking.tensors]
        if names:
            raise MismatchError(
                f"{lacking.path}: lacks {counted(len(names), 'tensor')} of {having.path}: "
                f"{first_few(names, NAMED)}. {_cause(lacking.tensors, having.tensors)}",
                code="weights-differ",
                path=str(lacking.path),
                field=names[0],
                count=len(names),
            )


def _cause(lacking: Mapping[str, StoredTensor], having: Mapping[str, StoredTensor]) -> str:
    """Why names differ, after a look at both files."""
    for some, others in ((lacking, having), (having, lacking)):
        if {f"{WRAPPED}{name}" for name in some} == set(others):
            return (
                f'All names of one file begin with "{WRAPPED}", those of the other are the same '
                "without it: save both in one way."
            )
    shared = len(lacking.keys() & having.keys())
    if not shared:
        return "They have no name in common: are they files of different models?"
    return "Only weights of one model can be averaged."


def require_distinct(files: Sequence[StoredWeights], digests: Sequence[bytes]) -> None:
    """Refuse files with the same tensors, one of which would count twice.

    Args:
        files: two or more.
        digests: of all tensors of each.

    Raises:
        InputError: if two digests are equal.
    """
    for place, digest in enumerate(digests):
        twin = digests.index(digest)
        if twin != place:
            raise InputError(
                f"{files[place].path}: holds the same weights as {files[twin].path}, which would "
                "count twice. Expected each file once.",
                code="same-weights",
                path=str(files[place].path),
                option="files",
            )


def common_texts(files: Sequence[StoredWeights]) -> tuple[dict[str, str], list[str]]:
    """The metadata on which all files with metadata agree, and the names of the others."""
    texts = [each.texts for each in files if each.texts]
    names = sorted({name for each in texts for name in each})
    agreed = {}
    for name in names:
        values = {each.get(name) for each in texts}
        if len(values) == 1 and (value := values.pop()) is not None:
            agreed[name] = value
    return agreed, [name for name in names if name not in agreed]


def require_not_empty(files: Sequence[StoredWeights]) -> None:
    """Refuse files without a single number with a fraction, of which there is no mean.

    Raises:
        FormatError: names the first file.
    """
    if not any(each.kind in FLOATS for each in files[0].tensors.values()):
        raise FormatError(
            f"{files[0].path}: holds whole numbers alone, expected weights.",
            code="weights",
            path=str(files[0].path),
        )
