"""Weights in and out of files: detectron2's pickles, PyTorch's checkpoints, safetensors.

A pickle can run any code when it is loaded, so only arrays and plain containers are read from
pickles; anything else is refused. Our own files are safetensors with the configuration in their
metadata.
"""

from __future__ import annotations

import pickle
import re
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from segeval.data.coco.write import whole_files
from segeval.errors import FormatError, InputError
from segeval.findings import refusal

SUFFIXES = (".safetensors", ".pkl", ".pth", ".pt")
"""Suffixes of readable files."""

OLDER_NAMES = (
    ("roi_heads.mask_coarse_head.", "roi_heads.mask_head.coarse_head."),
    ("roi_heads.mask_point_head.", "roi_heads.mask_head.point_head."),
    (".coarse_mask_fc", ".fc"),
)
"""Parts of names in PointRend's first files, and their replacements."""

CONSTANTS = ("pixel_mean", "pixel_std")
"""Entries of old files that are not weights, besides anchors."""

ARRAYS = {
    ("collections", "OrderedDict"),
    ("numpy", "dtype"),
    ("numpy", "ndarray"),
    ("numpy._core.numeric", "_frombuffer"),
    ("numpy.core.numeric", "_frombuffer"),
    ("numpy._core.multiarray", "_reconstruct"),
    ("numpy._core.multiarray", "scalar"),
    ("numpy.core.multiarray", "_reconstruct"),
    ("numpy.core.multiarray", "scalar"),
    ("_codecs", "encode"),
}
"""Names that a pickle of arrays and plain containers needs."""


@dataclass(frozen=True)
class LoadReport:
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
        raise InputError(
            f"{path}: expected weights in a file {', '.join(SUFFIXES)}.",
            code="weights",
            path=str(path),
        )
    if not path.is_file():
        raise InputError(f"{path}: no such file.", code="no-file", path=str(path))
    if path.suffix == ".safetensors":
        content: Any = _safetensors(path)
    elif path.suffix == ".pkl":
        content = _pickled(path)
    else:
        content = _checkpoint(path)
    for entry in ("model", "state_dict"):
        if isinstance(content, Mapping) and isinstance(content.get(entry), Mapping):
            content = content[entry]
    return _named_tensors(path, content)


def save_weights(
    path: str | Path, weights: Mapping[str, Tensor], metadata: Mapping[str, str]
) -> None:
    """Write tensors and texts to a `.safetensors` file, whole or not at all."""
    from safetensors.torch import save_file

    with whole_files([Path(path)]) as (beside,):
        kept = {name: tensor.detach().cpu().contiguous() for name, tensor in weights.items()}
        beside.touch()
        mode = beside.stat().st_mode
        save_file(kept, beside, dict(metadata))
        beside.chmod(mode)  # readable for those who can read the folder's other files


def read_texts(path: str | Path) -> dict[str, str]:
    """The metadata texts of a `.safetensors` file; other files have none."""
    if Path(path).suffix != ".safetensors":
        return {}
    from safetensors import safe_open

    with safe_open(str(path), framework="pt") as file:
        return dict(file.metadata() or {})


def load_into(
    model: nn.Module,
    weights: Mapping[str, Tensor],
    *,
    required: Callable[[str], bool] = lambda name: True,
    part: str = "model",
    source: str = "weights",
) -> LoadReport:
    """Copy weights into a model.

    Args:
        model: gets the weights with its names and shapes.
        weights: by name.
        required: whether the weight with a name is required; by default all are, since random
            weights would predict something plausible.
        part: name of what needs the required weights, for messages.
        source: name of the weights, for messages.

    Raises:
        FormatError: if a required weight is missing or of another shape.
    """
    own = model.state_dict()
    wrong = {
        name: (tuple(weights[name].shape), tuple(own[name].shape))
        for name in own
        if name in weights and weights[name].shape != own[name].shape
    }
    missing = tuple(name for name in own if name not in weights)
    needed = [name for name in (*wrong, *missing) if required(name)]
    if needed:
        name = needed[0]
        reason = "is missing"
        if name in wrong:
            reason = f"has shape {wrong[name][0]}, expected {wrong[name][1]}"
        raise refusal(
            source,
            f"{name} {reason}",
            code="weights",
            count=len(needed),
            field=name,
            hint=f"Are these the weights of another {part}?",
        )
    found = {name: weights[name] for name in own if name in weights and name not in wrong}
    model.load_state_dict(found, strict=False)
    unexpected = tuple(name for name in weights if name not in own)
    return LoadReport(tuple(found), missing, unexpected, wrong)


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


