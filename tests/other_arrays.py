"""Arrays of other libraries, as stand-ins."""

from __future__ import annotations

from typing import Any

import numpy as np


class OnlyDlpack:
    """An array of another library that offers nothing but DLPack."""

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)

    def __dlpack__(self, **options: Any) -> Any:
        return self.values.__dlpack__(**options)

    def __dlpack_device__(self) -> Any:
        return self.values.__dlpack_device__()
