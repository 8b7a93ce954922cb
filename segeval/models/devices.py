"""Devices, precision, and how to recognise a full memory."""

from __future__ import annotations

import torch
from torch import nn

from segeval.errors import InputError

HALF = {"bf16": torch.bfloat16, "fp16": torch.float16}
"""16-bit types for mixed precision."""

FULL_MEMORY = ("out of memory", "can't allocate memory", "ALLOC_FAILED")
"""Words of memory errors without a PyTorch class: on a CPU and within its libraries."""


def device_of(name: str) -> torch.device:
    """The device with a name; "auto" is a GPU if there is one.

    Raises:
        InputError: if there is no such device.
    """
    if name == "auto":
        name = "cuda" if torch.cuda.is_available() else "cpu"
    try:
        device = torch.device(name)
    except RuntimeError:
        device = torch.device("meta")
    problem = ""
    if device.type not in ("cpu", "cuda"):
        problem = "expected auto, cpu or cuda"
    elif device.type == "cuda" and not torch.cuda.is_available():
        problem = 'PyTorch sees no GPU here. Use `device="cpu"`'
    elif device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        problem = f"no such GPU; PyTorch sees {torch.cuda.device_count()} here"
    if problem:
        raise InputError(f'`device="{name}"`: {problem}.', code="device", option="device")
    return device


def on_device(model: nn.Module, device: torch.device) -> nn.Module:
    """A model, moved to a device.

    Raises:
        InputError: if the device has no room for it.
    """
    try:
        return model.to(device)
    except RuntimeError as error:
        if not is_full_memory(error):
            raise
        raise InputError(
            f'`device="{device}"`: not enough memory for the model. Free some, or use '
            '`device="cpu"`.',
            code="memory",
            option="device",
        ) from None


def autocast(device: torch.device, amp: str | None) -> torch.autocast:
    """A context of mixed precision: most work is done in 16 bits.

    Args:
        device: of the model.
        amp: "bf16" or "fp16"; None leaves everything in 32 bits.
    """
    return torch.autocast(device.type, dtype=HALF.get(amp or ""), enabled=amp is not None)


def is_full_memory(error: BaseException) -> bool:
    """Whether an error reports lack of memory."""
    if isinstance(error, torch.OutOfMemoryError | MemoryError):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in FULL_MEMORY)
