"""Weights in and out of files: detectron2's pickles, PyTorch's checkpoints, safetensors.

A pickle can run any code when Python loads it, so pickles are read as data here; one that asks for
anything but arrays and plain containers is refused. Our own files are safetensors with the
configuration in their metadata.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from torch import Tensor, nn

from segeval.brief import Brief
from segeval.data.whole_files import whole_files
from segeval.errors import FormatError, InputError
from segeval.findings import refusal
from segeval.models.files.checkpoints import Checkpoint
from segeval.models.files.readable import readable_weights, weights_within
from segeval.models.files.safetensors_files import order_texts, read_safetensors, read_texts_of
from segeval.models.files.stored_arrays import described
from segeval.models.files.swin_names import other_window, without_indices
from segeval.models.files.traits import Shape, difference, extra
from segeval.models.files.writing import save_safetensors
from segeval.words import beginning

SUFFIXES = (".safetensors", ".pkl", ".pth", ".pt")
"""Suffixes of readable files."""

OLDER_NAMES = (
    ("roi_heads.mask_coarse_head.", "roi_heads.mask_head.coarse_head."),
    ("roi_heads.mask_point_head.", "roi_heads.mask_head.point_head."),
    (".coarse_mask_fc", ".fc"),
)
"""Parts of names in PointRend's first files, and their replacements."""

Advice = tuple[str, str | None]
"""What to do, and the option to change; "" and None if that is not known."""

LONGEST_SHOWN = 100
"""Characters of a name in a message."""

CONSTANTS = ("pixel_mean", "pixel_std")
"""Entries of old files that are not weights, besides anchors."""


@dataclass(frozen=True, repr=False)
class LoadReport(Brief):
    """How the entries of a file match a model.

    Attributes:
        found: names in both, with equal shapes.
        missing: names only in the model.
        unexpected: names only in the file.
        wrong_shape: shapes in the file and in the model, for names in both.
    """

    found: tuple[str, ...]
    missing: tuple[str, ...]
    unexpected: tuple[str, ...]
    wrong_shape: Mapping[str, tuple[tuple[int, ...], tuple[int, ...]]]

    def __str__(self) -> str:
        """One line of counts."""
        number = len(self.found) + len(self.missing) + len(self.wrong_shape)
        parts = [f"{len(self.found)} of {number} weights found"]
        if self.unexpected:
            parts.append(f"{len(self.unexpected)} not used")
        if self.wrong_shape:
            parts.append(f"{len(self.wrong_shape)} of another shape")
        return ", ".join(parts)


def no_advice() -> Advice:
    """None."""
    return "", None