def _named_tensors(path: Path, content: Any) -> dict[str, Tensor]:
    """Tensors by their current names."""
    if not isinstance(content, Mapping) or not content:
        raise FormatError(
            f"{path}: holds {type(content).__name__}, expected weights by name.",
            code="weights",
            path=str(path),
        )
    tensors = {}
    for name, value in content.items():
        today = current_name(str(name))
        if today is None:
            continue
        if isinstance(value, np.ndarray) and value.dtype.kind in "biuf":
            value = torch.from_numpy(value.astype(value.dtype.newbyteorder("=")))
        if not isinstance(value, Tensor):
            raise FormatError(
                f"{path}: {name} is {type(value).__name__}, expected an array of numbers.",
                code="weights",
                path=str(path),
                field=str(name),
            )
        tensors[today] = value
    return tensors


def _safetensors(path: Path) -> dict[str, Tensor]:
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        return load_file(path)
    except SafetensorError as error:
        raise _damaged(path, error) from None


def _checkpoint(path: Path) -> Any:
    """The content by PyTorch's reader, which allows tensors and plain containers."""
    try:
        with torch.serialization.safe_globals(_numpy_globals()):
            return torch.load(path, map_location="cpu", weights_only=True)
    except OSError as error:
        if error.filename is None:  # PyTorch's reader, for a truncated file
            raise _damaged(path, error) from None
        raise
    except Exception as error:  # damaged files raise more than is documented
        asked = re.search(r"GLOBAL ([\w.]+)", str(error))
        if asked and isinstance(error, pickle.UnpicklingError):
            raise _refused(path, asked[1]) from None
        raise _damaged(path, error) from None


def _numpy_globals() -> list[Any]:
    """Arrays and numbers of NumPy, which a file may hold besides PyTorch's."""
    named = [
        (getattr(import_module(_home(module)), name), f"{module}.{name}") for module, name in ARRAYS
    ]
    return [*named, *{type(np.dtype(kind)) for kind in np.sctypeDict.values()}]


def _home(module: str) -> str:
    """NumPy's current name for a module that files know by an older name."""
    return module.replace("numpy.core", "numpy._core")


def _pickled(path: Path) -> Any:
    try:
        with path.open("rb") as file:
            return _ArraysOnly(file, encoding="latin1").load()
    except _Refused as refused:
        raise _refused(path, str(refused)) from None
    except OSError:
        raise
    except Exception as error:
        raise _damaged(path, error) from None


class _Refused(Exception):
    """A pickle asks for something other than arrays."""


class _ArraysOnly(pickle.Unpickler):
    """Reads arrays and plain containers, and no code."""

    def find_class(self, module: str, name: str) -> Any:
        """The requested object, if it is harmless."""
        if (module, name) not in ARRAYS:
            raise _Refused(f"{module}.{name}")
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        return super().find_class(_home(module), name)


def _refused(path: Path, asked: str) -> FormatError:
    """The error for a file that asks for something other than arrays."""
    return FormatError(
        f"{path}: cannot be read as weights: it asks for {asked}, which could run code. Expected "
        "arrays by name, as in a state_dict.",
        code="weights",
        path=str(path),
    )


def _damaged(path: Path, error: Exception) -> FormatError:
    """The error for an unreadable file."""
    reason = str(error).splitlines()[0].rstrip(".") if str(error) else type(error).__name__
    if "weights_only" in reason:  # PyTorch's advice to try again without protection
        reason = "the list of its arrays is damaged"
    return FormatError(
        f"{path}: cannot be read as weights ({reason[:200]}). Is the file complete?",
        code="weights",
        path=str(path),
    )