def read_weights(path: str | Path) -> dict[str, Tensor]:
    """The tensors of a file, by their current names.

    Args:
        path: `.safetensors`, `.pkl` of detectron2, or `.pth`, `.pt` of PyTorch; the weights are
            the whole content, or its entry "model" or "state_dict".

    Raises:
        InputError: if there is no such file, or it has another suffix.
        FormatError: if it holds anything else than tensors, or a pickle asks for code.
    """
    path = Path(path)
    if path.suffix not in SUFFIXES:
        of_run = path / "best.safetensors"
        hint = f" Those of this run are in {of_run}." if of_run.is_file() else ""
        raise InputError(
            f"{path}: expected weights in a file {', '.join(SUFFIXES)}.{hint}",
            code="weights",
            path=str(path),
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file.", code="no-file", path=str(path))
    with readable_weights(path):
        if path.suffix == ".safetensors":
            found = _named_tensors(path, read_safetensors(path).tensors, lambda value: value)
        else:
            checkpoint = Checkpoint(path)
            content = weights_within(checkpoint.content)[1]
            found = _named_tensors(path, content, checkpoint.tensor)
        return without_indices(str(path), found)


def save_weights(
    path: str | Path, weights: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Write tensors and texts to a `.safetensors` file, whole or not at all."""
    with whole_files([Path(path)]) as (beside,):
        kept = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        beside.touch()
        mode = beside.stat().st_mode
        save_safetensors(kept, beside, metadata)
        order_texts(beside)
        beside.chmod(mode)  # readable for those who can read the folder's other files


def read_texts(path: str | Path) -> dict[str, str]:
    """The metadata texts of a `.safetensors` file; other files have none."""
    if Path(path).suffix != ".safetensors":
        return {}
    with readable_weights(Path(path)):
        return read_texts_of(Path(path))


def load_into(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    *,
    required: Callable[[str], bool] = lambda name: True,
    part: str = "model",
    source: str = "weights",
    advice: Callable[[], Advice] = no_advice,
) -> LoadReport:
    """Copy weights into a model.

    Args:
        model: gets the weights with its names and shapes.
        weights: by name.
        required: whether the weight with a name is required; by default all are, since random
            weights would predict something plausible.
        part: name of what needs the required weights, for messages.
        source: name of the weights, for messages.
        advice: what to do about weights that do not fit, if anything is known.

    Raises:
        FormatError: if a required weight is missing or of another shape, or the file has more
            weights of a module than the model.
    """
    own = {name: tuple(each.shape) for name, each in model.state_dict().items()}
    report = compared(own, weights)
    require_weights(report, required, part=part, source=source, advice=advice)
    model.load_state_dict({name: weights[name] for name in report.found}, strict=False)
    return report


def compared(own: Mapping[str, tuple[int, ...]], weights: Mapping[str, Tensor]) -> LoadReport:
    """How weights match a model, which none is copied into.

    Args:
        own: shapes of the model's weights by name.
        weights: by name.
    """
    shapes = {name: tuple(each.shape) for name, each in weights.items()}
    wrong = {
        name: (shapes[name], own[name])
        for name in own
        if name in shapes and shapes[name] != own[name]
    }
    return LoadReport(
        tuple(name for name in own if name in weights and name not in wrong),
        tuple(name for name in own if name not in weights),
        tuple(name for name in weights if name not in own),
        wrong,
    )


def require_weights(
    report: LoadReport,
    required: Callable[[str], bool] = lambda name: True,
    *,
    part: str = "model",
    source: str = "weights",
    advice: Callable[[], Advice] = no_advice,
) -> None:
    """Refuse weights that lack one that is required, or have more of a module than the model.

    Arguments and error are those of `load_into`.
    """
    wrong = report.wrong_shape
    own = (*report.found, *report.missing, *wrong)
    needed = [name for name in (*wrong, *report.missing) if required(name)]
    needed = needed or [name for name in extra(report.unexpected, own) if required(name)]
    if not needed:
        return
    name = needed[0]
    reason = "is missing" if name in report.missing else "has no place in the model"
    if name in wrong:
        reason = f"has shape {wrong[name][0]}, expected {wrong[name][1]}"
    hint, option = advice()
    if not hint and name in wrong:
        hint = other_window(name, *wrong[name])
    if not hint:
        same: dict[str, Shape] = dict.fromkeys(report.found)
        hint = difference(
            same | dict.fromkeys(report.unexpected) | {key: each[0] for key, each in wrong.items()},
            same | dict.fromkeys(report.missing) | {key: each[1] for key, each in wrong.items()},
        )
    raise refusal(
        source,
        f"{name} {reason}",
        code="weights",
        count=len(needed),
        field=name,
        hint=hint or f"Are these the weights of another {part}?{_first_name(report)}",
        option=option,
    )


def _first_name(report: LoadReport) -> str:
    """The first name of a file that has none of the model's; "" if it has some."""
    if report.found or report.wrong_shape or not report.unexpected:
        return ""
    shown = beginning(repr(report.unexpected[0]), LONGEST_SHOWN)
    return f" The file has none of its names; the first is {shown}."


def current_name(name: str) -> str | None:
    """The current name of a weight; None for any other entry.

    Example:
        >>> current_name("roi_heads.mask_coarse_head.coarse_mask_fc1.weight")
        'roi_heads.mask_head.coarse_head.fc1.weight'
        >>> current_name("pixel_mean")
    """
    if name in CONSTANTS or ".cell_anchors." in name or name.endswith("num_batches_tracked"):
        return None
    for old, new in OLDER_NAMES:
        name = name.replace(old, new)
    return name


def _named_tensors(
    path: Path, content: Any, tensor_of: Callable[[Any], Tensor | None]
) -> dict[str, Tensor]:
    """Tensors by their current names."""
    if not isinstance(content, Mapping) or not content:
        raise FormatError(
            f"{path}: holds {described(content)}, expected weights by name.",
            code="weights",
            path=str(path),
        )
    tensors = {}
    for name, value in content.items():
        today = current_name(str(name))
        if today is None:
            continue
        tensor = tensor_of(value)
        if tensor is None:
            raise FormatError(
                f"{path}: {name} is {described(value)}, expected an array of numbers.",
                code="weights",
                path=str(path),
                field=str(name),
            )
        tensors[today] = tensor
    return tensors
